/**
 * The message of bulk channels, by hand: `Chunk` of proto/heddle/v1/common.proto. Data is copied once on the way out, or follows
 * its head uncopied, and is a view into the message on the way in.
 */

import { ByteReader } from '../base/bytes.ts';
import { bytesFieldBytes, bytesTag, FieldWriter, numberFieldBytes, numberTag, readBytes, skipField } from './fields.ts';

/** One message of the bulk channel; 0, false and empty for what is absent. */
export interface Chunk {
  readonly transfer: number;
  readonly bytesTotal: number;
  readonly data: Uint8Array;
  readonly credit: number;
  readonly isDropped: boolean;
  readonly isUnwanted: boolean;
  readonly token: Uint8Array;
  readonly isReceived: boolean;
}

const transferTag = numberTag(1);
const totalTag = numberTag(2);
const dataTag = bytesTag(3);
const creditTag = numberTag(4);
const droppedTag = numberTag(5);
const unwantedTag = numberTag(6);
const tokenTag = bytesTag(7);
const receivedTag = numberTag(8);
const numberTags: ReadonlySet<number> = new Set([transferTag, totalTag, creditTag, droppedTag, unwantedTag, receivedTag]);

const nothing = new Uint8Array(0);

/** A chunk, from what is not absent in it. */
export function encodeChunk(chunk: Partial<Chunk>): Buffer {
  const { data = nothing, token = nothing } = chunk;
  const numbers = numbersOf(chunk);
  const dataBytes = data.length === 0 ? 0 : bytesFieldBytes(data);
  const tokenBytes = token.length === 0 ? 0 : bytesFieldBytes(token);
  const headBytes = numbers.reduce((bytes, [, value]) => bytes + numberFieldBytes(value), 0);
  const writer = new FieldWriter(headBytes + dataBytes + tokenBytes);
  for (const [tag, value] of numbers) writer.number(tag, value);
  if (dataBytes > 0) writer.bytes(dataTag, data);
  if (tokenBytes > 0) writer.bytes(tokenTag, token);
  return writer.message;
}

/** What stands before the data of a chunk, which is whole with it. */
export function encodeChunkHead({ transfer, bytesTotal = 0, data }: Pick<Chunk, 'transfer' | 'data'> & Partial<Chunk>): Buffer {
  const dataHeadBytes = bytesFieldBytes(data) - data.length;
  const writer = new FieldWriter(numberFieldBytes(transfer) + numberFieldBytes(bytesTotal) + dataHeadBytes);
  writer.number(transferTag, transfer);
  writer.number(totalTag, bytesTotal);
  writer.openBytes(dataTag, data.length);
  return writer.message;
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
    else if (numberTags.has(tag)) numbers.set(tag, reader.varint());
    else if (!skipField(reader, tag)) return undefined;
    if (!data || !token) return undefined;
  }
  if ([...numbers.values()].includes(-1)) return undefined;
  const numberOf = (tag: number): number => numbers.get(tag) ?? 0;
  return {
    transfer: numberOf(transferTag),
    bytesTotal: numberOf(totalTag),
    data,
    credit: numberOf(creditTag),
    isDropped: numberOf(droppedTag) > 0,
    isUnwanted: numberOf(unwantedTag) > 0,
    token,
    isReceived: numberOf(receivedTag) > 0,
  };
}

function numbersOf(chunk: Partial<Chunk>): readonly (readonly [tag: number, value: number])[] {
  return [
    [transferTag, chunk.transfer ?? 0],
    [totalTag, chunk.bytesTotal ?? 0],
    [creditTag, chunk.credit ?? 0],
    [droppedTag, chunk.isDropped ? 1 : 0],
    [unwantedTag, chunk.isUnwanted ? 1 : 0],
    [receivedTag, chunk.isReceived ? 1 : 0],
  ];
}
