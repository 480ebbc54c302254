/** A machine that sleeps: its clock stands with it, and it takes its calls for younger than they are. S3 of src/core/outcome/spent.ts. */
import { describe, expect } from 'vitest';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** Its connections are lost meanwhile. */
async function sleep(world: FabricWorld, name: string, forMs: number): Promise<void> {
  const clock = world.processes.get(name)?.clock;
  clock?.pause();
  clock?.setRate(1e-9);
  await world.advance(1_000);
  world.breakLinks(name);
  await world.advance(forMs);
  clock?.setRate(1);
  clock?.resume();
}

describe('a `once` call of a machine that sleeps for longer than outcomes are kept may have run', () => {
  test('says the entry of a client', async ({ world }) => {
    world.routing = 'entry';
    const { fn, state, entered, release } = held();
    const entry = await world.start('entry', { fn });
    const client = await world.connect(entry);
    const call = failureOf(client.call('held', []));
    await world.settle(entered);
    world.network.weather.setDelay('client-1', 'entry', 2_000);
    release();
    await sleep(world, 'client-1', 2 * againMsMax);
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });

  test('says the server that ran it of the call of another', async ({ world }) => {
    const { fn, state, entered, release } = held();
    const owner = await world.start('owner', { fn });
    const caller = await world.start('caller', {}, { join: [owner.url] });
    const call = failureOf(caller.call('held', []));
    await world.settle(entered);
    world.network.weather.setDelay('caller', 'owner', 2_000);
    release();
    await sleep(world, 'caller', 2 * againMsMax);
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });
});
