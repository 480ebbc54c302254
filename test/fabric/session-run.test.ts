import { describe, expect } from 'vitest';
import { sessionWaitMs } from '../../src/fabric/client/session-run.ts';
import { failureOf } from '../within.ts';
import { gate, same, waitOnce } from './runs.ts';
import { worldTest as test } from './world.ts';

describe('a run without a session', () => {
  test('U3: that was never sent ends at its deadline, and did not run', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    world.kill('one');
    await world.advance(10);
    const startMs = world.clock.nowMs();
    const run = client.submit([{ name: 'a', fun: 'same' }], { timeoutMs: 5_000 });
    expect(await world.settle(failureOf(run.result))).toMatchObject({
      code: 'deadline_exceeded',
      executed: 'no',
      detail: { timeoutMs: 5_000 },
    });
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(5_100);
  });

  test('U3: that is only attached to is waited for as long as a call is', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    world.kill('one');
    await world.advance(10);
    const startMs = world.clock.nowMs();
    expect(await world.settle(failureOf(client.attach('x').result))).toMatchObject({ code: 'deadline_exceeded', executed: 'no' });
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(sessionWaitMs + 100);
  });

  test('U3: that was sent ends as connection_lost: it may have run', async ({ world }) => {
    const { wait, entered } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const run = client.submit(waitOnce, { timeoutMs: 5_000 });
    await world.settle(entered);
    world.kill('one');
    const startMs = world.clock.nowMs();
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(sessionWaitMs + 100);
  });

  test('is sent as soon as there is one, and cancelled after it when that was wanted meanwhile', async ({ world }) => {
    const { wait, state, release } = gate();
    const one = await world.start('one', { wait }, { port: 7001 });
    const client = await world.connect(one);
    world.kill('one');
    await world.advance(10);
    const [kept, cancelled] = [client.submit(waitOnce), client.submit(waitOnce)];
    const done = cancelled.cancel();
    await world.advance(3_000);
    await world.start('one', { wait }, { port: 7001 });
    await world.settle(done);
    expect(await world.settle(failureOf(cancelled.result))).toMatchObject({ code: 'cancelled' });
    await world.until('the other runs', () => state.runs > 0);
    release();
    expect(await world.settle(kept.result)).toEqual({ a: 'one' });
  });
});

describe('a run whose session breaks', () => {
  test('U1: is followed through any number of sessions, each event once', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait, same });
    await world.start('two');
    const client = await world.connect(one);
    const commands = Array.from({ length: 20 }, (_, at) => ({
      name: `s${at}`,
      fun: 'same',
      args: [at],
      after: at === 0 ? ['a'] : [`s${at - 1}`],
    }));
    const run = client.submit([...waitOnce, ...commands], { returns: 'all' });
    const numbers: number[] = [];
    const watched = (async () => {
      for await (const event of run.events) numbers.push(event.seq);
    })();
    await world.settle(entered);
    for (let breaks = 0; breaks < 5; breaks += 1) {
      world.breakLinks('client-1');
      await world.advance(3 + breaks * 5);
      if (breaks === 2) release();
    }
    expect(await world.settle(run.result)).toMatchObject({ a: 'one', s19: 19 });
    await world.settle(watched);
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, at) => at + 1));
    expect(numbers.length).toBe(44);
  });

  test('U2: is submitted once: an answer that is lost does not run it again', async ({ world }) => {
    const { wait, state, release } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const run = client.submit(waitOnce);
    await world.until('the step runs', () => state.runs === 1);
    world.breakLinks('client-1');
    await world.advance(1_000);
    release();
    expect(await world.settle(run.result)).toEqual({ a: 'one' });
    expect(state.runs).toBe(1);
  });
});
