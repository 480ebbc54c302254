import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { present } from '../../../src/base/assert.ts';
import { Rings } from '../../../src/core/gossip/rings.ts';
import { hashText } from '../../sim/hashes.ts';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 30 });

/** The observers of the first of `all` among the others, which have arrived in the order `arrival`. */
function observersOf(all: readonly string[], count: number, arrival: readonly string[] = all): readonly string[] {
  const rings = new Rings(hashText);
  for (const [slot, name] of arrival.entries()) rings.enter(slot, name);
  const [target = 'x'] = all;
  return rings.observersOf(target, count, (slot) => arrival[slot] !== target).map((slot) => present(arrival[slot], 'a slot'));
}

describe('the observers of a member', () => {
  test('are distinct, as many as asked for or as there are, whatever the order of arrival (G1)', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (all, count) => {
        const observers = observersOf(all, count);
        expect(new Set(observers).size).toBe(Math.min(count, all.length - 1));
        expect(observers).not.toContain(all[0]);
        expect(observersOf(all, count, [...all].reverse())).toEqual(observers);
      }),
    );
  });

  test('lose one place at most when one of them goes', () => {
    fc.assert(
      fc.property(names, (all) => {
        const gone = observersOf(all, 7)[0];
        const without = observersOf(
          all.filter((name) => name !== gone),
          4,
        );
        const wider = observersOf(all, 8);
        expect(without.every((name) => wider.includes(name))).toBe(true);
      }),
    );
  });

  test('are on each ring in turn the nearest one before it that is not yet chosen (G2)', () => {
    fc.assert(
      fc.property(names, (all) => {
        const [target = 'x', ...others] = all;
        const chosen: string[] = [];
        for (let ring = 0; ring < 4 && chosen.length < others.length; ring += 1) {
          const place = (name: string): number => {
            const { high, low } = hashText(`ring ${ring} ${name}`);
            return high * 2 ** 21 + (low >>> 11);
          };
          const distance = (name: string): number => (place(target) - place(name) + 2 ** 53) % 2 ** 53;
          const free = others.filter((name) => !chosen.includes(name));
          chosen.push([...free].sort((a, b) => distance(a) - distance(b))[0] ?? '');
        }
        expect(observersOf(all, 4)).toEqual(chosen);
      }),
    );
  });

  test('are found no more on the rings once no table holds them', () => {
    const rings = new Rings(hashText);
    for (const [slot, name] of ['a', 'b', 'c'].entries()) rings.enter(slot, name);
    rings.enter(1, 'b');
    rings.leave(1, 'b');
    expect([...rings.observersOf('a', 4, (slot) => slot !== 0)].sort()).toEqual([1, 2]);
    rings.leave(1, 'b');
    expect(rings.observersOf('a', 4, (slot) => slot !== 0)).toEqual([2]);
  });
});

describe('whoever stands near a member', () => {
  const all = Array.from({ length: 40 }, (_, at) => `m${at}`);

  function ringsOf(names: readonly string[]): Rings {
    const rings = new Rings(hashText);
    for (const name of names) rings.enter(all.indexOf(name), name);
    return rings;
  }

  test('is within so many places on one of the rings', () => {
    const near = ringsOf(all).near('m0', 3, (slot) => slot !== 0);
    const expected = [0, 1, 2, 3].flatMap((ring) => {
      const place = (name: string): number => {
        const { high, low } = hashText(`ring ${ring} ${name}`);
        return high * 2 ** 21 + (low >>> 11);
      };
      const distance = (name: string): number => (place('m0') - place(name) + 2 ** 53) % 2 ** 53;
      return [...all.slice(1)].sort((a, b) => distance(a) - distance(b)).slice(0, 3);
    });
    expect([...near].map((slot) => all[slot]).sort()).toEqual([...new Set(expected)].sort());
  });

  test('observes it in the eyes of one that has not heard of any two of the others', () => {
    const rings = ringsOf(all);
    const near = rings.near('m0', 3, (slot) => slot !== 0);
    for (let one = 1; one < all.length; one += 1) {
      for (let two = one + 1; two < all.length; two += 1) {
        const known = rings.observersOf('m0', 4, (slot) => ![0, one, two].includes(slot));
        // Not more than three places away on any ring: two are missing.
        for (const slot of known) expect(near.has(slot)).toBe(true);
      }
    }
  });
});
