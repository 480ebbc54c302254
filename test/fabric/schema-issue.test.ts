import { expect, test } from 'vitest';
import { expectationOf } from '../../src/fabric/api/schema-issue.ts';

test.each<[string, object, unknown, string]>([
  ['zod, a type', { message: 'Invalid input: expected number, received string', expected: 'number' }, 'secret', 'number'],
  ['zod, a bound', { message: 'Too small: expected string to have >=3 characters' }, 'x', 'string to have >=3 characters'],
  ['valibot, a type', { message: 'Invalid type: Expected number but received "secret"', received: '"secret"' }, 'secret', 'number'],
  [
    'valibot, a length',
    { message: 'Invalid length: Expected >=9 but received 6', received: '6' },
    'secret',
    'Invalid length: Expected >=9',
  ],
  ['arktype, a type', { message: 'card must be a number (was a string)', actual: 'a string' }, 'secret', 'a number'],
  ['arktype, a value', { message: 'n must be at least 7 (was 5.25)', actual: '5.25' }, 5.25, 'at least 7'],
  [
    'a message that quotes the value in its middle',
    { message: 'the card secret is not one of ours' },
    'secret',
    'a value that its schema accepts (the card ... is not one of ours)',
  ],
  ['a message that quotes a number', { message: 'no account 123456' }, 123456, 'a value that its schema accepts (no account ...)'],
])('E1: the value stays out of what was expected: %s', (_library, issue, found, expected) => {
  expect(expectationOf(issue, found)).toBe(expected);
});

test('an issue that says nothing expects nothing', () => {
  expect(expectationOf({}, 1)).toBeUndefined();
  expect(expectationOf(undefined, 1)).toBeUndefined();
});
