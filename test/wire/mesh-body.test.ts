import { join } from 'node:path';
import fc from 'fast-check';
import protobuf from 'protobufjs';
import { describe, expect, test } from 'vitest';

import type { FunctionRecord } from '../../src/core/catalog/offer.ts';
import { decodeBody, encodeBody, hash64, hashBody } from '../../src/wire/mesh-body.ts';
import { protoFolder } from '../../src/wire/proto-files.ts';

const schema = new protobuf.Root();
schema.resolvePath = (_, target) => join(protoFolder, target);
schema.loadSync('heddle/v1/mesh.proto', { keepCase: true });
const bodyType = schema.lookupType('heddle.v1.CatalogBody');

const add: FunctionRecord = { name: 'add', version: '1.0.0', effect: 'pure', kind: 'call', resources: [] };
const resize: FunctionRecord = {
  name: 'image.resize',
  version: '1.2.0',
  effect: 'once',
  kind: 'stream',
  resources: ['db', 'gpu'],
  timeoutMs: 5_000,
  concurrency: 4,
  inputSchema: '[{"type":"number"}]',
  outputSchema: '{"type":"string"}',
};

function manyFunctions(count: number): readonly FunctionRecord[] {
  return Array.from({ length: count }, (_, at) => ({ ...add, name: `f${at}` }));
}

describe('a catalog body', () => {
  test('comes back as it was, and is what the proto file says', () => {
    const bytes = encodeBody({ functions: [add, resize] });
    expect(decodeBody(bytes)).toEqual({ functions: [add, resize] });
    expect(decodeBody(bodyType.encode(bodyType.decode(bytes)).finish())).toEqual({ functions: [add, resize] });
  });

  test('has one hash for one list of functions, in whatever order they were given (K1)', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...manyFunctions(6), resize, { ...resize, version: '2.0.0' }], { minLength: 8 }), (functions) => {
        const mixed = functions.map((record) => ({ ...record, resources: [...record.resources].reverse() }));
        expect(hashBody(encodeBody({ functions: mixed }))).toBe(
          hashBody(encodeBody({ functions: [...manyFunctions(6), resize, { ...resize, version: '2.0.0' }] })),
        );
      }),
    );
  });

  test('has 2,000 functions, not 2,001 (K2)', () => {
    expect(decodeBody(encodeBody({ functions: manyFunctions(2_000) })).functions).toHaveLength(2_000);
    expect(() => encodeBody({ functions: manyFunctions(2_001) })).toThrow(expect.objectContaining({ code: 'too_large' }));
    const functions = manyFunctions(2_001).map(({ name, version }) => ({ name, version }));
    const tooMany = bodyType.encode(bodyType.create({ functions })).finish();
    expect(() => decodeBody(tooMany)).toThrow(expect.objectContaining({ code: 'protocol_error' }));
  });

  test('has 256 KiB, not one byte more (K2)', () => {
    const sized = (bytes: number): FunctionRecord => ({ ...add, inputSchema: 'x'.repeat(bytes) });
    const overhead = encodeBody({ functions: [sized(200_000)] }).length - 200_000;
    const whole = encodeBody({ functions: [sized(256 * 1_024 - overhead)] });
    expect(whole).toHaveLength(256 * 1_024);
    expect(decodeBody(whole).functions).toHaveLength(1);
    expect(() => encodeBody({ functions: [sized(256 * 1_024 - overhead + 1)] })).toThrow(expect.objectContaining({ code: 'too_large' }));
    expect(() => decodeBody(new Uint8Array(256 * 1_024 + 1))).toThrow(expect.objectContaining({ code: 'protocol_error' }));
  });

  test.each([
    ['a function called __proto__', { name: '__proto__', version: '1.0.0' }],
    ['a function without a name', { version: '1.0.0' }],
    ['a function without a version', { name: 'f' }],
    ['a resource with a comma', { name: 'f', version: '1.0.0', resources: ['a,b'] }],
    ['65 resources', { name: 'f', version: '1.0.0', resources: Array.from({ length: 65 }, (_, at) => `r${at}`) }],
  ])('of a peer is refused with %s (K3, fault 24)', (_, record) => {
    const bytes = bodyType.encode(bodyType.create({ functions: [record] })).finish();
    expect(() => decodeBody(bytes)).toThrow(expect.objectContaining({ code: 'protocol_error' }));
  });
});

test('the hash of roots is the first 64 bits of SHA-256, for ever', () => {
  // sha256("abc") = ba7816bf 8f01cfea ...
  expect(hash64('abc')).toEqual({ high: 0xba7816bf, low: 0x8f01cfea });
});
