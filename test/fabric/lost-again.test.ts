/**
 * What a caller is told when more is lost than one connection: the one over which was asked, the entry that knew the end, the
 * patience of whoever asks. Each is a call of effect `once` that runs once.
 */
import { describe, expect } from 'vitest';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** An entry that dialled the only owner, and a call that is running there. */
async function running(world: FabricWorld, signal?: AbortSignal) {
  const work = held();
  const owner = await world.start('owner', { fn: work.fn });
  const entry = await world.start('entry', {}, { join: [owner.url] });
  const call = entry.call('held', [], { signal });
  await world.settle(work.entered);
  return { ...work, call };
}

describe('a server whose link to the one that runs its call is lost', () => {
  test('asks anew when the link over which it asked is lost too (I3)', async ({ world }) => {
    const { state, release, call } = await running(world);
    for (const _loss of [1, 2, 3]) {
      world.breakLinks('entry');
      world.breakLinks('owner');
      await world.advance(300);
    }
    release();
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });

  test('does not say that it has not run when its caller gives up before the answer', async ({ world }) => {
    const giver = new AbortController();
    const { state, call } = await running(world, giver.signal);
    const end = failureOf(call);
    world.network.weather.setDelay('entry', 'owner', 400);
    world.breakLinks('entry');
    await world.advance(100);
    giver.abort();
    expect(await world.settle(end)).toMatchObject({ code: 'cancelled', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });
});

describe('a client whose entry is lost', () => {
  test('is not told that it never ran when the entry had its end, and had said so to the owner', async ({ world }) => {
    const { fn, state, entered, release } = held();
    const first = await world.start('first');
    const second = await world.start('second');
    await world.start('owner', { fn, quick: () => 1 });
    const client = await world.connect(first, second);
    await world.advance(newsMsMax);
    const call = failureOf(client.call('held', []));
    await world.settle(entered);
    world.network.weather.setDelay('first', 'client-1', 1_000);
    release();
    await world.advance(10);
    // A later frame tells the owner that its reply has come.
    expect(await world.settle(first.call('quick', []))).toBe(1);
    await world.settle(first.call('quick', []));
    world.kill('first');
    world.breakLinks('client-1');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });
});

describe('a server that stood still', () => {
  test('keeps the end of what came just before it went on for as long as its caller may ask (O5)', async ({ world }) => {
    const { weather } = world.network;
    const { fn, state, release } = held();
    const owner = await world.start('owner', { fn, quick: () => 1 });
    const entry = await world.start('entry', {}, { join: [owner.url] });
    await world.advance(newsMsMax);
    // Every ten seconds from its first call on a server lets go of what nobody can ask for any more.
    await world.settle(entry.call('quick', []));
    await world.advance(8_800);
    const clock = world.processes.get('owner')?.clock;
    clock?.pause();
    await world.advance(890);
    const call = entry.call('held', [], { timeoutMs: 700 });
    // It is read before the timers run that are late.
    await world.advance(2);
    clock?.resume();
    expect(state.runs).toBe(1);
    // The reply is on its way when the link is lost.
    weather.setDelay('entry', 'owner', 500);
    release();
    await world.advance(400);
    weather.setDelay('entry', 'owner', 1);
    world.breakLinks('entry');
    world.breakLinks('owner');
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });
});
