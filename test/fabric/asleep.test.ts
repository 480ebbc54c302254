/**
 * A machine that sleeps: the clock that calls are timed by stands still, and it takes its calls for younger than they are. S3 of
 * src/core/outcome/spent.ts, Z1 of src/fabric/call/sleep-watch.ts.
 */
import { afterEach, describe, expect, vi } from 'vitest';
import { Spent } from '../../src/core/outcome/spent.ts';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

interface Sleep {
  readonly name: string;
  /** Its connections are lost as it falls asleep or as it wakes, with what is on its way from this server. */
  readonly server: string;
  readonly lost: 'first' | 'last';
  /** Its wall clock goes on, as on most machines. */
  readonly isSeen: boolean;
}

async function sleep(world: FabricWorld, { name, server, lost, isSeen }: Sleep): Promise<void> {
  const { weather } = world.network;
  const clock = world.processes.get(name)?.clock;
  await world.advance(5);
  if (lost === 'first') world.breakLinks(name);
  weather.pause(name);
  clock?.pause();
  clock?.setRate(1e-9);
  await world.advance(2 * againMsMax);
  weather.setDelay(name, server, 1);
  clock?.setRate(1);
  if (isSeen) clock?.step(2 * againMsMax);
  if (lost === 'last') world.breakLinks(name);
  weather.resume(name);
  clock?.resume();
}

/** The servers have no room for what nobody can ask for any more. */
function forgetLate(): void {
  vi.spyOn(Spent.prototype, 'addLate').mockImplementation(() => {});
}

describe('a `once` call of a machine that sleeps for longer than outcomes are kept may have run', () => {
  afterEach(() => vi.restoreAllMocks());

  for (const lost of ['first', 'last'] as const)
    for (const isSeen of [true, false]) {
      const when = `${lost === 'first' ? 'as it fell asleep' : 'as it woke'}, by what ${isSeen ? 'it sees itself' : 'its server remembers'}`;

      test(`when it was lost with a session ${when}`, async ({ world }) => {
        world.routing = 'entry';
        if (isSeen) forgetLate();
        const { fn, state, entered, release } = held();
        const entry = await world.start('entry', { fn });
        const client = await world.connect(entry);
        const call = failureOf(client.call('held', []));
        await world.settle(entered);
        world.network.weather.setDelay('client-1', 'entry', 500);
        release();
        await sleep(world, { name: 'client-1', server: 'entry', lost, isSeen });
        expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
        expect(state.runs).toBe(1);
      });

      test(`when it was lost with a link ${when}`, async ({ world }) => {
        if (isSeen) forgetLate();
        const { fn, state, entered, release } = held();
        const owner = await world.start('owner', { fn });
        const caller = await world.start('caller', {}, { join: [owner.url] });
        const call = failureOf(caller.call('held', []));
        await world.settle(entered);
        world.network.weather.setDelay('caller', 'owner', 500);
        release();
        await sleep(world, { name: 'caller', server: 'owner', lost, isSeen });
        expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
        expect(state.runs).toBe(1);
      });
    }
});
