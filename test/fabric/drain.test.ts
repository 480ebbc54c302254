import { describe, expect } from 'vitest';
import { failureOf } from '../within.ts';
import { gate, same, waitOnce } from './runs.ts';
import { worldTest as test } from './world.ts';

describe('clients of a server that drains', () => {
  test('use its session until another one is open: no call waits for the move', async ({ world }) => {
    const one = await world.start('one', { same });
    const two = await world.start('two');
    const opened: string[] = [];
    two.on('session.opened', ({ client: name }) => opened.push(name));
    const client = await world.connect(one);
    world.network.setDelay('client-1', 'two', 40);
    const drained = one.drain();
    await world.advance(10);
    const startMs = world.clock.nowMs();
    expect(await world.settle(client.call('same', [1]))).toBe(1);
    expect(world.clock.nowMs() - startMs).toBeLessThan(20);
    expect(opened).toEqual([]);
    await world.advance(150);
    expect(opened.length).toBe(1);
    await world.settle(drained);
  });

  test('that are late with a `once` call still hear that it did not run, and go elsewhere (fault 36)', async ({ world }) => {
    const { wait, state, release } = gate();
    const one = await world.start('one', { wait });
    await world.start('two', { wait });
    const client = await world.connect(one);
    release();
    // The client hears of everything late, and the server has nothing else to wait for.
    world.network.setDelay('client-1', 'one', 300);
    const stopped = one[Symbol.asyncDispose]();
    await world.advance(250);
    expect(await world.settle(client.call('wait', []))).toBe('two');
    await world.settle(stopped);
    expect(state.runs).toBe(1);
  });

  test('hang up also when there is nowhere to go', async ({ world }) => {
    const one = await world.start('one', { same });
    await world.connect(one);
    const startMs = world.clock.nowMs();
    await world.settle(one.drain());
    expect(world.clock.nowMs() - startMs).toBeLessThan(300);
  });

  test('are waited for a second at most', async ({ world }) => {
    const one = await world.start('one', { same });
    await world.connect(one);
    world.network.isolate('client-1');
    const startMs = world.clock.nowMs();
    await world.settle(one.drain());
    expect(world.clock.nowMs() - startMs).toBeGreaterThan(1_000);
    expect(world.clock.nowMs() - startMs).toBeLessThan(1_500);
  });

  test('are not let in any more, and one that knows no other server is told of them', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    await world.start('two', { same });
    const call = one.call('wait', []);
    await world.settle(entered);
    const drained = one.drain();
    const client = await world.connect(one);
    expect(world.processes.get('client-1')?.transport.dials).toEqual([one.url, expect.not.stringMatching(one.url)]);
    expect(await world.settle(client.call('same', ['elsewhere']))).toBe('elsewhere');
    release();
    await world.settle(Promise.all([call, drained]));
  });
});

describe('a drain', () => {
  test('says when it begins and when it has ended, and with what', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one', { wait, same }, { tuning: { drainGraceMs: 2_000 } });
    const story: unknown[] = [];
    one.on('server.draining', (event) => story.push(event));
    one.on('server.drained', (event) => story.push(event));
    one.on('server.stopped', (event) => story.push(event));
    const lost = [failureOf(one.call('wait', [])), failureOf(one.submit(waitOnce).result)];
    await world.settle(entered);
    await world.advance(10);
    await world.settle(one.drain());
    await world.settle(one.stop());
    await world.settle(Promise.all(lost));
    expect(story).toMatchObject([
      { kind: 'server.draining', name: 'one', inFlight: 5 },
      { kind: 'server.drained', name: 'one', calls: 2, sent: 2, runs: 1, elapsedMs: expect.closeTo(2_200, -2) },
      { kind: 'server.stopped' },
    ]);
  });

  test('of an idle server ends with nothing that had to be ended', async ({ world }) => {
    const one = await world.start('one', { same });
    const ends: unknown[] = [];
    one.on('server.drained', ({ calls, sent, runs }) => ends.push({ calls, sent, runs }));
    await world.settle(one.drain());
    expect(ends).toEqual([{ calls: 0, sent: 0, runs: 0 }]);
  });
});
