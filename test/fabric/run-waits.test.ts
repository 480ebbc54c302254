import { describe, expect } from 'vitest';
import type { Run } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { same } from './runs.ts';
import { worldTest as test } from './world.ts';

/** Why each step waited, in order, once the run is over. */
async function waitsOf(run: Run<unknown>): Promise<readonly object[]> {
  const waits: object[] = [];
  for await (const event of run.events) {
    if (event.kind === 'step.waiting') waits.push({ step: event.step, ...event.reason });
  }
  return waits;
}

describe('a step whose provider is away', () => {
  test('waits for one that has just gone, as a call does, and says so: no_offer', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { same });
    await two.withdraw('same');
    await world.until('the offer is gone', async () => (await one.catalog()).length === 0);
    // A server publishes at most every 250 ms: its next word comes at once.
    await world.advance(250);
    const run = one.submit([{ name: 'a', fun: 'same', args: [5] }]);
    await world.advance(100);
    await two.offer({ same });
    expect(await world.settle(run.result)).toEqual({ a: 5 });
    expect(await waitsOf(run)).toEqual([{ step: 'a', kind: 'no_offer', function: 'same' }]);
  });

  test('fails when it stays away, having said what it waited for', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { same });
    await two.withdraw('same');
    await world.until('the offer is gone', async () => (await one.catalog()).length === 0);
    const run = one.submit([{ name: 'a', fun: 'same', args: [5] }]);
    const failure = await world.settle(failureOf(run.result));
    expect(failure).toMatchObject({ code: 'step_failed', executed: 'no', cause: { code: 'no_such_function' } });
    expect(await waitsOf(run)).toEqual([{ step: 'a', kind: 'no_offer', function: 'same' }]);
  });

  test('waits for breakers when they stand before every offer, and says until when: breaker', async ({ world }) => {
    const hang = defineFunction({ name: 'hang', timeoutMs: 1_000, handler: () => new Promise(() => {}) });
    const one = await world.start('one');
    await world.start('two', { hang });
    const opened: number[] = [];
    one.on('breaker.opened', ({ forMs }) => opened.push(world.clock.nowMs() + forMs));
    const calls = Array.from({ length: 10 }, () => failureOf(one.call('hang', [])));
    await world.settle(Promise.all(calls));
    expect(opened).toHaveLength(1);
    const run = one.submit([{ name: 'a', fun: 'hang' }], { timeoutMs: 2_000 });
    await world.settle(failureOf(run.result));
    expect((await waitsOf(run))[0]).toEqual({ step: 'a', kind: 'breaker', untilMs: opened[0] });
  });
});
