import { expect, test } from 'vitest';

import { quorumOf } from '../../../src/core/gossip/observers.ts';

test('the quorum is one of one, two of two or three, three of more', () => {
  expect([0, 1, 2, 3, 4, 9].map(quorumOf)).toEqual([1, 1, 2, 2, 3, 3]);
});
