/**
 * The messages of the streams, by hand: `Batch` and `Chunk` of proto/heddle/v1/common.proto.
 *
 * One copy on the way out (all frames into one message), none on the way in (frames are views into it). Reading
 * distrusts every byte: what is wrong gives the problem as text, and the link closes.
 */

import { ByteReader, varintBytes, writeVarint } from '../base/bytes.ts';
import { batchFramesMax, frameBytesMax } from './limits.ts';

/** What is told of one `Batch`, in the order of its bytes. */
export interface BatchVisitor {
  frame(frame: Uint8Array): void;
  welcome(welcome: Welcome): void;
  wantsBulk(): void;
  last(): void;
}

/** The acceptor's part of its first message. */
export interface Welcome {
  readonly isRefused: boolean;
  /** Names the link when its bulk channel opens. */
  readonly bulkToken: Uint8Array;
}

/** The first message of a stream; from the dialler without a welcome. */
export interface Greeting extends Welcome {
  readonly greeting: Uint8Array;
}

/** One message of the bulk channel; 0, false and empty for what is absent. */
export interface Chunk {
  readonly transfer: number;
  readonly bytesTotal: number;
  readonly data: Uint8Array;
  readonly credit: number;
  readonly isDropped: boolean;
  readonly isUnwanted: boolean;
  readonly isReceived: boolean;
  readonly token: Uint8Array;
}

/** A `protocol_error`'s text. */
export type Problem = string;

const frameTag = (1 << 3) | 2;
const welcomeTag = (2 << 3) | 2;
const wantsBulkTag = 3 << 3;
const lastTag = 4 << 3;

const refusedTag = 1 << 3;
const bulkTokenTag = (2 << 3) | 2;

const transferTag = 1 << 3;
const totalTag = 2 << 3;
const dataTag = (3 << 3) | 2;
const creditTag = 4 << 3;
const droppedTag = 5 << 3;
const unwantedTag = 6 << 3;
const tokenTag = (7 << 3) | 2;
const receivedTag = 8 << 3;
const chunkNumberTags: ReadonlySet<number> = new Set([transferTag, totalTag, creditTag, droppedTag, unwantedTag, receivedTag]);

const nothing = new Uint8Array(0);

/** Bytes that `frame` takes in a batch. */
export function framedBytes(frame: Uint8Array): number {
  return 1 + varintBytes(frame.length) + frame.length;
}

/** A batch of frames; `bytes` is the sum of their `framedBytes`. */
export function encodeFrames(frames: readonly Uint8Array[], bytes: number): Buffer {
  const message = Buffer.allocUnsafe(bytes);
  let at = 0;
  for (const frame of frames) at = putBytes(message, at, frameTag, frame);
  return message;
}

/** The acceptor's first message: its answer, and how the bulk channel names this link. */
export function encodeWelcome(ack: Uint8Array, welcome: Welcome): Buffer {
  const tokenBytes = welcome.bulkToken.length === 0 ? 0 : framedBytes(welcome.bulkToken);
  const welcomeBytes = tokenBytes + (welcome.isRefused ? 2 : 0);
  const message = Buffer.allocUnsafe(framedBytes(ack) + 1 + varintBytes(welcomeBytes) + welcomeBytes);
  let at = putBytes(message, 0, frameTag, ack);
  at = writeVarint(message, writeVarint(message, at, welcomeTag), welcomeBytes);
  if (welcome.isRefused) at = putNumber(message, at, refusedTag, 1);
  if (tokenBytes > 0) putBytes(message, at, bulkTokenTag, welcome.bulkToken);
  return message;
}

/** Asks the dialler for the bulk channel. */
export function encodeWantsBulk(): Buffer {
  return Buffer.from([wantsBulkTag, 1]);
}

/** Says that the sender closes the link in good order. */
export function encodeLast(): Buffer {
  return Buffer.from([lastTag, 1]);
}

/** The first message of a stream; undefined when it is none: exactly one frame, no farewell. */
export function readGreeting(message: Uint8Array): Greeting | undefined {
  const frames: Uint8Array[] = [];
  let welcome: Welcome = { isRefused: false, bulkToken: nothing };
  let isWrong = false;
  const wrong = (): void => {
    isWrong = true;
  };
  const problem = readBatch(message, {
    frame: (frame) => frames.push(frame),
    welcome: (found) => {
      welcome = found;
    },
    wantsBulk: wrong,
    last: wrong,
  });
  const [greeting] = frames;
  if (problem !== undefined || isWrong || frames.length !== 1 || !greeting) return undefined;
  return { greeting, ...welcome };
}

/** Tells `visitor` what a batch holds, up to the first problem. */
export function readBatch(message: Uint8Array, visitor: BatchVisitor): Problem | undefined {
  const reader = new ByteReader(message);
  for (let frames = 0; !reader.isDone; ) {
    const tag = reader.varint();
    if (tag === frameTag) {
      frames += 1;
      if (frames > batchFramesMax) return `a batch holds more than ${batchFramesMax} frames`;
      const frame = readBytes(reader);
      if (!frame) return 'a batch is cut off';
      if (frame.length > frameBytesMax) return `a frame of ${frame.length} bytes is over the limit of ${frameBytesMax}`;
      visitor.frame(frame);
    } else if (!readRare(reader, tag, visitor)) return 'a batch is malformed';
  }
  return undefined;
}

/** The fields of a batch that are not frames; false when the bytes are wrong. */
function readRare(reader: ByteReader, tag: number, visitor: BatchVisitor): boolean {
  if (tag === welcomeTag) {
    const welcome = readWelcome(readBytes(reader));
    if (welcome) visitor.welcome(welcome);
    return welcome !== undefined;
  }
  if (tag !== wantsBulkTag && tag !== lastTag) return skip(reader, tag);
  const value = reader.varint();
  if (value < 0) return false;
  if (value > 0) tag === lastTag ? visitor.last() : visitor.wantsBulk();
  return true;
}

function readWelcome(bytes: Uint8Array | undefined): Welcome | undefined {
  if (!bytes) return undefined;
  const reader = new ByteReader(bytes);
  let isRefused = false;
  let bulkToken: Uint8Array | undefined = nothing;
  while (!reader.isDone) {
    const tag = reader.varint();
    if (tag === refusedTag) {
      const value = reader.varint();
      if (value < 0) return undefined;
      isRefused = value > 0;
    } else if (tag === bulkTokenTag) bulkToken = readBytes(reader);
    else if (!skip(reader, tag)) return undefined;
    if (!bulkToken) return undefined;
  }
  return { isRefused, bulkToken };
}

/** A chunk, from what is not absent in it. */
export function encodeChunk(chunk: Partial<Chunk>): Buffer {
  const { data = nothing, token = nothing } = chunk;
  const numbers = chunkNumbers(chunk);
  const dataBytes = data.length === 0 ? 0 : framedBytes(data);
  const tokenBytes = token.length === 0 ? 0 : framedBytes(token);
  const headBytes = numbers.reduce((bytes, [, value]) => bytes + numberBytes(value), 0);
  const message = Buffer.allocUnsafe(headBytes + dataBytes + tokenBytes);
  let at = 0;
  for (const [tag, value] of numbers) at = putNumber(message, at, tag, value);
  if (dataBytes > 0) at = putBytes(message, at, dataTag, data);
  if (tokenBytes > 0) putBytes(message, at, tokenTag, token);
  return message;
}

function chunkNumbers(chunk: Partial<Chunk>): readonly (readonly [tag: number, value: number])[] {
  return [
    [transferTag, chunk.transfer ?? 0],
    [totalTag, chunk.bytesTotal ?? 0],
    [creditTag, chunk.credit ?? 0],
    [droppedTag, chunk.isDropped ? 1 : 0],
    [unwantedTag, chunk.isUnwanted ? 1 : 0],
    [receivedTag, chunk.isReceived ? 1 : 0],
  ];
}

/** The chunk that `message` holds; undefined when it is malformed. */
export function decodeChunk(message: Uint8Array): Chunk | undefined {
  const reader = new ByteReader(message);
  const numbers = new Map<number, number>();
  let data: Uint8Array | undefined = nothing;
  let token: Uint8Array | undefined = nothing;
  while (!reader.isDone) {
    const tag = reader.varint();
    if (tag === dataTag) data = readBytes(reader);
    else if (tag === tokenTag) token = readBytes(reader);
    else if (chunkNumberTags.has(tag)) {
      const value = reader.varint();
      if (value < 0) return undefined;
      numbers.set(tag, value);
    } else if (!skip(reader, tag)) return undefined;
    if (!data || !token) return undefined;
  }
  return {
    transfer: numbers.get(transferTag) ?? 0,
    bytesTotal: numbers.get(totalTag) ?? 0,
    data,
    credit: numbers.get(creditTag) ?? 0,
    isDropped: (numbers.get(droppedTag) ?? 0) > 0,
    isUnwanted: (numbers.get(unwantedTag) ?? 0) > 0,
    isReceived: (numbers.get(receivedTag) ?? 0) > 0,
    token,
  };
}

function numberBytes(value: number): number {
  return value === 0 ? 0 : 1 + varintBytes(value);
}

/** 0 is left out. */
function putNumber(message: Buffer, at: number, tag: number, value: number): number {
  return value === 0 ? at : writeVarint(message, writeVarint(message, at, tag), value);
}

function putBytes(message: Buffer, at: number, tag: number, bytes: Uint8Array): number {
  const from = writeVarint(message, writeVarint(message, at, tag), bytes.length);
  message.set(bytes, from);
  return from + bytes.length;
}

function readBytes(reader: ByteReader): Uint8Array | undefined {
  return reader.take(reader.varint());
}

/** Passes over a field of a later version; false when the bytes are wrong. */
function skip(reader: ByteReader, tag: number): boolean {
  if (tag < 8) return false;
  switch (tag % 8) {
    case 0:
      return reader.varint() >= 0;
    case 1:
      return reader.take(8) !== undefined;
    case 2:
      return readBytes(reader) !== undefined;
    case 5:
      return reader.take(4) !== undefined;
    default:
      return false;
  }
}
