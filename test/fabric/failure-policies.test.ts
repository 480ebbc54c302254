import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/define.ts';
import { failureOf } from '../within.ts';
import { same } from './runs.ts';
import { worldTest as test } from './world.ts';

const fail = (): never => {
  throw new Error('no');
};

describe('failure policies in a fabric', () => {
  test('hold for steps that go together to one server, as for those that go alone', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same, fail }));
    for (const fuse of [true, false]) {
      const chain = [
        { name: 'a', fun: 'same', args: [1], fuse },
        { name: 'bad', fun: 'fail', after: ['a'], onFailure: { fallback: 2 }, fuse } as const,
        { name: 'c', fun: 'same', args: [[{ $ref: 'a' }, { $ref: 'bad' }]], fuse },
        { name: 'd', fun: 'same', args: [{ $ref: 'c' }], fuse },
        { name: 'spared', fun: 'fail', args: [{ $ref: 'a' }], onFailure: 'continue', fuse } as const,
        { name: 'never', fun: 'same', args: [{ $ref: 'spared' }], fuse },
      ];
      expect(await world.settle(client.submit(chain, { returns: ['d'] }).result)).toEqual({ d: [1, 2] });
      const error = await world.settle(failureOf(client.submit(chain, { returns: 'all' }).result));
      expect(error).toMatchObject({
        code: 'step_failed',
        detail: {
          step: 'spared',
          partial: { d: [1, 2] },
          steps: { a: 'done', bad: 'failed', d: 'done', spared: 'failed', never: 'not_run' },
        },
      });
    }
  });

  test('retry.attempts of a step counts its tries in all', async ({ world }) => {
    let tries = 0;
    const flaky = defineFunction({
      name: 'flaky',
      handler: (ctx): number => {
        tries += 1;
        if (tries % 5 !== 0) throw Object.assign(new Error('not yet'), { retryable: true });
        return ctx.attempt;
      },
    });
    const client = await world.connect(await world.start('one', { flaky }));
    const run = (attempts: number) => client.submit([{ name: 'a', fun: 'flaky', retry: { attempts } }]).result;
    expect(await world.settle(failureOf(run(2)))).toMatchObject({ code: 'step_failed', cause: { code: 'function_failed' } });
    expect(tries).toBe(2);
    expect(await world.settle(run(3))).toEqual({ a: 3 });
    expect(tries).toBe(5);
    expect(await world.settle(failureOf(run(1)))).toMatchObject({ code: 'step_failed' });
    expect(tries).toBe(6);
  });
});
