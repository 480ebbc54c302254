/**
 * Who may judge whom: the observers of a member, and how many of them it takes.
 *
 * On each of four rings, ordered by the hash of ring and name, one walks back from the member to the next one
 * that is not yet chosen and may observe (design page of the mesh, "Failure detection", 4).
 */

import { assert } from '../../base/assert.ts';
import type { Hash64 } from './records.ts';

export const ringCount = 4;

/**
 * The `count` observers of `target` among `candidates` (names, without the target), nearest first.
 * Cost: four sorts of the candidates; called for suspects only.
 */
export function observersOf(
  target: string,
  candidates: readonly string[],
  options: { readonly count: number; readonly hash: Hash64 },
): readonly string[] {
  const chosen = new Set<string>();
  const rings = Array.from({ length: ringCount }, (_, ring) => walkBack(target, candidates, { ring, hash: options.hash }));
  const wanted = Math.min(options.count, candidates.length);
  while (chosen.size < wanted) {
    const before = chosen.size;
    for (const ring of rings) {
      if (chosen.size === wanted) break;
      const next = ring.find((name) => !chosen.has(name));
      if (next !== undefined) chosen.add(next);
    }
    assert(chosen.size > before, 'the rings have run out of candidates');
  }
  return [...chosen];
}

/** The candidates of one ring in the order in which one meets them walking back from the target. */
function walkBack(target: string, candidates: readonly string[], { ring, hash }: { ring: number; hash: Hash64 }): readonly string[] {
  const place = (name: string): number => {
    const { high, low } = hash(`ring ${ring} ${name}`);
    // 53 bits order the ring; equal places fall back to the name.
    return high * 0x20_0000 + (low >>> 11);
  };
  const start = place(target);
  const back = (name: string): number => {
    const distance = start - place(name);
    return distance >= 0 ? distance : distance + 2 ** 53;
  };
  return candidates
    .map((name) => ({ name, distance: back(name) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .map(({ name }) => name);
}

/** Reporters needed when `alive` observers are held alive: 1 of 1, 2 of 2 or 3, 3 of more. */
export function quorumOf(alive: number): number {
  if (alive <= 1) return 1;
  return alive <= 3 ? 2 : 3;
}
