/**
 * Every decoder against its kept inputs, its seeds, and a few hundred mutations of both; `npm run fuzz` goes on for as long as it is
 * told (faults 23 and 24).
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { filesUnder, root } from '../house/sources.ts';
import { keptOf, strayFolders } from './corpus.ts';
import { type Decoder, decoders, noDecoders } from './decoders.ts';
import { mutated } from './mutate.ts';
import { tried } from './trial.ts';

const mutations = 150;
/** An exported function that is called like a decoder and takes what a decoder takes. */
const declared =
  /^export (?:async )?function ((?:decode|read|parse)\w*)(?:<[^>]*>)?\(\s*\w+: (?:Uint8Array|Buffer|string|Payload|unknown)\b/gm;
const ownRooms = /^src\/(?:wire|transport|identity|settings|storage|cli|fabric|dashboard)\//;

/** Every decoder that the sources declare, as `file#function`. */
function declaredIn(path: string, text: string): readonly string[] {
  return [...text.matchAll(declared)].map(([, name]) => `${path}#${name}`);
}

describe('the table of decoders', () => {
  test('is complete: whatever reads bytes or text of somebody else stands in it', () => {
    const there = filesUnder('src')
      .filter((path) => path.endsWith('.ts') && ownRooms.test(path) && !path.startsWith('src/dashboard/page/'))
      .flatMap((path) => declaredIn(path, readFileSync(join(root, path), 'utf8')));
    const known = [...decoders.map(({ at }) => at), ...Object.keys(noDecoders)];
    expect(there.filter((at) => !known.includes(at))).toEqual([]);
    expect(known.filter((at) => !there.includes(at))).toEqual([]);
  });

  test('would miss a new one (so that the test above can fail)', () => {
    expect(declaredIn('src/wire/new.ts', 'export function decodeNew(\n  bytes: Uint8Array,\n): number {')).toEqual([
      'src/wire/new.ts#decodeNew',
    ]);
    expect(declaredIn('src/wire/new.ts', 'export function readNew(reader: ProtoReader): number {')).toEqual([]);
  });

  test('has every folder of the corpus', () => {
    expect(strayFolders(decoders)).toEqual([]);
  });
});

describe('a decoder gives a value or refuses as it says, soon, and takes little', () => {
  test.each(decoders.map((decoder) => [decoder.at, decoder] as const))('%s', (at, decoder) => {
    const kept = keptOf(decoder);
    for (const { file, kind, bytes } of kept) expect([file, tried(decoder, bytes).kind]).toEqual([file, kind]);
    const seeds = [...decoder.seeds(), ...kept.map(({ bytes }) => bytes)];
    for (const seed of seeds) tried(decoder, Buffer.from(seed));
    const random = seededRandom(at);
    for (let left = mutations; left > 0; left -= 1) tried(decoder, mutated(seeds, random));
  });

  const hostile = (decode: () => unknown): Decoder => ({ at: 'planted', decode, seeds: () => [], refusals: ['protocol_error'] });

  test.each([
    ['throws something else', () => JSON.parse('{'), 'SyntaxError'],
    ['makes much of little', () => Array.from({ length: 100_000 }, () => 0), 'made'],
  ])('and one that %s is found', (_what, decode, said) => {
    expect(() => tried(hostile(decode), Buffer.alloc(4))).toThrow(said);
  });
});
