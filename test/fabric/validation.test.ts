import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Schema } from '../../src/core/function.ts';
import { isSchema, validateArguments, validateInput, validateResult } from '../../src/fabric/api/validation.ts';
import { thrownBy } from './serving-rig.ts';

/** A schema of no library. */
function schema(validate: (value: unknown) => unknown): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate } };
}

const row = z.object({ id: z.string(), at: z.object({ x: z.number() }) });

describe('validation of arguments', () => {
  test('gives what the schemas make of them', () => {
    expect(validateArguments([z.coerce.number(), z.string().default('none')], ['5'])).toEqual([5, 'none']);
  });

  test('judges a missing trailing argument as undefined', () => {
    expect(validateArguments([z.string(), z.string().optional()], ['a'])).toEqual(['a', undefined]);
    const error = thrownBy(() => validateArguments([z.string(), z.string()], ['a']));
    expect(error.detail).toMatchObject({ path: ['args', 1], found: 'nothing' });
  });

  test('names the path, what was expected, and the type found, never the value (G1)', () => {
    const secret = 'hunter2';
    const error = thrownBy(() =>
      validateArguments([z.number(), z.object({ rows: z.array(row) })], [1, { rows: [{ id: 'a', at: { x: secret } }] }]),
    );
    expect(error).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      detail: { path: ['args', 1, 'rows', 0, 'at', 'x'], found: 'a string' },
    });
    expect(error.message).toContain('args[1].rows[0].at.x: expected ');
    expect(error.message).toContain('expected number');
    expect(JSON.stringify([error.message, error.detail])).not.toContain(secret);
  });

  test.each([
    [null, 'null'],
    [[], 'a list'],
    [new Date(), 'a Date'],
    [new Map(), 'a Map'],
    [new Uint8Array(2), 'a Uint8Array'],
    [Number.NaN, 'a number'],
    [5n, 'a bigint'],
    [true, 'a boolean'],
    [{}, 'an object'],
  ])('calls %o %s', (value, found) => {
    expect(thrownBy(() => validateArguments([z.string()], [value])).detail).toMatchObject({ path: ['args', 0], found });
  });

  test('refuses more arguments than there are schemas', () => {
    const error = thrownBy(() => validateArguments([z.string()], ['a', 'b', 'c']));
    expect(error.message).toBe('args: expected at most 1 argument, found 3');
  });

  test('makes no promise without an asynchronous schema, and one with (G2)', async () => {
    expect(validateArguments([z.string()], ['a'])).not.toBeInstanceOf(Promise);
    const late = validateArguments([schema((value) => Promise.resolve({ value })), z.string()], ['a', 'b']);
    expect(late).toBeInstanceOf(Promise);
    expect(await late).toEqual(['a', 'b']);
    await expect(validateArguments([schema(async () => ({ issues: [{ message: 'a known user' }] }))], ['a'])).rejects.toMatchObject({
      code: 'bad_argument',
      detail: { path: ['args', 0], expected: 'a value that its schema accepts (a known user)', found: 'a string' },
    });
  });

  test('leaves no rejection unhandled when a later schema refuses at once', async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', listener);
    const refusing = schema(async () => ({ issues: [{ message: 'no' }] }));
    thrownBy(() => validateArguments([refusing, z.number()], ['a', 'b']));
    await new Promise((resolve) => {
      setImmediate(() => setImmediate(resolve));
    });
    process.off('unhandledRejection', listener);
    expect(unhandled).toEqual([]);
  });

  test('takes a schema that throws, or that gives no verdict, for a refusal (G3)', async () => {
    const cause = new RangeError('secret 5');
    const throwing = schema(() => {
      throw cause;
    });
    const error = thrownBy(() => validateArguments([throwing], [5]));
    expect(error).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      cause,
      detail: { expected: 'a value that its schema can judge (it threw RangeError)' },
    });
    expect(error.message).not.toContain('secret');
    await expect(validateArguments([schema(() => Promise.reject(cause))], [5])).rejects.toMatchObject({ code: 'bad_argument', cause });
    expect(thrownBy(() => validateArguments([schema(() => undefined)], [5])).code).toBe('bad_argument');
  });

  test('reads paths of keys and of objects that hold them, and walks own fields only', () => {
    const issues = [{ message: 'x', path: [{ key: 'constructor' }, Symbol('s'), 2] }];
    expect(thrownBy(() => validateArguments([schema(() => ({ issues }))], [{}])).detail).toMatchObject({
      path: ['args', 0, 'constructor', 'Symbol(s)', 2],
      found: 'nothing',
    });
  });

  test('bounds what a schema says in an error', () => {
    const issues = [{ message: 'x'.repeat(10_000), path: Array.from({ length: 1_000 }, () => 'a') }];
    const error = thrownBy(() => validateArguments([schema(() => ({ issues }))], [{}]));
    expect(error.message.length).toBeLessThan(1_000);
  });
});

describe('validation of results', () => {
  test('gives what the schema makes of it', () => {
    expect(validateResult(z.object({ n: z.number() }), { n: 1, extra: 2 })).toEqual({ n: 1 });
  });

  test('refuses as bad_result, which ran', () => {
    const error = thrownBy(() => validateResult(row, { id: 1, at: { x: 1 } }));
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path: ['id'], found: 'a number' } });
  });
});

describe('isSchema', () => {
  test('knows schemas that are objects or functions, and nothing else', () => {
    const callable = Object.assign(
      () => {},
      schema((value) => ({ value })),
    );
    expect([z.string(), callable].every(isSchema)).toBe(true);
    expect([undefined, null, 'string', {}, { '~standard': null }, { '~standard': {} }, () => {}].some(isSchema)).toBe(false);
  });
});

describe('the input of a workflow', () => {
  test('is what its schema makes of it, or refused with path, expectation and type, never the value (G1)', () => {
    expect(validateInput(z.coerce.number(), '4')).toBe(4);
    const error = thrownBy(() => validateInput(z.object({ n: z.array(z.number()) }), { n: ['hunter2'] }));
    expect(error).toMatchObject({ code: 'bad_argument', detail: { path: ['input', 'n', 0], expected: 'number', found: 'a string' } });
  });

  test('is refused as any other where the schema throws (G3)', () => {
    const throws = schema(() => {
      throw new TypeError('no such field');
    });
    expect(thrownBy(() => validateInput(throws, 4))).toMatchObject({ code: 'bad_argument', detail: { path: ['input'] } });
  });
});
