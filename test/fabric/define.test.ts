import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineFunction, definitionOf } from '../../src/fabric/api/define.ts';
import { thrownBy } from './serving-rig.ts';

/** As a user without types would write it. */
const define = defineFunction as (spec: unknown) => unknown;
const handler = () => 1;

describe('defineFunction', () => {
  test('gives a frozen handle that shows name, version and effect, and not the handler', () => {
    const handle = define({ name: 'image.resize', version: '1.2.0', effect: 'pure', handler });
    expect({ ...(handle as object) }).toEqual({ kind: 'call', name: 'image.resize', version: '1.2.0', effect: 'pure' });
    expect(Object.isFrozen(handle)).toBe(true);
    expect(JSON.stringify(handle)).not.toContain('handler');
  });

  test('fills in the defaults', () => {
    expect(definitionOf(define({ name: 'add', handler }))).toEqual({
      name: 'add',
      version: '1.0.0',
      resources: [],
      effect: 'once',
      kind: 'call',
      input: undefined,
      output: undefined,
      timeoutMs: undefined,
      concurrency: undefined,
      uses: undefined,
      handler,
      takesContext: true,
    });
  });

  test('takes an option that is there and undefined for one that is left out', () => {
    const definition = definitionOf(define({ name: 'add', version: undefined, resources: undefined, timeoutMs: undefined, handler }));
    expect(definition).toMatchObject({ version: '1.0.0', resources: [], timeoutMs: undefined });
  });

  test('is known to another copy of the package by its symbol', () => {
    const handle = define({ name: 'add', handler }) as Record<symbol, unknown>;
    expect(handle[Symbol.for('heddle.definition')]).toBe(definitionOf(handle));
  });

  test.each([
    ['isolation', 'inline', undefined],
    ['timeout', 5, 'timeoutMs'],
    ['ressources', [], 'resources'],
    ['Handler', handler, 'handler'],
  ])('refuses the unknown key %s', (key, value, near) => {
    const error = thrownBy(() => define({ name: 'x', handler, [key]: value }));
    expect(error.code).toBe('bad_argument');
    expect(error.message).toContain(
      `defineFunction.${key}: expected one of the keys name, version, resources, effect, input, output, timeoutMs, concurrency, uses, stream, handler`,
    );
    expect(error.message.includes('did you mean')).toBe(near !== undefined);
    if (near !== undefined) expect(error.message).toContain(`did you mean "${near}"?`);
  });

  test.each([
    ['no spec', undefined, 'defineFunction: expected one object'],
    ['a bare handler', handler, 'defineFunction: expected one object'],
    ['no name', { handler }, 'defineFunction.name: expected a function name'],
    ['an empty name', { name: '', handler }, 'found an empty text'],
    ['a name that reaches for the prototype', { name: '__proto__', handler }, 'reserved name'],
    ['a name of 1 MB', { name: 'x'.repeat(1e6), handler }, 'at most 128 bytes'],
    ['a name that is no Unicode', { name: 'a\ud800', handler }, 'well-formed'],
    ['a range as version', { name: 'x', version: '^1', handler }, 'defineFunction.version: expected a full semver version'],
    ['a short version', { name: 'x', version: '1.2', handler }, 'found "1.2"'],
    ['one resource without brackets', { name: 'x', resources: 'gpu', handler }, 'defineFunction.resources: expected a list'],
    ['65 resources', { name: 'x', resources: Array.from({ length: 65 }, (_, n) => `r${n}`), handler }, 'at most 64 resources'],
    ['a misspelt effect', { name: 'x', effect: 'idempotant', handler }, 'expected "pure", "idempotent" or "once", found "idempotant"'],
    ['a schema without brackets', { name: 'x', input: z.string(), handler }, 'found a schema without brackets'],
    ['a type instead of a schema', { name: 'x', input: [z.string(), 'string'], handler }, 'defineFunction.input[1]: expected a schema'],
    ['an output that is no schema', { name: 'x', output: {}, handler }, 'defineFunction.output: expected a schema'],
    ['a timeout of 0', { name: 'x', timeoutMs: 0, handler }, 'whole number of milliseconds from 1 to 2147483647, found 0'],
    ['a timeout for ever', { name: 'x', timeoutMs: Infinity, handler }, 'found Infinity'],
    [
      'a list of slots',
      { name: 'x', uses: ['gpu'], handler },
      'defineFunction.uses: expected how many of each, as in { gpu: 1 }, found a list',
    ],
    ['no slot at all', { name: 'x', uses: { gpu: 0 }, handler }, 'defineFunction.uses.gpu: expected a whole number of slots from 1'],
    ['a slot with =', { name: 'x', uses: { 'gpu=1': 1 }, handler }, 'expected the name of a slot'],
    ['half a call', { name: 'x', concurrency: 0.5, handler }, 'defineFunction.concurrency: expected a whole number of calls'],
    ['no handler', { name: 'x' }, 'defineFunction.handler: expected a function (ctx, ...args) => result, found nothing'],
    ['a class as handler', { name: 'x', handler: class Adder {} }, 'found a class'],
  ])('refuses %s', (_what, spec, message) => {
    const error = thrownBy(() => define(spec));
    expect(error).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(error.message).toContain(message);
  });

  test('an async function* is a stream, and so is what says so; a function* is refused with what to do', () => {
    const rows = async function* () {
      yield 1;
    };
    expect(define({ name: 'x', handler: rows })).toMatchObject({ kind: 'stream' });
    expect(define({ name: 'x', stream: true, handler: () => rows() })).toMatchObject({ kind: 'stream' });
    expect(define({ name: 'x', handler })).toMatchObject({ kind: 'call' });
    const list = function* () {
      yield 1;
    };
    expect(thrownBy(() => define({ name: 'x', handler: list })).message).toBe(
      'defineFunction.handler: expected a function, or an async function* to make a stream, found a function*',
    );
    expect(thrownBy(() => define({ name: 'x', stream: false, handler })).message).toContain('defineFunction.stream: expected true');
  });

  test('keeps constructor and toString as names like any other', () => {
    expect(define({ name: 'constructor', handler })).toMatchObject({ name: 'constructor' });
    expect(define({ name: 'toString', handler })).toMatchObject({ name: 'toString' });
  });

  test('does not hold on to the lists of its author', () => {
    const resources = ['gpu'];
    const handle = define({ name: 'x', resources, handler });
    resources.push('db');
    expect(definitionOf(handle)?.resources).toEqual(['gpu']);
  });
});
