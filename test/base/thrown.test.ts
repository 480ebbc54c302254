import { expect, test } from 'vitest';
import { thrownText } from '../../src/base/thrown.ts';

test.each([
  [new RangeError('too few threads'), 'too few threads'],
  ['enough', 'enough'],
  [undefined, 'undefined'],
  [Object.create(null), 'something of type object'],
])('what was thrown has words, whatever it is (%#)', (thrown, text) => {
  expect(thrownText(thrown)).toBe(text);
});
