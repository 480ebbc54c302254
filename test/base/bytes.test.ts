import fc from 'fast-check';
import { expect, test } from 'vitest';

import { ByteReader, varintBytes, writeVarint } from '../../src/base/bytes.ts';

const integer = fc.oneof(
  fc.nat(300),
  fc.maxSafeNat(),
  fc.integer({ min: 0, max: 53 }).map((power) => 2 ** power - 1),
);

test('an integer takes the bytes that are said and reads back', () => {
  fc.assert(
    fc.property(fc.array(integer), (values) => {
      const size = values.reduce((sum, value) => sum + varintBytes(value), 0);
      const bytes = new Uint8Array(size);
      let at = 0;
      for (const value of values) at = writeVarint(bytes, at, value);
      expect(at).toBe(size);
      const reader = new ByteReader(bytes);
      expect(values.map(() => reader.varint())).toEqual(values);
      expect(reader.isDone).toBe(true);
    }),
  );
});

test.each([
  { name: 'nothing', bytes: [] },
  { name: 'a cut-off integer (B1)', bytes: [0x80, 0x80] },
  { name: 'eleven bytes', bytes: [...Array(10).fill(0x80), 1] },
  { name: '2^53', bytes: [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10] },
])('$name reads as -1', ({ bytes }) => {
  expect(new ByteReader(Uint8Array.from(bytes)).varint()).toBe(-1);
});

test('bytes are taken as views, and never beyond the end (B1, B2)', () => {
  const bytes = Uint8Array.of(1, 2, 3);
  const reader = new ByteReader(bytes);
  const taken = reader.take(2);
  bytes[0] = 9;
  expect(taken).toEqual(Uint8Array.of(9, 2));
  expect(reader.take(2)).toBeUndefined();
  expect(reader.take(-1)).toBeUndefined();
  expect(reader.take(1)).toEqual(Uint8Array.of(3));
  expect(reader.take(0)).toEqual(new Uint8Array(0));
});
