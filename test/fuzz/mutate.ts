/** Bytes that were valid once, spoilt by chance: what a fuzzer tries. Equal chance, equal bytes. */

import type { Random } from '../../src/base/random.ts';

type Mutation = (bytes: Buffer, random: Random) => Buffer;

/** Lengths and numbers at which decoders turn: as varints, and as bytes. */
const edges = ['00', '7f', '80', 'ff', '8001', 'ffffffff0f', 'ffffffffffffffff7f', 'ffffffffffffffffff01'].map((hex) =>
  Buffer.from(hex, 'hex'),
);
const words = ['__proto__', '{"$ref":"a"}', '{"$bytes":"*"}', '[[[[[[[[', '\ud800', '\u0000', '1e999', '-0', '"\\u0000"'].map((text) =>
  Buffer.from(text),
);
const grownMax = 4096;

const mutations: readonly Mutation[] = [
  (bytes, random) => put(bytes, random.integer(bytes.length + 1), Buffer.from(random.bytes(1 + random.integer(4)))),
  (bytes, random) => over(bytes, random.integer(bytes.length + 1), Buffer.from(random.bytes(1))),
  (bytes, random) => flipped(bytes, random),
  (bytes, random) => over(bytes, random.integer(bytes.length + 1), chosen(edges, random)),
  (bytes, random) => put(bytes, random.integer(bytes.length + 1), chosen(edges, random)),
  (bytes, random) => put(bytes, random.integer(bytes.length + 1), chosen(words, random)),
  (bytes, random) => bytes.subarray(0, random.integer(bytes.length + 1)),
  (bytes, random) => bytes.subarray(random.integer(bytes.length + 1)),
  (bytes, random) => put(bytes, random.integer(bytes.length + 1), partOf(bytes, random)),
  (bytes, random) => without(bytes, random),
];

/** One to six changes of a seed, or of one with a part of another in it. */
export function mutated(seeds: readonly Uint8Array[], random: Random): Buffer {
  let bytes: Buffer = Buffer.from(chosen(seeds, random));
  if (random.integer(8) === 0) bytes = put(bytes, random.integer(bytes.length + 1), partOf(Buffer.from(chosen(seeds, random)), random));
  for (let left = 1 + random.integer(6); left > 0; left -= 1) bytes = chosen(mutations, random)(bytes, random).subarray(0, grownMax);
  return bytes;
}

export function chosen<T>(list: readonly T[], random: Random): T {
  const one = list[random.integer(list.length)];
  if (one === undefined) throw new Error('there is nothing to choose from');
  return one;
}

function put(bytes: Buffer, at: number, what: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at)]);
}

function over(bytes: Buffer, at: number, what: Uint8Array): Buffer {
  return Buffer.concat([bytes.subarray(0, at), what, bytes.subarray(at + what.length)]);
}

function flipped(bytes: Buffer, random: Random): Buffer {
  if (bytes.length === 0) return bytes;
  const at = random.integer(bytes.length);
  return over(bytes, at, Buffer.from([(bytes[at] ?? 0) ^ (1 << random.integer(8))]));
}

function partOf(bytes: Buffer, random: Random): Buffer {
  const from = random.integer(bytes.length + 1);
  return bytes.subarray(from, from + random.integer(bytes.length - from + 1));
}

function without(bytes: Buffer, random: Random): Buffer {
  const from = random.integer(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random.integer(8))]);
}
