import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { answers, gate, same } from './runs.ts';
import { type FabricWorld, worldTest } from './world.ts';

const test = worldTest.extend<{ world: FabricWorld }>({
  world: async ({ world }, use) => {
    world.routing = 'direct';
    await use(world);
  },
});

const where = defineFunction({ name: 'where', effect: 'pure', handler: (ctx) => ctx.server });

const dialsOf = (world: FabricWorld) => world.processes.get('client-1')?.transport.dials ?? [];

describe('a direct client', () => {
  test('calls the owner itself: nothing of it passes its entry', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { where });
    const attempts: string[] = [];
    one.on('attempt.settled', ({ server }) => attempts.push(server));
    const client = await world.connect(one);
    world.network.weather.setDelay('client-1', 'one', 500);
    const startMs = world.clock.nowMs();
    expect(await world.settle(client.call(where, []))).toBe('two');
    expect(world.clock.nowMs() - startMs).toBeLessThan(50);
    expect(attempts).toEqual([]);
    expect(dialsOf(world)).toEqual([one.url, two.url]);
  });

  test('takes one connection for any number of calls, and its session where the entry is the owner', async ({ world }) => {
    const one = await world.start('one', { same });
    const two = await world.start('two', { where });
    const client = await world.connect(one);
    await world.settle(Promise.all(Array.from({ length: 50 }, () => client.call(where, []))));
    await world.settle(Promise.all(Array.from({ length: 50 }, (_, at) => client.call('same', [at]))));
    expect(dialsOf(world)).toEqual([one.url, two.url]);
  });

  test('hears within a moment of functions that come and go, and of servers', async ({ world }) => {
    const one = await world.start('one');
    const client = await world.connect(one);
    const two = await world.start('two', { where });
    await world.advance(100);
    expect(await world.settle(client.call(where, []))).toBe('two');
    await world.settle(two.offer({ same }));
    await world.advance(400);
    expect(await world.settle(client.explain('same'))).toMatchObject({ steps: [{ server: 'two' }] });
    expect(await world.settle(client.call('same', [1]))).toBe(1);
    await world.settle(two.withdraw('same'));
    await world.advance(400);
    expect(await world.settle(failureOf(client.call('same', [1])))).toMatchObject({ code: 'no_such_function', executed: 'no' });
  });

  test('asks its entry for what it has not heard of', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two');
    const client = await world.connect(one);
    world.network.weather.setDelay('client-1', 'one', 200);
    await world.settle(two.offer({ same }));
    await world.until('the entry knows of it', async () => (await one.catalog()).length === 1);
    // The news of it is still on its way to the client.
    expect(await world.settle(client.call('same', ['new']))).toBe('new');
    expect(await world.settle(failureOf(client.call('smae', [])))).toMatchObject({
      code: 'no_such_function',
      detail: { nearest: ['same'] },
    });
  });

  test('tells the truth of a call whose owner is killed: pure goes elsewhere, `once` may have run', async ({ world }) => {
    const one = await world.start('one');
    const pure = gate('pure');
    const entered = deferred<void>();
    let runs = 0;
    const once = (): Promise<void> => {
      runs += 1;
      entered.resolve();
      return new Promise(() => undefined);
    };
    await world.start('two', { wait: pure.wait });
    await world.start('three', { once });
    const client = await world.connect(one);
    const first = client.call('wait', []);
    const second = failureOf(client.call('once', []));
    await world.settle(Promise.all([pure.entered, entered.promise]));
    await world.start('four', { wait: pure.wait });
    await world.advance(100);
    world.kill('two');
    world.kill('three');
    pure.release();
    expect(await world.settle(first)).toBe('four');
    expect(await world.settle(second)).toMatchObject({ code: 'connection_lost', executed: 'maybe', detail: { server: 'three' } });
    expect(runs).toBe(1);
  });

  test('sends what may run twice to another server, also while its entry has not heard which one is gone (D4)', async ({ world }) => {
    const one = await world.start('one');
    const pure = gate('pure');
    await world.start('two', { wait: pure.wait });
    const client = await world.connect(one);
    const calls = Array.from({ length: 8 }, () => client.call('wait', []));
    await world.settle(pure.entered);
    await world.start('four', { wait: pure.wait });
    await world.advance(100);
    world.network.weather.cut('one', 'two');
    world.network.weather.cut('two', 'one');
    world.kill('two');
    pure.release();
    expect(await world.settle(Promise.all(calls))).toEqual(calls.map(() => 'four'));
  });
});

describe('where a server is out of reach', () => {
  test('its calls go through the entry, and directly again once it is in reach', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { where });
    const client = await world.connect(one);
    world.network.weather.cut('client-1', 'two');
    world.network.weather.cut('two', 'client-1');
    expect(await world.settle(client.call(where, []))).toBe('two');
    const dials = dialsOf(world).length;
    const startMs = world.clock.nowMs();
    expect(await world.settle(client.call(where, []))).toBe('two');
    expect(world.clock.nowMs() - startMs).toBeLessThan(20);
    expect(dialsOf(world).length).toBe(dials);
    world.network.weather.heal('client-1', 'two');
    world.network.weather.heal('two', 'client-1');
    await world.advance(40_000);
    const sessions: string[] = [];
    two.on('session.opened', ({ client: name }) => sessions.push(name));
    expect(await world.settle(client.call(where, []))).toBe('two');
    expect(sessions.length).toBe(1);
  });

  test('it is the last that is asked for a session when the entry is lost: a call that went through that one is not lost for it', async ({
    world,
  }) => {
    const { fn, state, entered, release } = held('once');
    const entry = await world.start('entry');
    await world.start('far', { fn, where });
    await world.start('near');
    const client = await world.connect(entry);
    world.network.weather.cut('client-1', 'far');
    world.network.weather.cut('far', 'client-1');
    expect(await world.settle(client.call(where, []))).toBe('far');
    const call = client.call(fn, []);
    await world.settle(entered);
    await world.advance(newsMsMax);
    world.kill('entry');
    await world.advance(100);
    release();
    expect([await world.settle(call), state.runs]).toEqual(['far', 1]);
  });

  test('another one that offers the function is called directly', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two', { where });
    await world.start('three', { where });
    const client = await world.connect(one);
    world.network.weather.cut('client-1', 'two');
    expect(await answers(world, () => client.call(where, []), 20)).toEqual({ three: 20 });
  });

  test('a `once` call that was never sent goes through the entry as well', async ({ world }) => {
    const { wait, state, release } = gate();
    const one = await world.start('one');
    await world.start('two', { wait });
    release();
    const client = await world.connect(one);
    world.network.weather.cut('client-1', 'two');
    expect(await world.settle(client.call('wait', []))).toBe('two');
    expect(state.runs).toBe(1);
  });

  test('it is dialled again no more often than the pauses allow, which grow', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two', { where });
    const client = await world.connect(one);
    world.network.weather.cut('client-1', 'two');
    const before = dialsOf(world).length;
    for (let second = 0; second < 120; second += 1) {
      expect(await world.settle(client.call(where, []))).toBe('two');
      await world.advance(1_000);
    }
    expect(dialsOf(world).length - before).toBeGreaterThan(3);
    expect(dialsOf(world).length - before).toBeLessThan(40);
  });
});

describe('when its entry is lost', () => {
  test('calls go on with what was known, and the next server puts it right', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { where });
    const three = await world.start('three', { where });
    const client = await world.connect(one);
    await world.settle(client.call(where, [], { target: 'two' }));
    await world.settle(client.call(where, [], { target: 'three' }));
    for (const name of ['two', 'three']) world.network.weather.setDelay('client-1', name, 200);
    world.kill('one');
    await world.advance(50);
    // No session is open yet.
    expect(await world.settle(client.call(where, [], { target: 'two' }))).toBe('two');
    await world.settle(two[Symbol.asyncDispose]());
    await world.advance(3_000);
    expect(await answers(world, () => client.call(where, []), 10)).toEqual({ three: 10 });
    expect((await world.settle(client.members())).map(({ name }) => name)).toContain(three.name);
    expect(await world.settle(client.explain(where))).toMatchObject({ steps: [{ offers: [{ server: 'three' }] }] });
  });
});

describe('what a direct client keeps', () => {
  test('a connection without a call for a minute or two is closed', async ({ world }) => {
    const one = await world.start('one');
    const two = await world.start('two', { where });
    const ends: string[] = [];
    two.on('session.closed', ({ evidence }) => ends.push(evidence));
    const client = await world.connect(one);
    await world.settle(client.call(where, []));
    await world.advance(50_000);
    expect(ends).toEqual([]);
    await world.advance(75_000);
    expect(ends).toEqual(['remote']);
    expect(await world.settle(client.call(where, []))).toBe('two');
  });

  test('closed in any state, it leaves no timer and no connection', async ({ world }) => {
    const { wait, entered } = gate();
    const one = await world.start('one');
    await world.start('two', { wait, where });
    await world.start('three', { same });
    const client = await world.connect(one);
    world.network.weather.cut('client-1', 'three');
    const calls = [failureOf(client.call('wait', [])), failureOf(client.call('same', []))];
    await world.settle(entered);
    await world.advance(500);
    calls.push(failureOf(client.call('same', [])));
    await world.settle(client.close());
    for (const failure of await world.settle(Promise.all(calls))) expect(failure).toMatchObject({ code: 'closed' });
    const process = world.processes.get('client-1');
    expect([process?.armed, process?.transport.open]).toEqual([0, 0]);
  });
});
