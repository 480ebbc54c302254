import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { observersOf, quorumOf } from '../../../src/core/gossip/observers.ts';
import { hashText } from '../../sim/hashes.ts';

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 30 });

describe('the observers of a member', () => {
  test('are distinct, as many as asked for or as there are, whatever the order of the candidates', () => {
    fc.assert(
      fc.property(names, fc.integer({ min: 1, max: 7 }), (all, count) => {
        const [target = 'x', ...candidates] = all;
        const observers = observersOf(target, candidates, { count, hash: hashText });
        expect(new Set(observers).size).toBe(Math.min(count, candidates.length));
        expect(observersOf(target, [...candidates].reverse(), { count, hash: hashText })).toEqual(observers);
      }),
    );
  });

  test('lose one place at most when one of them goes', () => {
    fc.assert(
      fc.property(names, (all) => {
        const [target = 'x', ...candidates] = all;
        const near = observersOf(target, candidates, { count: 7, hash: hashText });
        const gone = near[0];
        const without = observersOf(
          target,
          candidates.filter((name) => name !== gone),
          { count: 4, hash: hashText },
        );
        expect(without.every((name) => observersOf(target, candidates, { count: 8, hash: hashText }).includes(name))).toBe(true);
      }),
    );
  });
});

test('the quorum is one of one, two of two or three, three of more', () => {
  expect([0, 1, 2, 3, 4, 9].map(quorumOf)).toEqual([1, 1, 2, 2, 3, 3]);
});
