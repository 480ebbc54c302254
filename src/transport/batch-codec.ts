/**
 * The message of links and sessions, by hand: `Batch` of proto/heddle/v1/common.proto.
 *
 * One copy on the way out (all frames into one message), none on the way in (frames are views into it). Reading
 * distrusts every byte: what is wrong gives the problem as text, and the link closes.
 */

import { ByteReader, varintBytes } from '../base/bytes.ts';
import { bytesFieldBytes, bytesTag, FieldWriter, numberFieldBytes, numberTag, readBytes, skipField } from './fields.ts';
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

/** The first message of a stream; the dialler's says nothing but the greeting. */
export interface Greeting extends Welcome {
  readonly greeting: Uint8Array;
}

/** What a peer did wrong, as a `protocol_error` would say it. */
export type Problem = string;

const frameTag = bytesTag(1);
const welcomeTag = bytesTag(2);
const wantsBulkTag = numberTag(3);
const lastTag = numberTag(4);
/** Inside a welcome. */
const refusedTag = numberTag(1);
const tokenTag = bytesTag(2);

const nothing = new Uint8Array(0);

/** Bytes that `frame` takes in a batch. */
export const framedBytes = bytesFieldBytes;

/** A batch of frames; `bytes` is the sum of their `framedBytes`. */
export function encodeFrames(frames: readonly Uint8Array[], bytes: number): Buffer {
  const writer = new FieldWriter(bytes);
  for (const frame of frames) writer.bytes(frameTag, frame);
  return writer.message;
}

/** The acceptor's first message: its answer, and how the bulk channel names this link. */
export function encodeWelcome(ack: Uint8Array, { isRefused, bulkToken }: Welcome): Buffer {
  const refused = isRefused ? 1 : 0;
  const welcome = new FieldWriter(numberFieldBytes(refused) + (bulkToken.length === 0 ? 0 : bytesFieldBytes(bulkToken)));
  welcome.number(refusedTag, refused);
  if (bulkToken.length > 0) welcome.bytes(tokenTag, bulkToken);
  const welcomeBytes = welcome.message.length;
  const writer = new FieldWriter(framedBytes(ack) + 1 + varintBytes(welcomeBytes) + welcomeBytes);
  writer.bytes(frameTag, ack);
  writer.bytes(welcomeTag, welcome.message);
  return writer.message;
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
  if (tag !== wantsBulkTag && tag !== lastTag) return skipField(reader, tag);
  const value = reader.varint();
  if (value > 0 && tag === lastTag) visitor.last();
  if (value > 0 && tag === wantsBulkTag) visitor.wantsBulk();
  return value >= 0;
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
    } else if (tag === tokenTag) bulkToken = readBytes(reader);
    else if (!skipField(reader, tag)) return undefined;
    if (!bulkToken) return undefined;
  }
  return { isRefused, bulkToken };
}
