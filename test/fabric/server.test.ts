import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Client } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { gate, same, waitOnce } from './runs.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** What the process has open: timers, sockets. */
function openAt(world: FabricWorld, name: string): readonly [number, number] {
  const process = world.processes.get(name);
  return [process?.armed ?? -1, process?.transport.open ?? -1];
}

describe('a drain', () => {
  test('fault 36: lets calls and runs in flight complete, then resolves', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait, same });
    const client = await world.connect(one);
    const call = client.call('wait', []);
    const run = client.submit([...waitOnce, { name: 'b', fun: 'same', args: [{ $ref: 'a' }] }]);
    await world.settle(entered);
    let isDrained = false;
    const drained = one.drain().then(() => {
      isDrained = true;
    });
    await world.advance(5_000);
    expect(isDrained).toBe(false);
    release();
    expect(await world.settle(call)).toBe('one');
    expect(await world.settle(run.result)).toEqual({ b: 'one' });
    await world.settle(drained);
  });

  test('sends clients elsewhere without an error, and keeps their old session until its last call has settled', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait, same });
    const two = await world.start('two', { same });
    const sessions: string[] = [];
    const opened: string[] = [];
    two.on('session.opened', ({ client: name }) => opened.push(name));
    one.on('session.closed', ({ evidence }) => sessions.push(evidence));
    const client = await world.connect(one);
    const call = client.call('wait', []);
    await world.settle(entered);
    const drained = one.drain();
    await world.advance(300);
    // Without a single call: it was told to move.
    expect(opened.length).toBe(1);
    for (let calls = 0; calls < 50; calls += 1) {
      expect(await world.settle(client.call('same', [calls]))).toBe(calls);
      await world.advance(10);
    }
    expect(sessions).toEqual([]);
    release();
    expect(await world.settle(call)).toBe('one');
    await world.settle(drained);
    await world.advance(10);
    expect(sessions).toEqual(['remote']);
  });

  test('lets a client follow its run over the old session to its end', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    await world.start('two');
    const client = await world.connect(one);
    const run = client.submit(waitOnce);
    await world.settle(entered);
    const drained = one.drain();
    await world.advance(1_000);
    release();
    expect(await world.settle(run.result)).toEqual({ a: 'one' });
    await world.settle(drained);
  });

  test('refuses relayed calls and runs that come too late: the client goes on elsewhere without an error', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    await world.start('two', { same });
    const client = await world.connect(one);
    const held = client.call('wait', []);
    await world.settle(entered);
    // What the server says to its clients takes a second to arrive; until then they know of nothing.
    world.network.weather.setDelay('one', 'client-1', 500);
    const drained = one.drain();
    await world.advance(300);
    const call = client.call('same', ['late']);
    const run = client.submit([{ name: 'a', fun: 'same', args: ['late'] }]);
    expect(await world.settle(call)).toBe('late');
    expect(await world.settle(run.result)).toEqual({ a: 'late' });
    release();
    await world.settle(Promise.all([held, drained]));
  });

  test('ends what is still there after its grace: the call may have run, the run has lost its coordinator', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one', { wait, same }, { tuning: { drainGraceMs: 2_000 } });
    const client = await world.connect(one);
    const call = failureOf(client.call('wait', []));
    const run = client.submit([{ name: 'done', fun: 'same', args: [1] }, ...waitOnce]);
    await world.settle(entered);
    await world.advance(10);
    const startMs = world.clock.nowMs();
    await world.settle(one.drain());
    expect(world.clock.nowMs() - startMs).toBeLessThan(2_500);
    expect(await world.settle(call)).toMatchObject({ executed: 'maybe' });
    const failure = await world.settle(failureOf(run.result));
    expect(failure).toMatchObject({ code: 'coordinator_lost', detail: { partial: { done: 1 }, steps: { done: 'done', a: 'maybe' } } });
    expect(state.aborts).toBe(2);
  });

  test('twice is once, and with nothing to wait for it ends after the spread', async ({ world }) => {
    const one = await world.start('one', { same });
    const [first, second] = [one.drain(), one.drain()];
    await world.settle(Promise.all([first, second]));
    expect(world.clock.nowMs()).toBeLessThan(1_000);
    expect(await world.settle(one.call('same', [1]))).toBe(1);
  });

  test('is over at once when the server is stopped meanwhile, and does not bring it back', async ({ world }) => {
    for (const afterMs of [0, 100, 1_000]) {
      const { wait, entered } = gate();
      const name = `server-${afterMs}`;
      const server = await world.start(name, { wait }, { join: [] });
      const call = failureOf(server.call('wait', []));
      await world.settle(entered);
      const drained = server.drain();
      await world.advance(afterMs);
      await world.settle(server.stop());
      await world.settle(drained, 1_000);
      expect(await world.settle(call)).toMatchObject({ executed: 'maybe' });
      expect(await world.settle(failureOf(server.call('wait', [])))).toMatchObject({ code: 'closed', executed: 'no' });
      expect(openAt(world, name)).toEqual([0, 0]);
      world.kill(name);
    }
  });
});

describe('a rolling restart', () => {
  test('fault 36: of all servers under load fails no pure call and runs no `once` call twice', async ({ world }) => {
    const seen = new Map<number, number>();
    const functions = {
      pure: defineFunction({
        name: 'pure',
        effect: 'pure',
        handler: async (ctx, value: number): Promise<number> => {
          await ctx.sleep(20);
          return value;
        },
      }),
      once: defineFunction({
        name: 'once',
        handler: async (ctx, value: number): Promise<number> => {
          seen.set(value, (seen.get(value) ?? 0) + 1);
          await ctx.sleep(20);
          return value;
        },
      }),
    };
    const names = ['one', 'two', 'three'];
    const servers = new Map<string, Awaited<ReturnType<FabricWorld['start']>>>();
    for (const name of names) servers.set(name, await world.start(name, functions));
    const clients: Client[] = [];
    for (const server of servers.values()) clients.push(await world.connect(server));
    const failures: unknown[] = [];
    const pending: Promise<unknown>[] = [];
    let number = 0;
    const load = async (ms: number): Promise<void> => {
      for (let passedMs = 0; passedMs < ms; passedMs += 10) {
        for (const client of clients) {
          number += 1;
          for (const name of ['pure', 'once']) pending.push(client.call(name, [number]).catch((error: unknown) => failures.push(error)));
        }
        await world.advance(10);
      }
    };
    for (const name of names) {
      await load(200);
      const stopped = servers.get(name)?.[Symbol.asyncDispose]();
      await load(1_000);
      await world.settle(stopped ?? Promise.resolve());
      const join = names.filter((other) => other !== name).map((other) => servers.get(other)?.url ?? '');
      servers.set(name, await world.start(name, functions, { join }));
    }
    await load(200);
    await world.settle(Promise.all(pending));
    expect(failures).toEqual([]);
    expect([...seen.values()].every((runs) => runs === 1)).toBe(true);
    expect(seen.size).toBe(number);
  });
});

describe('a server that stops', () => {
  test('ends the calls and runs of its own with closed and coordinator_lost, and tells callers elsewhere what is known', async ({
    world,
  }) => {
    const { wait, entered } = gate();
    const one = await world.start('one', { wait });
    const two = await world.start('two');
    const own = failureOf(one.call('wait', []));
    const theirs = failureOf(two.call('wait', []));
    const run = one.submit(waitOnce);
    await world.settle(entered);
    await world.advance(10);
    await world.settle(one.stop());
    expect(await world.settle(own)).toMatchObject({ code: 'closed', executed: 'maybe' });
    expect(await world.settle(theirs)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'coordinator_lost', executed: 'maybe' });
  });

  test('twice is stopped once, and says so once', async ({ world }) => {
    const one = await world.start('one', { same });
    const stopped: string[] = [];
    one.on('server.stopped', ({ name }) => stopped.push(name));
    await world.settle(Promise.all([one.stop(), one.stop()]));
    await world.settle(one.stop());
    expect(stopped).toEqual(['one']);
  });

  test('leaves no timer and no socket, whatever it had going on', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one', { wait, same });
    const two = await world.start('two', { wait });
    const client = await world.connect(one);
    const calls = [one.call('wait', []), two.call('wait', [], { target: 'one' }), client.call('wait', [], { target: 'two' })].map(
      failureOf,
    );
    const runs = [one.submit(waitOnce), client.submit(waitOnce), client.submit(waitOnce, { detached: true })];
    await world.settle(one.submit([{ name: 'a', fun: 'same' }]).result);
    await world.settle(entered);
    const gone = client.attach(runs[1]?.runId ?? '');
    await world.advance(100);
    await world.settle(client.close());
    await world.advance(100);
    await world.settle(one.stop());
    expect(openAt(world, 'one')).toEqual([0, 0]);
    await world.settle(two.stop());
    expect(openAt(world, 'two')).toEqual([0, 0]);
    expect(openAt(world, 'client-1')).toEqual([0, 0]);
    await world.settle(Promise.all([...calls, ...runs.map((run) => failureOf(run.result)), failureOf(gone.result)]));
  });

  test('refuses a list where names are given one by one, and an argument that cannot even be looked at', async ({ world }) => {
    const one = await world.start('one', { same });
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const refused = [one.withdraw(['same'] as never), one.call('same', [proxy])];
    for (const failure of await world.settle(Promise.all(refused.map(failureOf))))
      expect(failure).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(await world.settle(one.call('same', [1]))).toBe(1);
  });

  test('refuses to do anything from then on', async ({ world }) => {
    const one = await world.start('one', { same });
    await world.settle(one.stop());
    const refused = [
      one.call('same', [1]),
      one.submit([]).result,
      one.attach('x').result,
      one.offer({ other: same }),
      one.withdraw('same'),
    ];
    for (const failure of await world.settle(Promise.all(refused.map(failureOf))))
      expect(failure).toMatchObject({ code: 'closed', executed: 'no' });
    await world.settle(one.drain());
    expect(openAt(world, 'one')).toEqual([0, 0]);
  });
});

describe('a server that does not start', () => {
  test('stopped while it binds, joins or greets: start rejects with closed, nothing stays open', async ({ world }) => {
    const seed = await world.start('seed');
    world.network.weather.setDelay('late', 'seed', 100);
    for (const afterMs of [-1, 0, 50, 150]) {
      const server = world.made('late', { same }, { join: [seed.url] });
      const started = failureOf(server.start());
      if (afterMs >= 0) await world.advance(afterMs);
      await world.settle(server.stop());
      expect(await world.settle(started)).toMatchObject({ code: 'closed', executed: 'no' });
      await world.advance(3_000);
      expect([afterMs, ...openAt(world, 'late')]).toEqual([afterMs, 0, 0]);
      expect(await world.settle(seed.members())).toMatchObject([{ name: 'seed' }]);
    }
  });

  test('because its port is taken, its callback throws or its cluster is another, leaves nothing open', async ({ world }) => {
    const seed = await world.start('seed', {}, { port: 7001 });
    const onListening = (): void => {
      throw new Error('from the callback');
    };
    const later = async (): Promise<void> => onListening();
    const failing = [{ port: 7001 }, { onListening }, { onListening: later }, { cluster: 'other', join: [seed.url] }];
    const codes: unknown[] = [];
    for (const options of failing) {
      const failure = await world.settle(
        world
          .made('late', {}, options)
          .start()
          .catch((error: unknown) => error),
      );
      codes.push((failure as { code?: string }).code);
      await world.advance(3_000);
      expect(openAt(world, 'late')).toEqual([0, 0]);
    }
    expect(codes).toEqual(['bad_settings', undefined, undefined, 'cluster_mismatch']);
  });

  test('because its name is taken says so', async ({ world }) => {
    const seed = await world.start('seed');
    const twin = world.made('seed', {}, { join: [seed.url] });
    expect(await world.settle(failureOf(twin.start()))).toMatchObject({ code: 'name_taken', executed: 'no' });
    await world.advance(3_000);
    expect(openAt(world, 'seed')).toEqual([0, 0]);
  });
});

describe('functions at run time', () => {
  test('are callable once offered, and refused by name once withdrawn', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two');
    const client = await world.connect(one);
    await two.offer({ same });
    await world.advance(1_000);
    expect(await world.settle(client.call('same', [1]))).toBe(1);
    await two.withdraw('same');
    await world.advance(1_000);
    expect(await world.settle(failureOf(client.call('same', [1])))).toMatchObject({ code: 'no_such_function', executed: 'no' });
  });

  test('withdrawn by a name that is not offered are refused with the nearest, and stay', async ({ world }) => {
    const one = await world.start('one', { same });
    const failure = await world.settle(failureOf(one.withdraw('sane')));
    expect(failure).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(failure.message).toContain('a function that this server offers (same), found "sane"; did you mean "same"?');
    expect(await world.settle(one.call('same', [1]))).toBe(1);
    await world.settle(one.withdraw('same'));
    expect(await world.settle(failureOf(one.withdraw('same')))).toMatchObject({ code: 'bad_argument' });
  });

  test('withdrawn during a call let that call complete', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait });
    const call = (await world.connect(one)).call('wait', []);
    await world.settle(entered);
    await one.withdraw('wait');
    await world.advance(1_000);
    release();
    expect(await world.settle(call)).toBe('one');
  });

  test('called while others still believe in a withdrawn offer are found elsewhere', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { same });
    await world.start('three', { same });
    await two.withdraw('same');
    const calls = Array.from({ length: 20 }, (_, at) => one.call('same', [at]));
    expect(await world.settle(Promise.all(calls))).toEqual(Array.from({ length: 20 }, (_, at) => at));
  });
});

describe('nested calls', () => {
  test('inherit deadline and meta, add to meta, and keep the first caller', async ({ world }) => {
    const inner = defineFunction({ name: 'inner', handler: (ctx) => ({ left: ctx.remainingMs(), meta: ctx.meta, caller: ctx.caller }) });
    const outer = defineFunction({ name: 'outer', handler: async (ctx): Promise<unknown> => ctx.call(inner, [], { meta: { b: '2' } }) });
    const one = await world.start('one', { outer });
    await world.start('two', { inner });
    const client = await world.connect(one);
    const told = (await world.settle(client.call('outer', [], { timeoutMs: 1_000, meta: { a: '1' } }))) as { left: number };
    expect(told).toMatchObject({ meta: { a: '1', b: '2' }, caller: expect.stringMatching(/^one$|^client-/) });
    expect(told.left).toBeLessThan(1_000);
    expect(told.left).toBeGreaterThan(900);
  });

  test('are given up with the call that made them', async ({ world }) => {
    const { wait, state, entered } = gate();
    const outer = defineFunction({ name: 'outer', handler: async (ctx): Promise<unknown> => ctx.call(wait, []) });
    const one = await world.start('one', { outer });
    await world.start('two', { wait });
    const caller = new AbortController();
    const client = await world.connect(one);
    const call = failureOf(client.call('outer', [], { signal: caller.signal }));
    await world.settle(entered);
    caller.abort(new Error('enough'));
    expect(await world.settle(call)).toMatchObject({ code: 'cancelled', executed: 'maybe', cause: { message: 'enough' } });
    await world.advance(10);
    expect(state.aborts).toBe(1);
  });

  test('end at the deadline of the call that made them', async ({ world }) => {
    const { wait, state, entered } = gate();
    const seen = deferred<unknown>();
    const outer = defineFunction({
      name: 'outer',
      handler: async (ctx): Promise<void> => {
        seen.resolve(await failureOf(ctx.call(wait, [], { timeoutMs: 60_000 })));
      },
    });
    const one = await world.start('one', { outer });
    await world.start('two', { wait });
    const call = (await world.connect(one)).call('outer', [], { timeoutMs: 500 });
    await world.settle(entered);
    const startMs = world.clock.nowMs();
    expect(await world.settle(seen.promise)).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    expect(world.clock.nowMs() - startMs).toBeLessThanOrEqual(500);
    // The inner verdict is there in time for the outer call to have one of its own.
    expect(await world.settle(call)).toBe(undefined);
    await world.advance(10);
    expect(state.aborts).toBe(1);
  });

  test('that fail reach the client whole: what was thrown, and the HeddleError that it was', async ({ world }) => {
    const inner = defineFunction({
      name: 'inner',
      handler: (): void => {
        throw Object.assign(new RangeError('too far'), { data: { by: 7n, at: new Date(0) }, retryable: false });
      },
    });
    const outer = defineFunction({ name: 'outer', handler: async (ctx): Promise<unknown> => ctx.call(inner, []) });
    const one = await world.start('one');
    await world.start('two', { outer });
    await world.start('three', { inner });
    const client = await world.connect(one);
    expect(await world.settle(failureOf(client.call('inner', [])))).toMatchObject({
      code: 'function_failed',
      executed: 'yes',
      detail: { name: 'RangeError', message: 'too far', data: { by: 7n, at: new Date(0) }, retryable: false },
    });
    const failure = await world.settle(failureOf(client.call('outer', [])));
    expect(failure).toMatchObject({
      code: 'function_failed',
      executed: 'yes',
      detail: { cause: { code: 'function_failed', executed: 'yes', detail: { name: 'RangeError', data: { by: 7n, at: new Date(0) } } } },
    });
    expect(failure.stack).not.toContain('server.test.ts:1');
  });
});
