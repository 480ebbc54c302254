/** Fault 28: a provider that fails every call must not be asked much more often for it. Figures are printed. */
import { describe, expect } from 'vitest';
import type { Client } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { sickFunction } from '../sick.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

/** Two servers of a function that fails while `state.isBroken`, and says that trying again is fine. */
async function failing(world: FabricWorld) {
  const { state, sick } = sickFunction();
  const entry = await world.start('entry');
  await world.start('one', { sick });
  await world.start('two', { sick });
  return { state, client: await world.connect(entry) };
}

/** `count` calls, one every `everyMs`; how many of them failed. */
async function steadily(world: FabricWorld, client: Client, { count, everyMs }: { count: number; everyMs: number }): Promise<number> {
  const ends: Promise<unknown>[] = [];
  for (let at = 0; at < count; at += 1) {
    ends.push(client.call('sick', []).catch(() => undefined));
    await world.advance(everyMs);
  }
  const settled = await world.settle(Promise.all(ends));
  return settled.filter((value) => value === undefined).length;
}

describe('fault 28: a provider that fails every call', () => {
  test('is asked at most 1.1 times as often, and well again serves every call at once', async ({ world }) => {
    const { state, client } = await failing(world);
    const count = 500;
    expect(await steadily(world, client, { count, everyMs: 10 })).toBe(count);
    const stormRuns = state.runs;
    console.log(`fault 28: ${count} calls made ${stormRuns} attempts (x ${(stormRuns / count).toFixed(3)}, bound 1.1)`);
    expect(stormRuns / count).toBeLessThanOrEqual(1.1);
    // A retry there was, or the test shows nothing.
    expect(stormRuns).toBeGreaterThan(count);

    state.isBroken = false;
    const healedAtMs = world.clock.nowMs();
    expect(await steadily(world, client, { count: 100, everyMs: 10 })).toBe(0);
    console.log(`fault 28: every call succeeded from the first on, within ${world.clock.nowMs() - healedAtMs} ms of virtual time`);
    expect(state.runs - stormRuns).toBe(100);
  });

  test('is asked again for a single call as long as the budget is fresh', async ({ world }) => {
    const { state, client } = await failing(world);
    expect(await world.settle(failureOf(client.call('sick', [])))).toMatchObject({ code: 'function_failed', executed: 'yes' });
    expect(state.runs).toBe(4);
    expect(await world.settle(failureOf(client.call('sick', [], { retry: { attempts: 1 } })))).toMatchObject({ code: 'function_failed' });
    expect(state.runs).toBe(5);
    await world.settle(failureOf(client.call('sick', [], { retry: { attempts: 6 } })));
    expect(state.runs).toBe(11);
  });

  test('that has no place for any call is asked at most 1.1 times as often', async ({ world }) => {
    let asked = 0;
    const state = { isBroken: true };
    const stuck = defineFunction({
      name: 'sick',
      effect: 'idempotent',
      concurrency: 1,
      handler: async (ctx) => {
        if (state.isBroken) await ctx.sleep(20_000).catch(() => undefined);
        return 'well';
      },
    });
    const entry = await world.start('entry');
    await world.start('one', { stuck });
    entry.on('attempt.settled', () => {
      asked += 1;
    });
    const client = await world.connect(entry);
    const count = 500;
    await steadily(world, client, { count, everyMs: 10 });
    console.log(`fault 28: ${count} calls of a full server made ${asked} attempts (x ${(asked / count).toFixed(3)}, bound 1.1)`);
    expect(asked / count).toBeLessThanOrEqual(1.1);
    expect(asked).toBeGreaterThan(count);
    state.isBroken = false;
    await world.advance(20_000); // what holds the place ends
    expect(await steadily(world, client, { count: 10, everyMs: 100 })).toBe(0);
  });
});
