/** Deadlines and cancellation over client, entry and owner, on links that take their time. */
import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const oneWayMs = 40;

/** An entry, an owner of `work`, and a client, with 40 ms between each two. */
async function rig(world: FabricWorld) {
  const seen: { deadlineMs: number; abortedAtMs: number | undefined }[] = [];
  const work = defineFunction({
    name: 'work',
    handler: async (ctx, ms: number) => {
      const call = { deadlineMs: world.clock.nowMs() + ctx.remainingMs(), abortedAtMs: undefined as number | undefined };
      seen.push(call);
      ctx.signal.addEventListener('abort', () => {
        call.abortedAtMs = world.clock.nowMs();
      });
      await ctx.sleep(ms);
      return 'done';
    },
  });
  const entry = await world.start('entry');
  await world.start('owner', { work });
  for (const near of ['owner', 'client-1']) world.network.weather.setDelay('entry', near, oneWayMs);
  // The shortest round trip that the mesh knows is still the one of 2 ms: a link made now knows better.
  for (const name of ['entry', 'owner']) world.breakLinks(name);
  const client = await world.connect(entry);
  await world.advance(10_000);
  const startMs = world.clock.nowMs();
  expect(await world.settle(client.call(work, [0]))).toBe('done');
  const elapsedMs = world.clock.nowMs() - startMs;
  seen.length = 0;
  return { client, work, seen, elapsedMs };
}

describe('a deadline', () => {
  test('case 21: of 60 s leaves a step of 45 s its time, called or in a run', async ({ world }) => {
    const { client, work } = await rig(world);
    expect(await world.settle(client.call(work, [45_000], { timeoutMs: 60_000 }))).toBe('done');
    const run = client.submit([{ name: 'long', fun: 'work', args: [45_000] }], { timeoutMs: 60_000 });
    expect(await world.settle(run.result)).toEqual({ long: 'done' });
  });

  test('case 21: cancelling at the client stops the remote handler, one way later', async ({ world }) => {
    const { client, work, seen } = await rig(world);
    const giver = new AbortController();
    const call = failureOf(client.call(work, [45_000], { timeoutMs: 60_000, signal: giver.signal }));
    await world.until('it runs', () => seen.length === 1);
    const cancelledAtMs = world.clock.nowMs();
    giver.abort();
    expect(await world.settle(call)).toMatchObject({ code: 'cancelled', executed: 'maybe' });
    await world.advance(1_000);
    expect(Number(seen[0]?.abortedAtMs) - cancelledAtMs).toBeLessThanOrEqual(2 * oneWayMs + 5);
  });

  test('ends the handler before the caller stops waiting, though frames are under way for 80 ms', async ({ world }) => {
    const { client, work, seen, elapsedMs } = await rig(world);
    const startMs = world.clock.nowMs();
    const late = await world.settle(failureOf(client.call(work, [5_000], { timeoutMs: 1_000 })));
    expect(late).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe', detail: { timeoutMs: 1_000 } });
    const endMs = world.clock.nowMs() - startMs;
    expect(endMs).toBeLessThanOrEqual(1_010);
    // Two hops with a margin of 15 ms each; without half the round trip it would end 50 ms after the caller.
    const [call] = seen;
    expect(Number(call?.deadlineMs) - startMs).toBeLessThanOrEqual(1_000 - 2 * 15);
    expect(Number(call?.deadlineMs) - startMs).toBeGreaterThanOrEqual(1_000 - 2 * 15 - 2 * oneWayMs);
    expect(elapsedMs).toBeGreaterThanOrEqual(4 * oneWayMs);
    expect(Number(call?.abortedAtMs) - startMs).toBeLessThanOrEqual(1_000);
  });
});
