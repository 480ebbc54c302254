import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type CallTiming, timingOf } from '../../src/fabric/call/call-timing.ts';
import { encodeValue } from '../../src/wire/value.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

const slow = defineFunction({
  name: 'slow',
  handler: async (ctx, fails: boolean) => {
    await ctx.sleep(40);
    if (fails) throw new RangeError('too far');
    return 'done';
  },
});

describe('the timing of a call', () => {
  test('says what passed at the server that ran it, and on the way, which is all there was', async ({ world }) => {
    const entry = await world.start('entry');
    await world.start('far', { slow });
    world.network.weather.setDelay('entry', 'far', 100);
    world.network.weather.setDelay('far', 'entry', 100);
    const client = world.madeClient(entry);
    await world.settle(client.open());
    for (const fails of [false, true]) {
      const told: CallTiming[] = [];
      const call = client.timedCall('slow', { args: [fails], options: undefined }, (timing) => told.push(timing));
      await world.settle(fails ? failureOf(call) : call);
      expect(told).toHaveLength(1);
      const [timing] = told;
      expect(timing).toMatchObject({ server: 'far', serverMs: 40 });
      // There and back over the slow link and the fast one; virtual time takes no rounding.
      expect(timing?.fabricMs).toBeGreaterThanOrEqual(200);
      expect(timing?.fabricMs).toBeLessThan(220);
      expect((timing?.serverMs ?? 0) + (timing?.fabricMs ?? 0)).toBe(timing?.totalMs);
    }
  });

  test('is never told of a call that was not sent', async ({ world }) => {
    const client = world.madeClient(await world.start('one', { slow }));
    await world.settle(client.open());
    const told: CallTiming[] = [];
    const call = client.timedCall('slow', { args: [() => 1], options: undefined }, (timing) => told.push(timing));
    expect(await failureOf(call)).toMatchObject({ code: 'bad_argument' });
    expect(told).toEqual([]);
  });

  test('has no parts when no server has measured, and no part below zero', () => {
    const outcome = { ok: true, value: encodeValue(1) } as const;
    expect(timingOf({ outcome }, 5)).toEqual({ totalMs: 5 });
    expect(timingOf({ outcome, server: 'one', serverMicros: 5_100 }, 5)).toEqual({ totalMs: 5, server: 'one', serverMs: 5.1, fabricMs: 0 });
  });
});
