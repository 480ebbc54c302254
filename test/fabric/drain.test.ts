import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
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
    world.network.weather.setDelay('client-1', 'two', 40);
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
    world.network.weather.setDelay('client-1', 'one', 300);
    const stopped = one[Symbol.asyncDispose]();
    await world.advance(250);
    expect(await world.settle(client.call('wait', []))).toBe('two');
    await world.settle(stopped);
    expect(state.runs).toBe(1);
  });

  test('are answered by one that has not joined yet, and is called already', async ({ world }) => {
    const { wait, state, release } = gate();
    const seed = await world.start('seed');
    world.network.weather.cut('one', 'seed');
    const one = world.made('one', { wait }, { port: 7_100, join: [seed.url] });
    const started = failureOf(one.start());
    await world.advance(50);
    const client = await world.connect('127.0.0.1:7100');
    const call = client.call('wait', []);
    await world.until('it runs', () => state.runs === 1);
    const stopped = one[Symbol.asyncDispose]();
    await world.advance(200);
    release();
    expect(await world.settle(call)).toBe('one');
    await world.settle(stopped);
    expect(await world.settle(started)).toMatchObject({ code: 'closed' });
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
    world.network.weather.isolate('client-1');
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

describe('a server that is late to hear of a drain', () => {
  test('is still told that its `once` call did not run (fault 36)', async ({ world }) => {
    const { wait, state, release } = gate();
    const one = await world.start('one', { wait });
    const two = await world.start('two');
    release();
    world.network.weather.setDelay('one', 'two', 300);
    const stopped = one[Symbol.asyncDispose]();
    await world.advance(250);
    expect(await world.settle(failureOf(two.call('wait', [])))).toMatchObject({ code: 'no_such_function', executed: 'no' });
    await world.settle(stopped);
    expect(state.runs).toBe(0);
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

describe('a drain that a client asks for', () => {
  const nothing = { calls: 0, sent: 0, runs: 0 };

  for (const asked of ['one', 'two']) {
    test(`of ${asked} through one: it says what is waited for, and how it ended`, async ({ world }) => {
      const { wait, entered, release } = gate();
      const one = await world.start('one', asked === 'one' ? { wait } : { same });
      const two = await world.start('two', asked === 'two' ? { wait } : { same });
      const client = await world.connect(one);
      const caller = await world.connect(asked === 'one' ? two : one);
      const call = caller.call('wait', []);
      await world.settle(entered);
      const waits: unknown[] = [];
      const drained = client.drain(asked, { onWaiting: (draining) => waits.push(draining) });
      await world.advance(700);
      expect((await world.settle(client.members())).find(({ name }) => name === asked)?.status ?? 'gone').toBe('leaving');
      release();
      expect(await world.settle(call)).toBe(asked);
      expect(await world.settle(drained)).toEqual({ server: asked, elapsedMs: expect.closeTo(702, -2), ended: nothing });
      const held = { calls: 1, sent: 0, runs: 0, graceMs: 25_000, functions: [{ function: 'wait', calls: 1, sent: 0 }], runIds: [] };
      expect(waits).toEqual([
        { ...held, leftMs: 25_000 },
        // Half a second later, of which the news takes a part.
        { ...held, leftMs: expect.closeTo(24_700, -2) },
      ]);
    });
  }

  test('of a server that has drained already is answered as the first was', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two');
    const client = await world.connect(one);
    await world.settle(two.drain());
    const first = await world.settle(client.drain('two'));
    await world.advance(5_000);
    expect(await world.settle(client.drain('two'))).toEqual(first);
    expect(first).toMatchObject({ server: 'two', ended: nothing });
  });

  test('says what the end of the grace ended', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one');
    await world.start('two', { wait }, { tuning: { drainGraceMs: 1_000 } });
    const client = await world.connect(one);
    const lost = failureOf(client.call('wait', []));
    await world.settle(entered);
    expect(await world.settle(client.drain('two'))).toMatchObject({ server: 'two', ended: { calls: 1, sent: 0, runs: 0 } });
    expect(await world.settle(lost)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
  });

  test('names the servers there are for a name that nobody has, and refuses wrong options', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two');
    const client = await world.connect(one);
    expect(await world.settle(failureOf(client.drain('tow')))).toMatchObject({
      code: 'bad_argument',
      message: expect.stringContaining('one, two'),
    });
    for (const [server, options] of [
      ['', {}],
      [7, {}],
      ['one', { timeoutMs: -1 }],
      ['one', { signal: 1 }],
      ['one', { onWaiting: 1 }],
      ['one', { forced: true }],
    ] as const) {
      expect(await world.settle(failureOf(client.drain(server as never, options as never)))).toMatchObject({ code: 'bad_argument' });
    }
    expect((await world.settle(client.members())).map(({ status }) => status)).toEqual(['alive', 'alive']);
  });

  test('goes on when whoever asked hangs up, times out or gives up', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one');
    const two = await world.start('two', { wait });
    const call = one.call('wait', []);
    await world.settle(entered);
    const ends: string[] = [];
    two.on('server.drained', ({ name }) => ends.push(name));
    const client = await world.connect(one);
    const abort = new AbortController();
    const givenUp = failureOf(client.drain('two', { signal: abort.signal }));
    const late = failureOf(client.drain('two', { timeoutMs: 1_000 }));
    const lost = failureOf((await world.connect(one)).drain('two'));
    await world.advance(500);
    abort.abort('enough');
    expect(await world.settle(givenUp)).toMatchObject({ code: 'cancelled', executed: 'maybe', cause: 'enough' });
    expect(await world.settle(late)).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    world.breakLinks('client-2');
    expect(await world.settle(lost)).toMatchObject({ code: 'connection_lost' });
    expect(ends).toEqual([]);
    release();
    await world.settle(call);
    await world.until('it has drained', () => ends.length > 0);
  });

  test('of a server that dies meanwhile ends as connection_lost', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one');
    await world.start('two', { wait });
    const call = failureOf(one.call('wait', []));
    await world.settle(entered);
    const client = await world.connect(one);
    const failed = failureOf(client.drain('two'));
    await world.advance(500);
    world.kill('two');
    expect(await world.settle(failed)).toMatchObject({ code: 'connection_lost', detail: { server: 'two' } });
    await world.settle(call);
  });
});

describe('what a server that drains passes on, and cannot see to its end', () => {
  test('is taken elsewhere by its caller where it may run again, and is no success that was not one where it may not', async ({
    world,
  }) => {
    const pure = gate('pure');
    const once = deferred<void>();
    const entered = deferred<void>();
    const hold = async (): Promise<void> => {
      entered.resolve();
      await once.promise;
    };
    const one = await world.start('one', {}, { tuning: { drainGraceMs: 500 } });
    await world.start('two', { wait: pure.wait, hold });
    const client = await world.connect(one);
    const ended: unknown[] = [];
    one.on('server.drained', ({ calls, sent, runs }) => ended.push({ calls, sent, runs }));
    const calls = [client.call(pure.wait, []), client.call({ ...pure.wait, name: 'wait' }, [], { hedge: true })];
    const held = client.call('hold', []).then(
      () => 'done',
      ({ executed }: { readonly executed: string }) => executed,
    );
    await world.settle(Promise.all([pure.entered, entered.promise]));
    const direct = world.routing === 'direct';
    await world.settle(one[Symbol.asyncDispose]());
    expect(ended).toEqual([{ calls: 0, sent: direct ? 0 : 3, runs: 0 }]);
    pure.release();
    expect(await world.settle(Promise.all(calls))).toEqual(['two', 'two']);
    once.resolve();
    expect(['done', direct ? 'done' : 'maybe']).toContain(await world.settle(held));
    const process = world.processes.get('one');
    expect([process?.armed, process?.transport.open]).toEqual([0, 0]);
  });
});

describe('a stream through or from a server that drains', () => {
  const counted = (goOn: Promise<void>) =>
    defineFunction({
      name: 'counted',
      effect: 'pure',
      handler: async function* (_ctx, upTo: number): AsyncGenerator<number> {
        for (let item = 1; item <= upTo; item += 1) {
          if (item === 2) await goOn;
          yield item;
        }
      },
    });

  for (const drained of ['one', 'two']) {
    test(`is finished, over the old session (${drained})`, async ({ world }) => {
      const goOn = deferred<void>();
      const one = await world.start('one');
      const two = await world.start('two', { counted: counted(goOn.promise) });
      const client = await world.connect(one);
      const items: unknown[] = [];
      const read = (async () => {
        for await (const item of client.stream('counted', [5])) items.push(item);
      })();
      await world.until('the first item is there', () => items.length === 1);
      const stopped = (drained === 'one' ? one : two)[Symbol.asyncDispose]();
      await world.advance(2_000);
      goOn.resolve();
      await world.settle(read);
      expect(items).toEqual([1, 2, 3, 4, 5]);
      await world.settle(stopped);
    });
  }

  test('that outlasts its grace ends with an error, and names its last item', async ({ world }) => {
    const one = await world.start('one', { counted: counted(new Promise(() => undefined)) }, { tuning: { drainGraceMs: 500 } });
    await world.start('two');
    const client = await world.connect(one);
    const items: unknown[] = [];
    const read = (async () => {
      for await (const item of client.stream('counted', [5])) items.push(item);
    })();
    const failed = failureOf(read);
    await world.until('the first item is there', () => items.length === 1);
    const ends: unknown[] = [];
    one.on('server.drained', ({ calls }) => ends.push(calls));
    await world.settle(one[Symbol.asyncDispose]());
    expect(ends).toEqual([1]);
    expect(items).toEqual([1]);
    expect(await world.settle(failed)).toMatchObject({ code: 'connection_lost', detail: { server: 'one', lastItem: 1 } });
  });
});
