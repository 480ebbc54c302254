import { expect, test } from 'vitest';
import { untraced } from '../../src/base/untraced.ts';

test('an error that is made untraced has its line and no stack; the next one has a stack again', () => {
  const limit = Error.stackTraceLimit;
  expect(untraced(() => new RangeError('too far')).stack).toBe('RangeError: too far');
  expect(Error.stackTraceLimit).toBe(limit);
  expect(new Error('near').stack).toContain('untraced.test.ts');
});

test('what throws inside leaves stacks as they were', () => {
  const limit = Error.stackTraceLimit;
  const thrown = new Error('inside');
  expect(() =>
    untraced(() => {
      throw thrown;
    }),
  ).toThrow(thrown);
  expect(Error.stackTraceLimit).toBe(limit);
});

test('where the limit is frozen errors have their stacks', () => {
  const before = Object.getOwnPropertyDescriptor(Error, 'stackTraceLimit') ?? {};
  Object.defineProperty(Error, 'stackTraceLimit', { ...before, writable: false });
  try {
    expect(untraced(() => new Error('traced')).stack).toContain('untraced.test.ts');
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', before);
  }
});
