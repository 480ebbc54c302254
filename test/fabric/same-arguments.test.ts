/** Defensive inputs: what a function is given does not depend on how its arguments came, and failures keep values to themselves. */

import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { z } from 'zod';
import { HeddleError } from '../../src/errors.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { value } from '../wire/arbitraries.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

type Seen = readonly unknown[] | { readonly path: unknown; readonly expected: string; readonly found: string };

/** A schema that changes what it takes, fills in, drops, and refuses. */
const picky = z.union([
  z.string().transform((text) => text.length),
  z.object({ rows: z.array(z.unknown()).max(2), '': z.number().optional() }).transform(({ rows }) => rows),
  z.array(z.unknown()).max(2),
  z.map(z.any(), z.any()),
  z.coerce.date(),
]);

describe('the arguments of a function', () => {
  test('are the same, validated, whether it is called with values or with references to them', async ({ world }) => {
    const seen: unknown[][] = [];
    const record = (...args: unknown[]): number => seen.push(args);
    const plain = defineFunction({ name: 'plain', handler: (_ctx, ...args: unknown[]) => record(...args) });
    const checked = defineFunction({
      name: 'checked',
      input: [picky.optional(), picky, z.any().default('none')],
      handler: (_ctx, ...args) => record(...args),
    });
    const client = await world.connect(await world.start('one', { plain, checked, give: (given: unknown) => given }));
    await world.start('two', { checked, plain });
    const settled = async (outcome: Promise<unknown>): Promise<Seen> => {
      seen.length = 0;
      try {
        await world.settle(outcome);
      } catch (error) {
        const cause: unknown = error instanceof Error && HeddleError.is(error.cause) ? error.cause : error;
        if (HeddleError.is(cause, 'bad_argument')) return cause.detail;
        throw error;
      }
      return seen[0] ?? [];
    };
    let refused = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('plain', 'checked'),
        fc.oneof(value, fc.string(), fc.record({ rows: fc.array(value, { maxLength: 3 }) })),
        value,
        async (fun, first, second) => {
          const direct = await settled(client.call(fun, [first, [second], { deep: first }]));
          const literal = (given: unknown) => ({ $literal: given });
          const commands = [
            { name: 'a', fun: 'give', args: [literal(first)] },
            { name: 'b', fun: 'give', args: [{ x: [literal(second), 1] }] },
          ];
          const whole = { name: 'c', fun, args: [{ $ref: 'a' }, [{ $ref: 'b', path: ['x', 0] }], { deep: { $ref: 'a' } }] };
          const byReference = await settled(client.submit([...commands, whole]).result);
          const fromInput = {
            name: 'c',
            fun,
            args: [{ $input: true, path: ['first'] }, [{ $input: true, path: ['s', 0] }], { deep: literal(first) }],
          };
          const byInput =
            first === undefined ? byReference : await settled(client.submit([fromInput], { input: { first, s: [second] } }).result);
          refused += Array.isArray(direct) ? 0 : 1;
          // Not vitest's equality, which asks an object for its constructor: `constructor` may be data.
          expect(isDeepStrictEqual(byReference, direct) && isDeepStrictEqual(byInput, direct)).toBe(true);
        },
      ),
      { numRuns: 150 },
    );
    expect(refused).toBeGreaterThan(10);
    expect(refused).toBeLessThan(100);
  });
});

describe('a failure', () => {
  const secret = 'hunter2-0xCAFE';

  test('of a schema names the step, the path of the argument, and the types that were wanted and found', async ({ world }) => {
    const sum = defineFunction({ name: 'sum', input: [z.object({ rows: z.array(z.number()) })], handler: (_ctx, { rows }) => rows.length });
    const client = await world.connect(await world.start('one', { sum, load: () => [1, secret] }));
    const run = client.submit([
      { name: 'rows', fun: 'load' },
      { name: 'total', fun: 'sum', args: [{ rows: { $ref: 'rows' } }] },
    ]);
    const error = await world.settle(failureOf(run.result));
    expect(error).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      message: 'step "total" failed: args[0].rows[1]: expected number, found a string',
      detail: { step: 'total', steps: { rows: 'done', total: 'not_run' } },
      cause: { code: 'bad_argument', executed: 'no', detail: { path: ['args', 0, 'rows', 1], expected: 'number', found: 'a string' } },
    });
  });

  test('of a handler tells the types of its arguments and none of their values', async ({ world }) => {
    const pay = defineFunction({
      name: 'pay',
      handler: (_ctx, ..._args: unknown[]) => {
        throw new RangeError('too much');
      },
    });
    const client = await world.connect(await world.start('one', { pay }));
    const error = await world.settle(failureOf(client.call('pay', [secret, 5, [secret], { card: secret }, new Date(0), null, undefined])));
    expect(error).toMatchObject({
      code: 'function_failed',
      message: 'RangeError: too much',
      detail: { argumentTypes: ['a string', 'a number', 'a list', 'an object', 'a Date', 'null', 'nothing'] },
    });
    expect(JSON.stringify(error)).not.toContain(secret);
    const many = await world.settle(
      failureOf(
        client.call(
          'pay',
          Array.from({ length: 100 }, () => 1),
        ),
      ),
    );
    expect(HeddleError.is(many, 'function_failed') && many.detail.argumentTypes?.length).toBe(16);
  });
});
