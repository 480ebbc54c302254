import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { IdMap } from '../../src/base/id-map.ts';

const id = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 2 ** 53 - 1 }));

describe('an id map', () => {
  test('agrees with a Map, whatever is added and taken (I1)', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), id), { maxLength: 300 }), (moves) => {
        const map = new IdMap<{ readonly at: number }>();
        const model = new Map<number, { readonly at: number }>();
        for (const [at, [isAdd, number]] of moves.entries()) {
          if (isAdd && !model.has(number)) {
            map.add(number, { at });
            model.set(number, { at });
          } else {
            expect(map.take(number)).toEqual(model.get(number));
            model.delete(number);
          }
          expect(map.size).toBe(model.size);
          expect(map.get(number)).toEqual(model.get(number));
          expect(map.has(number)).toBe(model.has(number));
        }
        expect(new Set(map.values())).toEqual(new Set(model.values()));
        expect(new Set(map.takeAll())).toEqual(new Set(model.values()));
        expect([map.size, map.values()]).toEqual([0, []]);
      }),
    );
  });

  test('finds entries whose numbers collide, and those that were moved by growing', () => {
    const map = new IdMap<{ readonly number: number }>();
    const numbers = Array.from({ length: 100 }, (_, at) => 1 + at * 4_096);
    for (const number of numbers) map.add(number, { number });
    for (const number of numbers) expect(map.get(number)).toEqual({ number });
    for (const number of numbers.slice(0, 99)) map.take(number);
    expect(map.get(numbers[99] ?? 0)).toEqual({ number: numbers[99] });
  });

  test('finds those that come to the place of one that stays, also when that has gone (I3)', () => {
    const map = new IdMap<{ readonly number: number }>();
    map.add(1, { number: 1 });
    for (let number = 2; number <= 1_000; number += 1) {
      map.add(number, { number });
      expect([map.size, map.get(1), map.take(number), map.get(number)]).toEqual([2, { number: 1 }, { number }, undefined]);
    }
    map.add(17, { number: 17 });
    expect([map.take(1), map.get(1), map.get(17), map.size]).toEqual([{ number: 1 }, undefined, { number: 17 }, 1]);
    map.add(33, { number: 33 });
    expect([map.values().length, map.take(17), map.take(33), map.size]).toEqual([2, { number: 17 }, { number: 33 }, 0]);
  });

  test('refuses a number that is in use, or none', () => {
    const map = new IdMap<object>();
    map.add(1, {});
    expect(() => map.add(1, {})).toThrow('in use');
    expect(() => map.add(0, {})).toThrow('in use');
  });

  test('knows nothing of numbers that were never added', () => {
    const map = new IdMap<object>();
    for (const number of [0, -1, 17, Number.NaN, 2 ** 60]) expect(map.get(number)).toBeUndefined();
  });
});
