/** Which server a key prefers: K1 and K2 of src/core/routing/affinity.ts. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../../src/base/random.ts';
import { favouriteOf, loadAboveMeanMax } from '../../../src/core/routing/affinity.ts';
import { subsetMax } from '../../../src/core/routing/pick.ts';
import { Router } from '../../../src/core/routing/router.ts';
import { catalogOf } from '../catalog/fixtures.ts';

const names = ['a', 'b', 'c', 'd', 'e'];
const keys = Array.from({ length: 2_000 }, (_, at) => `user-${at}`);

function offersOf(...servers: readonly string[]) {
  return catalogOf(...servers).offersOf('work');
}

function homes(servers: readonly string[]): readonly (string | undefined)[] {
  const offers = offersOf(...servers);
  return keys.map((key) => favouriteOf(offers, key, 0)?.server.name);
}

describe('a key', () => {
  test('prefers the same server in every process, whatever the order in which they are known (K1)', () => {
    expect(homes(names)).toEqual(homes(names.toReversed()));
    expect(favouriteOf([], 'k', 0)).toBeUndefined();
  });

  test('is one of many that are spread evenly over the servers', () => {
    const found = homes(names);
    for (const name of names) {
      const share = found.filter((home) => home === name).length / keys.length;
      expect(share).toBeGreaterThan(0.17);
      expect(share).toBeLessThan(0.23);
    }
  });

  test('moves only when its own server goes (K1)', () => {
    const before = homes(names);
    const after = homes(names.filter((name) => name !== 'c'));
    for (const [at, home] of before.entries()) if (home !== 'c') expect(after[at]).toBe(home);
    expect(new Set(after.filter((_, at) => before[at] === 'c')).size).toBe(4);
  });

  test('goes to its next choice while the first has far more calls than the others, or sheds (K2)', () => {
    const offers = offersOf(...names);
    const first = favouriteOf(offers, 'hot', 0);
    if (!first) throw new Error('nobody is preferred');
    first.inFlight = loadAboveMeanMax;
    expect(favouriteOf(offers, 'hot', 0)).toBe(first);
    first.inFlight = 2 * loadAboveMeanMax;
    expect(favouriteOf(offers, 'hot', 0)).not.toBe(first);
    first.inFlight = 0;
    first.shedLoad = 64;
    first.shedAtMs = 0;
    expect(favouriteOf(offers, 'hot', 0)).not.toBe(first);
    expect(favouriteOf(offers, 'hot', 20_000)).toBe(first);
  });

  test('chooses among all sound servers, in each process alike, not among the subset of one', () => {
    const many = Array.from({ length: 4 * subsetMax }, (_, at) => `s${at}`);
    const picked = ['one', 'two'].map((seed) => {
      const router = new Router({ catalog: catalogOf(...many), random: seededRandom(seed) });
      return keys.map((key) => router.pick({ function: 'work', terms: { key } }, undefined, 0)?.server.name);
    });
    expect(picked[0]).toEqual(picked[1]);
    expect(new Set(picked[0]).size).toBe(many.length);
  });

  test('is served by another server when the preferred one was tried, or is suspected', () => {
    const catalog = catalogOf(...names);
    const router = new Router({ catalog, random: seededRandom('tried') });
    const query = { function: 'work', terms: { key: 'k' } };
    const first = router.pick(query, undefined, 0);
    if (!first) throw new Error('nothing to pick');
    expect(router.pick(query, new Map([[first.server.instance, 'draining']]), 0)).not.toBe(first);
    catalog.setStanding(first.server.instance, { status: 'suspect', isOwnEvidence: true, isLinked: false });
    expect(router.pick(query, undefined, 0)).not.toBe(first);
  });
});
