/**
 * Calls of functions whose offers differ in effect, or of which the caller says another, when connections are lost under them: what
 * is `once` anywhere is not run twice because it was something else where it was lost.
 */
import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { decodeFrame } from '../../src/wire/frame-codec.ts';
import { failureOf } from '../within.ts';
import { behindEntries, loseWithFirst } from './entries.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** What is on its way between the two is lost. */
async function lose(world: FabricWorld, client: string, entry: string, begin: () => void): Promise<void> {
  const { weather } = world.network;
  weather.setDelay(client, entry, 500);
  begin();
  await world.advance(100);
  weather.setDelay(client, entry, 1);
  world.breakLinks(client);
}

describe('a call that its caller takes for idempotent, and its server for `once`', () => {
  test('runs once when the reply is lost with the session', async ({ world }) => {
    world.routing = 'entry';
    const { fn, state, entered, release } = held('once');
    const { client } = await behindEntries(world, { owner: { fn } });
    const call = client.call({ ...fn, effect: 'idempotent' }, []);
    await world.settle(entered);
    await lose(world, 'client-1', 'first', release);
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });
});

/** A call runs at the first server, where it is `once`; its session is lost to the second, which started a moment ago and has heard of nobody. */
async function throughYoung(world: FabricWorld, isFirstLost: boolean) {
  world.routing = 'entry';
  const { weather } = world.network;
  const newer = held('once', '2.0.0');
  const older = held('idempotent', '1.0.0');
  older.release();
  const first = await world.start('first', { fn: newer.fn });
  const second = await world.start('second', { fn: older.fn });
  const client = await world.connect(first, second);
  await world.advance(newsMsMax);
  const call = client.call({ ...older.fn, version: '>=1.0.0' }, []);
  await world.settle(newer.entered);
  weather.setDelay('first', 'client-1', 500);
  newer.release();
  world.kill('second');
  await world.advance(100);
  weather.setDelay('first', 'second', 100);
  const [, port] = second.url.split(':');
  const anew = world.made('second', { fn: older.fn }, { port: Number(port), join: [first.url] });
  anew.start().catch(() => undefined);
  if (isFirstLost) world.kill('first');
  world.breakLinks('client-1');
  const told = await world.settle(call.catch((error: unknown) => error));
  await world.settle(anew.stop());
  return { told, runs: [newer.state.runs, older.state.runs] };
}

describe('a call that ran where it was `once`, and whose session is lost to a server that has only just started', () => {
  test('is not run by its offer, which is idempotent: the former entry tells its end (W1)', async ({ world }) => {
    expect(await throughYoung(world, false)).toEqual({ told: 'first', runs: [1, 0] });
  });

  test('is not either when the former entry is gone (W1)', async ({ world }) => {
    const { told, runs } = await throughYoung(world, true);
    expect(told).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(runs).toEqual([1, 0]);
  });
});

describe('a call that its caller takes for idempotent, and that is too old to be asked for', () => {
  test('runs once when the session is lost', async ({ world }) => {
    world.routing = 'entry';
    const { fn, state, entered, release } = held('once');
    const first = await world.start('first');
    const second = await world.start('second');
    await world.start('owner', { fn });
    const client = await world.connect(first, second);
    const call = client.call({ ...fn, effect: 'idempotent' }, [], { timeoutMs: 3 * againMsMax });
    await world.settle(entered);
    await world.advance(againMsMax + 1_000);
    world.kill('first');
    release();
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });
});

describe('a call that its caller takes for idempotent, and that ran long ago where it was `once`', () => {
  test('is not run by an offer that is idempotent when the other has gone', async ({ world }) => {
    world.routing = 'entry';
    const newer = held('once', '2.0.0');
    const older = held('idempotent', '1.0.0');
    const first = await world.start('first');
    const second = await world.start('second');
    await world.start('new', { fn: newer.fn });
    await world.start('old', { fn: older.fn });
    older.release();
    const client = await world.connect(first, second);
    const call = failureOf(client.call({ ...older.fn, version: '>=1.0.0' }, [], { timeoutMs: 3 * againMsMax }));
    await world.settle(newer.entered);
    await world.advance(againMsMax + 1_000);
    await loseWithFirst(world, second, 'new');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
  });
});

describe('a call that is idempotent everywhere, and too old to be asked for', () => {
  test('goes to another server when its own and the entry are lost', async ({ world }) => {
    world.routing = 'entry';
    const one = held('idempotent');
    const other = held('idempotent');
    const first = await world.start('first');
    const second = await world.start('second');
    await world.start('one', { fn: one.fn });
    const client = await world.connect(first, second);
    const call = client.call(one.fn, [], { timeoutMs: 3 * againMsMax });
    await world.settle(one.entered);
    await world.start('other', { fn: other.fn });
    await world.advance(againMsMax + 1_000);
    other.release();
    world.kill('first');
    world.kill('one');
    expect([await world.settle(call), one.state.runs, other.state.runs]).toEqual(['other', 1, 1]);
  });
});

describe('a call that ran where that was safe', () => {
  test('is not run by another version that is `once`: the entry that knew its end', async ({ world }) => {
    world.routing = 'entry';
    const newer = held('idempotent', '2.0.0');
    const older = held('once', '1.0.0');
    older.release();
    const { client, servers } = await behindEntries(world, { new: { fn: newer.fn }, old: { fn: older.fn } });
    const call = client.call({ ...newer.fn, version: '>=1.0.0' }, []);
    await world.settle(newer.entered);
    await lose(world, 'client-1', 'first', () => {
      newer.release();
      void servers.new.withdraw('held');
    });
    expect([await world.settle(call), newer.state.runs, older.state.runs]).toEqual(['new', 1, 0]);
  });

  test('is not run by another version that is `once`: its owner kept no end, and the entry is gone', async ({ world }) => {
    world.routing = 'entry';
    const safe = held('idempotent', '1.0.0');
    const unsafe = held('once', '2.0.0');
    unsafe.release();
    const { second, client, servers } = await behindEntries(world, { old: { fn: safe.fn }, new: {} });
    const call = client.call('held', []);
    await world.settle(safe.entered);
    await world.settle(servers.new.offer({ fn: unsafe.fn }));
    await world.until('the second knows', async () => (await second.catalog()).length === 2);
    world.network.weather.setDelay('client-1', 'first', 500);
    safe.release();
    await world.advance(100);
    world.kill('first');
    world.breakLinks('client-1');
    expect([await world.settle(call), safe.state.runs, unsafe.state.runs]).toEqual(['old', 2, 0]);
  });

  test('may have run, when that server has no place for it a second time and the entry is gone', async ({ world }) => {
    world.routing = 'entry';
    let [runs, workMs] = [0, 0];
    const handler = async (ctx: { sleep(ms: number): Promise<void> }): Promise<void> => {
      runs += 1;
      await ctx.sleep(workMs);
    };
    const safe = defineFunction({ name: 'held', version: '1.0.0', effect: 'idempotent', concurrency: 1, handler });
    const unsafe = held('once', '2.0.0');
    const { second, client, servers } = await behindEntries(world, { old: { safe }, new: {} });
    world.network.weather.setDelay('first', 'client-1', 500);
    const call = failureOf(client.call('held', [], { retry: { attempts: 1 } }));
    await world.until('it has run', () => runs === 1);
    await world.advance(100);
    await world.settle(servers.new.offer({ fn: unsafe.fn }));
    await world.until('the second knows', async () => (await second.catalog()).length === 2);
    workMs = 20_000;
    void second.call('held', [], { target: 'old' }).catch(() => undefined);
    await world.until('there is no place', () => runs === 2);
    world.kill('first');
    world.breakLinks('client-1');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([runs, unsafe.state.runs]).toEqual([2, 0]);
  });

  for (const what of ['that hands it back', 'that it is sent with then'])
    test(`is not run by another version when the frame is lost ${what}`, async ({ world }) => {
      world.routing = 'entry';
      const newer = held('idempotent', '2.0.0');
      const older = held('once', '1.0.0');
      let dropped = 0;
      world.watch = (link) => {
        const send = link.send.bind(link);
        link.send = (bytes) => {
          const frame = decodeFrame(bytes);
          const isBack = frame.kind === 'reply' && !frame.outcome.ok && frame.outcome.mayFailOver === true;
          const isNext = frame.kind === 'call' && !frame.isDirect && frame.isAgain && frame.via === undefined;
          if (dropped > 0 || !(what === 'that hands it back' ? isBack : isNext)) return send(bytes);
          dropped += 1;
          world.clock.schedule(0, () => world.breakLinks('client-1'));
        };
        return link;
      };
      older.release();
      const { client } = await behindEntries(world, { new: { fn: newer.fn }, old: { fn: older.fn } });
      const call = failureOf(client.call('held', []));
      await world.settle(newer.entered);
      world.kill('new');
      expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
      expect([dropped, newer.state.runs, older.state.runs]).toEqual([1, 1, 0]);
    });
});

describe('a call that ran where it was `once`', () => {
  test('is not run by an offer that is idempotent, by an entry that has not heard of the other', async ({ world }) => {
    world.routing = 'entry';
    const newer = held('once', '2.0.0');
    const older = held('idempotent', '1.0.0');
    older.release();
    const { first, client, servers } = await behindEntries(world, { new: {}, old: { fn: older.fn } });
    for (const name of ['first', 'new', 'old']) world.network.weather.setDelay('second', name, 400);
    await world.settle(servers.new.offer({ fn: newer.fn }));
    await world.until('the entry knows', async () => (await first.catalog()).length === 2);
    const call = failureOf(client.call('held', []));
    await world.settle(newer.entered);
    world.kill('first');
    world.kill('new');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
  });

  test('is not run by an offer that is idempotent when the other has gone', async ({ world }) => {
    world.routing = 'entry';
    const newer = held('once', '2.0.0');
    const older = held('idempotent', '1.0.0');
    older.release();
    const { second, client } = await behindEntries(world, { new: { fn: newer.fn }, old: { fn: older.fn } });
    const call = failureOf(client.call('held', []));
    await world.settle(newer.entered);
    await loseWithFirst(world, second, 'new');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
  });
});

describe('a call that a direct client sent through its entry, and that runs where it is `once`', () => {
  for (const what of ['whose own dial failed', 'that takes it for idempotent'])
    test(`is not run by an offer that is idempotent when the session is lost: of a client ${what} (D4)`, async ({ world }) => {
      world.routing = 'direct';
      const strict = held('once', '1.0.0');
      const safe = held('idempotent', '2.0.0');
      safe.release();
      const { client, servers } = await behindEntries(world, { strict: { fn: strict.fn, quick: () => 1 }, safe: {} });
      world.network.weather.cut('client-1', 'strict');
      world.network.weather.cut('strict', 'client-1');
      const isTaken = what === 'that takes it for idempotent';
      // From then on it knows that the server is out of its reach.
      if (isTaken) expect(await world.settle(client.call('quick', []))).toBe(1);
      const call = isTaken ? client.call({ ...safe.fn, version: '>=1.0.0' }, []) : client.call('held', []);
      await world.settle(strict.entered);
      await world.settle(servers.safe.offer({ fn: safe.fn }));
      await world.advance(1_000);
      await lose(world, 'client-1', 'first', strict.release);
      expect([await world.settle(call), strict.state.runs, safe.state.runs]).toEqual(['strict', 1, 0]);
    });
});
