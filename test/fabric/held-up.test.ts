import { expect, test } from 'vitest';
import { heldUpBy } from '../../src/fabric/server/held-up.ts';

test('the functions with the most calls come first, equals by name; served and sent are told apart', () => {
  expect(heldUpBy(['b', 'a', 'c', 'c'], ['c', 'constructor', 'a', 'b'])).toEqual([
    { function: 'c', calls: 2, sent: 1 },
    { function: 'a', calls: 1, sent: 1 },
    { function: 'b', calls: 1, sent: 1 },
    { function: 'constructor', calls: 0, sent: 1 },
  ]);
  expect(heldUpBy([], [])).toEqual([]);
});
