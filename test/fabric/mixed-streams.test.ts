/**
 * Streams of functions whose offers differ in effect, or of which the caller says another, when a connection is lost under them: what
 * may have begun somewhere is not begun again where it is `once`.
 */
import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import type { Effect } from '../../src/core/catalog/offer.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { failureOf } from '../within.ts';
import { behindEntries, loseWithFirst } from './entries.ts';
import { worldTest as test } from './world.ts';

/** A stream that has begun and gives nothing before it is let go. */
function held(effect: Effect, version = '1.0.0') {
  const entered = deferred<void>();
  const go = deferred<void>();
  const state = { runs: 0 };
  const handler = async function* (ctx: { readonly server: string }) {
    state.runs += 1;
    entered.resolve();
    await go.promise;
    yield ctx.server;
  };
  return { fn: defineFunction({ name: 'held', effect, version, handler }), state, entered: entered.promise, release: () => go.resolve() };
}

async function read(stream: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a stream that may have begun where that was safe', () => {
  for (const routing of ['entry', 'direct'] as const)
    test(`is not begun by another version that is \`once\` (${routing})`, async ({ world }) => {
      world.routing = routing;
      const newer = held('idempotent', '2.0.0');
      const older = held('once', '1.0.0');
      const entry = await world.start('first');
      await world.start('new', { fn: newer.fn });
      await world.start('old', { fn: older.fn });
      older.release();
      const client = await world.connect(entry);
      await world.advance(newsMsMax);
      const stream = failureOf(read(client.stream('held', [])));
      await world.settle(newer.entered);
      world.kill('new');
      expect(await world.settle(stream)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
      expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
    });
});

describe('a stream that its caller takes for idempotent, and its server for `once`', () => {
  test('is begun once when the session is lost', async ({ world }) => {
    world.routing = 'entry';
    const { fn, state, entered, release } = held('once');
    const { client } = await behindEntries(world, { owner: { fn } });
    const stream = failureOf(read(client.stream({ ...fn, effect: 'idempotent' }, [])));
    await world.settle(entered);
    release();
    world.kill('first');
    expect(await world.settle(stream)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });

  test('is not begun by an offer that is idempotent when the other has gone', async ({ world }) => {
    world.routing = 'entry';
    const newer = held('once', '2.0.0');
    const older = held('idempotent', '1.0.0');
    older.release();
    const { second, client } = await behindEntries(world, { new: { fn: newer.fn }, old: { fn: older.fn } });
    const stream = failureOf(read(client.stream({ ...older.fn, version: '>=1.0.0' }, [])));
    await world.settle(newer.entered);
    await loseWithFirst(world, second, 'new');
    expect(await world.settle(stream)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect([newer.state.runs, older.state.runs]).toEqual([1, 0]);
  });
});
