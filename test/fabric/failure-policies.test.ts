import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
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

  test('what succeeded is undone in reverse, each undo tried again under the same key; who follows sees it', async ({ world }) => {
    const log: string[] = [];
    const keys = new Set<string>();
    const act = (name: string): string => {
      log.push(`do ${name}`);
      return `did ${name}`;
    };
    const undo = defineFunction({
      name: 'undo',
      handler: (ctx, name: string, result: string | undefined): void => {
        keys.add(`${name} ${ctx.idempotencyKey}`);
        log.push(`undo ${name} (${result})`);
        if (name === 'b' && log.filter((line) => line.startsWith('undo b')).length < 3) throw new Error('not now');
      },
    });
    await world.start('two', { undo });
    const client = await world.connect(await world.start('one', { act, fail }));
    const compensate = (name: string) => ({ fun: 'undo', args: [name, { $ref: name }] });
    const run = client.submit([
      { name: 'a', fun: 'act', args: ['a'], compensate: compensate('a') },
      { name: 'b', fun: 'act', args: ['b'], after: ['a'], compensate: compensate('b') },
      { name: 'bad', fun: 'fail', after: ['b'], compensate: compensate('bad') },
    ]);
    const error = await world.settle(failureOf(run.result));
    expect(error).toMatchObject({
      code: 'step_failed',
      detail: { step: 'bad', compensated: { a: 'done', b: 'done' }, partial: { a: 'did a', b: 'did b' } },
    });
    expect(log).toEqual(['do a', 'do b', 'undo b (did b)', 'undo b (did b)', 'undo b (did b)', 'undo a (did a)']);
    expect(keys.size).toBe(2);
    const seen: string[] = [];
    for await (const event of run.events)
      if (event.kind.startsWith('compensation.')) seen.push(`${event.kind} ${'step' in event ? event.step : ''}`);
    expect(seen.filter((line) => line.startsWith('compensation.settled'))).toEqual(['compensation.settled b', 'compensation.settled a']);
    expect(seen).toContain('compensation.waiting b');
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
