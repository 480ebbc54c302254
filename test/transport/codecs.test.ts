/**
 * The hand-written messages against the proto files, and against bytes that nobody meant.
 */

import { fileURLToPath } from 'node:url';

import fc from 'fast-check';
import protobuf from 'protobufjs';
import { expect, test } from 'vitest';
import {
  encodeFrames,
  encodeLast,
  encodeWantsBulk,
  encodeWelcome,
  framedBytes,
  readBatch,
  readGreeting,
} from '../../src/transport/batch-codec.ts';
import { type Chunk, decodeChunk, encodeChunk, encodeChunkHead } from '../../src/transport/chunk-codec.ts';
import { frameBytesMax } from '../../src/transport/limits.ts';

const root = protobuf.loadSync(fileURLToPath(new URL('../../proto/heddle/v1/common.proto', import.meta.url)));
const batchType = root.lookupType('heddle.v1.Batch');
const chunkType = root.lookupType('heddle.v1.Chunk');

const encode = (type: protobuf.Type, value: object): Uint8Array => type.encode(type.create(value)).finish();
const decode = (type: protobuf.Type, message: Uint8Array): Record<string, unknown> =>
  type.toObject(type.decode(message), { longs: Number });
const encodeAll = (frames: readonly Uint8Array[]): Buffer =>
  encodeFrames(
    frames,
    frames.reduce((sum, frame) => sum + framedBytes(frame), 0),
  );

/** What a batch holds, as a list. */
function read(message: Uint8Array): { readonly heard: string[]; readonly frames: Uint8Array[]; readonly problem: string | undefined } {
  const heard: string[] = [];
  const frames: Uint8Array[] = [];
  const problem = readBatch(message, {
    frame: (frame) => frames.push(frame),
    welcome: ({ isRefused, bulkToken }) => heard.push(`welcome ${isRefused} ${bulkToken.length}`),
    wantsBulk: () => heard.push('wants bulk'),
    last: () => heard.push('last'),
  });
  return { heard, frames, problem };
}

const plain = (bytes: Uint8Array): number[] => [...bytes];
const listed = (chunk: Chunk | undefined) => chunk && { ...chunk, data: plain(chunk.data), token: plain(chunk.token) };
const frameList = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 });

test('a batch is what the proto file says, both ways', () => {
  fc.assert(
    fc.property(frameList, (frames) => {
      const message = encodeAll(frames);
      const theirs = encode(batchType, { frames });
      expect(plain(message)).toEqual(plain(theirs));
      const found = read(theirs);
      expect(found.problem).toBeUndefined();
      expect(found.frames.map(plain)).toEqual(frames.map(plain));
    }),
  );
});

test('control messages are what the proto file says', () => {
  expect(decode(batchType, encodeWantsBulk())).toEqual({ wantsBulk: true });
  expect(decode(batchType, encodeLast())).toEqual({ isLast: true });
  expect(read(encode(batchType, { wantsBulk: true, isLast: true })).heard).toEqual(['wants bulk', 'last']);
  expect(read(encode(batchType, { wantsBulk: false, isLast: false })).heard).toEqual([]);
});

test.each([
  { isRefused: false, bulkToken: new Uint8Array(16).fill(7) },
  { isRefused: true, bulkToken: new Uint8Array(0) },
])('a welcome (refused: $isRefused) is what the proto file says', (welcome) => {
  const ack = Uint8Array.of(1, 2, 3);
  const message = encodeWelcome(ack, welcome);
  expect(decode(batchType, message)).toMatchObject({ frames: [Buffer.from(ack)], welcome: welcome.isRefused ? { isRefused: true } : {} });
  expect(readGreeting(message)).toMatchObject({ isRefused: welcome.isRefused });
  expect(plain(readGreeting(message)?.bulkToken ?? ack)).toEqual(plain(welcome.bulkToken));
  expect(plain(readGreeting(message)?.greeting ?? new Uint8Array(0))).toEqual([1, 2, 3]);
});

test.each([
  { name: 'without a frame', message: encodeAll([]) },
  { name: 'with two frames', message: encodeAll([Uint8Array.of(1), Uint8Array.of(2)]) },
  { name: 'that says farewell', message: Buffer.concat([encodeAll([Uint8Array.of(1)]), encodeLast()]) },
  { name: 'that is cut off', message: encodeAll([Uint8Array.of(1, 2, 3)]).subarray(0, 4) },
])('a first message $name is no greeting', ({ message }) => {
  expect(readGreeting(message)).toBeUndefined();
});

test('a chunk is what the proto file says, both ways', () => {
  const chunk = fc.record<Chunk>({
    transfer: fc.maxSafeNat(),
    bytesTotal: fc.maxSafeNat(),
    data: fc.uint8Array({ maxLength: 300 }),
    credit: fc.maxSafeNat(),
    isDropped: fc.boolean(),
    isUnwanted: fc.boolean(),
    isReceived: fc.boolean(),
    token: fc.uint8Array({ maxLength: 32 }),
  });
  fc.assert(
    fc.property(chunk, (value) => {
      const expected = listed(value);
      expect(listed(decodeChunk(encodeChunk(value)))).toEqual(expected);
      expect(listed(decodeChunk(encode(chunkType, value)))).toEqual(expected);
      expect(listed({ ...value, ...decode(chunkType, encodeChunk(value)) })).toEqual(expected);
      const { transfer, bytesTotal, data } = value;
      const chunk = encodeChunk({ transfer, bytesTotal, data });
      if (data.length > 0) expect(Buffer.concat([encodeChunkHead({ transfer, bytesTotal, data }), data])).toEqual(chunk);
    }),
  );
});

test('fields of a later version are passed over', () => {
  const later = Buffer.concat([
    Buffer.from([0x78, 5]),
    Buffer.from([0x7a, 2, 1, 1]),
    Buffer.from([0x7d, 0, 0, 0, 0]),
    Buffer.from([0x79, 0, 0, 0, 0, 0, 0, 0, 0]),
  ]);
  const frame = Uint8Array.of(4, 5);
  expect(read(Buffer.concat([later, encodeAll([frame]), later])).frames.map(plain)).toEqual([[4, 5]]);
  expect(decodeChunk(Buffer.concat([encodeChunk({ transfer: 3 }), Buffer.from([0xfa, 1, 1, 0])]))?.transfer).toBe(3);
});

test('a frame and a count at their limits are read, one beyond is a problem', () => {
  expect(read(encodeAll([new Uint8Array(frameBytesMax)])).problem).toBeUndefined();
  expect(read(encodeAll([new Uint8Array(frameBytesMax + 1)])).problem).toMatch(/over the limit/);
  expect(read(encodeAll(Array.from({ length: 1024 }, () => new Uint8Array(0)))).problem).toBeUndefined();
  expect(read(encodeAll(Array.from({ length: 1025 }, () => new Uint8Array(0)))).problem).toMatch(/more than 1024/);
});

test('no bytes whatever make reading throw (fault 23)', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (noise) => {
      read(noise);
      readGreeting(noise);
      decodeChunk(noise);
    }),
    { numRuns: 2000 },
  );
});
