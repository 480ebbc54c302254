import { expect, test } from 'vitest';
import { type Effect, stricter } from '../../../src/core/catalog/offer.ts';

const inOrder: readonly Effect[] = ['pure', 'idempotent', 'once'];

test('of two effects the one counts that allows less: once before idempotent before pure', () => {
  for (const [at, one] of inOrder.entries()) {
    for (const [above, other] of inOrder.entries()) expect(stricter(one, other)).toBe(inOrder[Math.max(at, above)]);
  }
});
