/** What a caller is told of work that was begun over a session that was lost, when the next one refuses to hear of it. */
import { describe, expect } from 'vitest';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { worldTest as test } from './world.ts';

describe('an entry that refuses what a lost session began', () => {
  for (const effect of ['once', 'idempotent'] as const)
    test(`does not say that it has not run: a call of effect ${effect}`, async ({ world }) => {
      const { fn, state, entered } = held(effect);
      const first = await world.start('first');
      const second = await world.start('second', {}, { tuning: { identityLimits: { callsPerSecond: 0.001 } } });
      await world.start('owner', { fn });
      const client = await world.connect(first, second);
      const call = failureOf(client.call('held', []));
      await world.settle(entered);
      world.kill('first');
      expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
      expect(state.runs).toBe(1);
    });

  test('does not say that it has not run: a run', async ({ world }) => {
    const { fn, state, entered } = held();
    const first = await world.start('first');
    const second = await world.start('second', {}, { tuning: { identityLimits: { callsPerSecond: 0.001 } } });
    await world.start('owner', { fn });
    const client = await world.connect(first, second);
    const run = client.submit([{ name: 'a', fun: 'held', args: [] }]);
    const end = failureOf(run.result);
    await world.settle(entered);
    world.kill('first');
    expect(await world.settle(end)).toMatchObject({ executed: 'maybe' });
    expect(state.runs).toBe(1);
  });
});

describe('a call that may have run where that was safe', () => {
  test('is not sent on to where it must not run twice: another version is `once`', async ({ world }) => {
    const newer = held('idempotent', '2.0.0');
    const older = held('once', '1.0.0');
    const entry = await world.start('entry');
    await world.start('new', { fn: newer.fn });
    await world.start('old', { fn: older.fn });
    const call = failureOf(entry.call('held', []));
    await world.settle(newer.entered);
    world.kill('new');
    older.release();
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
  });

  for (const routing of ['entry', 'direct'] as const)
    test(`is not by a client that routes by ${routing}`, async ({ world }) => {
      world.routing = routing;
      const newer = held('idempotent', '2.0.0');
      const older = held('once', '1.0.0');
      const entry = await world.start('entry');
      await world.start('new', { fn: newer.fn });
      await world.start('old', { fn: older.fn });
      const client = await world.connect(entry);
      await world.advance(6_000);
      const call = failureOf(client.call('held', []));
      await world.settle(newer.entered);
      world.kill('new');
      older.release();
      expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
      expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
    });
});
