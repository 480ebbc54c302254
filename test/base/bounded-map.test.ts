import fc from 'fast-check';
import { expect, test } from 'vitest';
import { setBounded } from '../../src/base/bounded-map.ts';

test('what came first makes room, and what is set again is the last', () => {
  const map = new Map<string, number>();
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) setBounded(map, 2, [key, at]);
  expect([...map]).toEqual([
    ['a', 2],
    ['c', 3],
  ]);
});

test('there are the last so many keys, each with its last value', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.integer())), fc.integer({ min: 1, max: 4 }), (entries, max) => {
      const map = new Map<number, number>();
      const all = new Map<number, number>();
      for (const [key, value] of entries) {
        setBounded(map, max, [key, value]);
        all.delete(key);
        all.set(key, value);
      }
      expect([...map]).toEqual([...all].slice(-max));
    }),
  );
});
