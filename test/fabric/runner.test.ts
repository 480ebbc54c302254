import { describe, expect } from 'vitest';
import { settledMax, settledMs } from '../../src/fabric/run/runner.ts';
import { failureOf } from '../within.ts';
import { gate, kindsOf, same, waitOnce } from './runs.ts';
import { worldTest as test } from './world.ts';

describe('a run that is followed', () => {
  test('tells its events live, and from the first to everybody who loops over them later', async ({ world }) => {
    const { wait, entered, release } = gate();
    const client = await world.connect(await world.start('one', { wait, same }));
    const run = client.submit([...waitOnce, { name: 'b', fun: 'same', args: [{ $ref: 'a' }] }]);
    const live = kindsOf(run.events);
    await world.settle(entered);
    release();
    expect(await world.settle(run.result)).toEqual({ b: 'one' });
    const kinds = ['run.accepted', 'step.started', 'step.settled', 'step.started', 'step.settled', 'run.settled'];
    expect(await world.settle(live)).toEqual(kinds);
    expect(await world.settle(kindsOf(run.events))).toEqual(kinds);
  });

  test("is shown to its coordinator's observers with its name, cut to what people read", async ({ world }) => {
    const one = await world.start('one', { same });
    const names: unknown[] = [];
    one.on('run.accepted', ({ name, steps }) => names.push([name, steps]));
    const client = await world.connect(await world.start('two'));
    const commands = [{ name: 'a', fun: 'same', args: [1] }];
    for (const name of ['report', 'x'.repeat(200), undefined]) {
      await world.settle(one.submit({ ...(name === undefined ? {} : { name }), commands }).result);
    }
    expect(names).toEqual([
      ['report', 1],
      ['x'.repeat(128), 1],
      [undefined, 1],
    ]);
    await world.settle(client.submit({ name: 'elsewhere', commands }).result);
    expect(names).toHaveLength(3);
  });

  test('is attached to from another client, through another server, with every event', async ({ world }) => {
    const { wait, entered, release } = gate();
    const first = await world.connect(await world.start('one', { wait }));
    const second = await world.connect(await world.start('two'));
    const run = first.submit(waitOnce);
    await world.settle(entered);
    const followed = second.attach(run.runId);
    await world.settle(followed.accepted);
    release();
    expect(await world.settle(followed.result)).toEqual({ a: 'one' });
    expect(await world.settle(kindsOf(followed.events))).toEqual(await world.settle(kindsOf(run.events)));
    expect(await world.settle(second.attach(run.runId).result)).toEqual({ a: 'one' });
  });

  test('is attached to from a server that does not coordinate it', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    const two = await world.start('two');
    const run = two.submit(waitOnce, { runId: 'chosen' });
    await world.settle(entered);
    const followed = one.attach('chosen');
    release();
    expect(await world.settle(followed.result)).toEqual({ a: 'one' });
    expect(await world.settle(run.result)).toEqual({ a: 'one' });
  });

  test('is attached to, not run twice, when its id is chosen again', async ({ world }) => {
    const { wait, state, entered, release } = gate();
    const one = await world.start('one', { wait });
    const [first, second] = [await world.connect(one), await world.connect(one)];
    const run = first.submit(waitOnce, { runId: 'mine' });
    await world.settle(entered);
    const again = second.submit(waitOnce, { runId: 'mine' });
    await world.settle(again.accepted);
    release();
    expect(await world.settle(Promise.all([run.result, again.result]))).toEqual([{ a: 'one' }, { a: 'one' }]);
    expect(state.runs).toBe(1);
  });

  test('that nobody knows is unknown_run, wherever one asks, and so is cancelling it', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two');
    const client = await world.connect(one);
    for (const runId of ['never', `two~${'0'.repeat(12)}~7`, `gone~${'0'.repeat(12)}~7`]) {
      const run = client.attach(runId);
      expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'unknown_run', executed: 'no', detail: { runId } });
      expect(await world.settle(failureOf(run.accepted))).toMatchObject({ code: 'unknown_run' });
      expect(await world.settle(failureOf(kindsOf(run.events)))).toMatchObject({ code: 'unknown_run' });
      expect(await world.settle(failureOf(one.attach(runId).result))).toMatchObject({ code: 'unknown_run' });
    }
  });

  test('is found although its id names another server, because the session moved when it was submitted', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', {}, { port: 7001 });
    const two = await world.start('two', { wait });
    const client = await world.connect(one);
    world.kill('one');
    await world.advance(2);
    const run = client.submit(waitOnce);
    expect(run.runId).toMatch(/^one~/);
    await world.settle(entered);
    await world.start('one', {}, { port: 7001, join: [two.url] });
    const other = await world.connect(await world.start('three', {}, { join: [two.url] }));
    await world.advance(1_000);
    const followed = other.attach(run.runId);
    release();
    expect(await world.settle(followed.result)).toEqual({ a: 'two' });
  });
});

describe('a run that is cancelled', () => {
  test('from another client, through another server, ends everywhere, and its handler hears of it', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one');
    const two = await world.start('two', { wait });
    const [first, second] = [await world.connect(one), await world.connect(two)];
    const run = first.submit(waitOnce);
    await world.settle(entered);
    await world.settle(second.attach(run.runId).cancel());
    expect(await world.settle(failureOf(run.result))).toMatchObject({
      code: 'cancelled',
      executed: 'maybe',
      detail: { steps: { a: 'maybe' } },
    });
    await world.advance(10);
    expect(state.aborts).toBe(1);
  });

  test('twice, or after its end, is harmless', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    const run = client.submit([{ name: 'a', fun: 'same' }]);
    await world.settle(run.result);
    await world.settle(run.cancel());
    await world.settle(client.attach(run.runId).cancel());
    expect(await world.settle(run.result)).toBeDefined();
  });

  test('by its signal, ends', async ({ world }) => {
    const { wait, state, entered } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const caller = new AbortController();
    const run = client.submit(waitOnce, { signal: caller.signal });
    await world.settle(entered);
    caller.abort(new Error('enough'));
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled', detail: { reason: 'enough' } });
    expect(state.aborts).toBe(1);
  });
});

describe('a run whose client is gone', () => {
  test('goes on for 10 s and is then cancelled', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one', { wait });
    const client = await world.connect(one);
    const run = client.submit(waitOnce);
    await world.settle(entered);
    await world.settle(client.close());
    await world.advance(9_900);
    expect(state.aborts).toBe(0);
    await world.advance(200);
    expect(state.aborts).toBe(1);
    expect(await world.settle(failureOf(one.attach(run.runId).result))).toMatchObject({ code: 'cancelled', executed: 'maybe' });
  });

  test('is spared by a follower that comes within those 10 s, or stays', async ({ world }) => {
    const { wait, state, entered, release } = gate();
    const one = await world.start('one', { wait });
    const first = await world.connect(one);
    const run = first.submit(waitOnce);
    await world.settle(entered);
    await world.settle(first.close());
    await world.advance(9_000);
    const second = await world.connect(one);
    const followed = second.attach(run.runId);
    await world.advance(30_000);
    expect(state.aborts).toBe(0);
    release();
    expect(await world.settle(followed.result)).toEqual({ a: 'one' });
  });

  test('has its 10 s from the moment when the last follower left', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one', { wait });
    const first = await world.connect(one);
    const run = first.submit(waitOnce);
    await world.settle(entered);
    await world.settle(first.close());
    await world.advance(5_000);
    const second = await world.connect(one);
    await world.settle(second.attach(run.runId).accepted);
    await world.advance(1_000);
    await world.settle(second.close());
    await world.advance(9_900);
    expect(state.aborts).toBe(0);
    await world.advance(200);
    expect(state.aborts).toBe(1);
  });

  test('runs to its deadline when it is detached', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one', { wait });
    const client = await world.connect(one);
    const run = client.submit(waitOnce, { detached: true, timeoutMs: 60_000 });
    await world.settle(entered);
    await world.settle(client.close());
    await world.advance(59_000);
    expect(state.aborts).toBe(0);
    await world.advance(2_000);
    expect(state.aborts).toBe(1);
    expect(await world.settle(failureOf(one.attach(run.runId).result))).toMatchObject({
      code: 'deadline_exceeded',
      detail: { timeoutMs: 60_000 },
    });
  });

  test('goes on when another server takes it up that has no link to the coordinator yet', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    const two = await world.start('two');
    const clients = [await world.connect(one), await world.connect(one)];
    const runs = clients.map((client, at) => client.submit(waitOnce, at === 0 ? {} : { runId: 'chosen' }));
    await world.settle(Promise.all([entered, ...runs.map((run) => run.accepted)]));
    for (const [from, to] of [
      ['one', 'two'],
      ['two', 'one'],
    ] as const)
      world.network.weather.setDelay(from, to, 100);
    const moved: string[] = [];
    two.on('session.opened', ({ client }) => moved.push(client));
    for (const name of ['one', 'two', 'client-1', 'client-2']) world.breakLinks(name);
    await world.until('the clients are at the other server', () => moved.length === 2);
    expect((await two.members()).length).toBe(2);
    release();
    for (const run of runs) expect(await world.settle(run.result)).toEqual({ a: 'one' });
  });

  test('misses nothing when the session breaks and another server takes it up', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait, same });
    await world.start('two');
    const client = await world.connect(one);
    const run = client.submit([...waitOnce, { name: 'b', fun: 'same', args: [{ $ref: 'a' }] }]);
    const live = kindsOf(run.events);
    await world.settle(entered);
    world.breakLinks('client-1');
    await world.advance(50);
    release();
    expect(await world.settle(run.result)).toEqual({ b: 'one' });
    expect(await world.settle(live)).toEqual([
      'run.accepted',
      'step.started',
      'step.settled',
      'step.started',
      'step.settled',
      'run.settled',
    ]);
  });
});

describe('a coordinator that is killed', () => {
  test('fault 3: leaves its client with coordinator_lost, and its steps cancelled within 2 s', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one');
    await world.start('two', { wait });
    const client = await world.connect(one);
    const run = client.submit(waitOnce);
    await world.settle(entered);
    world.kill('one');
    const startMs = world.clock.nowMs();
    expect(await world.settle(failureOf(run.result))).toMatchObject({
      code: 'coordinator_lost',
      executed: 'maybe',
      detail: { runId: run.runId },
    });
    await world.until('the step is cancelled', () => state.aborts === 1, 2_000);
    expect(world.clock.nowMs() - startMs).toBeLessThan(2_000);
  });

  test('leaves a follower at another server with coordinator_lost', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one');
    const two = await world.start('two', { wait });
    const run = (await world.connect(one)).submit(waitOnce);
    await world.settle(entered);
    const followed = (await world.connect(two)).attach(run.runId);
    await world.settle(followed.accepted);
    world.kill('one');
    expect(await world.settle(failureOf(followed.result))).toMatchObject({ code: 'coordinator_lost', executed: 'maybe' });
  });
});

describe('settled runs', () => {
  test('are kept for 5 minutes', async ({ world }) => {
    const one = await world.start('one', { same });
    const client = await world.connect(one);
    const run = client.submit([{ name: 'a', fun: 'same', args: [1] }]);
    await world.settle(run.result);
    await world.advance(settledMs - 1_000);
    expect(await world.settle(client.attach(run.runId).result)).toEqual({ a: 1 });
    await world.advance(2_000);
    expect(await world.settle(failureOf(client.attach(run.runId).result))).toMatchObject({ code: 'unknown_run' });
  });

  test('are forgotten from the oldest on, beyond 1,000', async ({ world }) => {
    const one = await world.start('one', { same });
    const runs = Array.from({ length: settledMax + 1 }, () => one.submit([{ name: 'a', fun: 'same', args: [1] }]));
    await world.settle(Promise.all(runs.map((run) => run.result)));
    const [first, second] = runs.map((run) => one.attach(run.runId));
    expect(await world.settle(failureOf(first?.result ?? Promise.resolve()))).toMatchObject({ code: 'unknown_run' });
    expect(await world.settle(second?.result ?? Promise.resolve())).toEqual({ a: 1 });
  });

  test('are forgotten from the oldest on when they have over 64 MiB together', async ({ world }) => {
    const one = await world.start('one', { length: (bytes: Uint8Array) => bytes.length });
    const size = 24 * 1024 ** 2;
    const run = async (): Promise<string> => {
      const { runId, result } = one.submit([{ name: 'a', fun: 'length', args: [new Uint8Array(size)] }]);
      await world.settle(result);
      return runId;
    };
    // Two have room, a third has not.
    const [first, second, third] = [await run(), await run(), await run()];
    expect(await world.settle(failureOf(one.attach(first).result))).toMatchObject({ code: 'unknown_run' });
    for (const runId of [second, third]) expect(await world.settle(one.attach(runId).result)).toEqual({ a: size });
  });
});

describe('a step', () => {
  test('that is refused as overloaded waits, and costs no attempt', async ({ world }) => {
    const { wait, release } = gate('once', 1);
    const client = await world.connect(await world.start('one', { wait }));
    const calls = Array.from({ length: 3 }, () => client.call('wait', []).catch(() => undefined));
    await world.advance(10);
    const run = client.submit(waitOnce);
    const started: number[] = [];
    const waits: string[] = [];
    const watch = async (): Promise<void> => {
      for await (const event of run.events) {
        if (event.kind === 'step.started') started.push(event.attempt);
        if (event.kind === 'step.waiting') waits.push(event.reason.kind);
      }
    };
    const watched = watch();
    await world.advance(3_000);
    release();
    expect(await world.settle(run.result)).toEqual({ a: 'one' });
    await world.settle(Promise.all([watched, ...calls]));
    expect(new Set(waits)).toEqual(new Set(['concurrency_full']));
    expect(new Set(started)).toEqual(new Set([1]));
  });
});
