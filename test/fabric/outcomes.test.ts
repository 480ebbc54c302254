/** What becomes of calls under which a connection is lost, over whole fabrics in memory; the rules one by one. */
import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { againMsMax } from '../../src/fabric/call/lost-session.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { orphanMs } from '../../src/fabric/serve/outcomes.ts';
import type { Link } from '../../src/transport/transport.ts';
import { decodeFrame } from '../../src/wire/frame-codec.ts';
import { failureOf } from '../within.ts';
import { held } from './held.ts';
import { worldTest as test } from './world.ts';

describe('a call whose link between servers is lost', () => {
  test('O1: a `once` call goes on where it runs, and its end arrives over the next link', async ({ world }) => {
    const { fn, state, entered, release } = held();
    const entry = await world.start('entry');
    await world.start('owner', { fn });
    const call = entry.call('held', []);
    await world.settle(entered);
    world.breakLinks('owner');
    world.breakLinks('entry');
    await world.advance(3 * orphanMs);
    release();
    expect([await world.settle(call), state]).toEqual(['owner', { runs: 1, aborts: 0 }]);
  });

  test('O2: the end of one that ended meanwhile arrives as well', async ({ world }) => {
    const { fn, state, entered, release } = held();
    const owner = await world.start('owner', { fn });
    const entry = await world.start('entry', {}, { join: [owner.url] });
    const call = entry.call('held', []);
    await world.settle(entered);
    // The reply is on its way when the entry, which dialled, loses the link: it never arrives.
    world.network.weather.setDelay('entry', 'owner', 500);
    release();
    await world.advance(100);
    world.network.weather.setDelay('entry', 'owner', 1);
    world.breakLinks('entry');
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });

  test('one whose frame never arrived is fenced, and runs once, where it is sent next', async ({ world }) => {
    const { fn, state, release } = held();
    const entry = await world.start('entry');
    await world.start('owner', { fn });
    release();
    world.network.weather.setDelay('entry', 'owner', 500);
    const call = entry.call('held', []);
    await world.advance(50);
    world.network.weather.setDelay('entry', 'owner', 1);
    world.breakLinks('owner');
    world.breakLinks('entry');
    expect(await world.settle(call)).toBe('owner');
    await world.advance(2_000); // the first frame has come by now
    expect(state.runs).toBe(1);
  });

  test('a `once` call whose owner was killed may have run, and nobody else runs it', async ({ world }) => {
    const { fn, state, entered } = held();
    const entry = await world.start('entry');
    await world.start('b', { fn });
    await world.start('c', { fn });
    const call = failureOf(entry.call('held', [], { target: 'b' }));
    await world.settle(entered);
    world.kill('b');
    const startMs = world.clock.nowMs();
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe', detail: { server: 'b' } });
    expect(world.clock.nowMs() - startMs).toBeLessThan(150);
    expect(state.runs).toBe(1);
  });
});

describe('a call whose session is lost', () => {
  for (const effect of ['pure', 'idempotent', 'once'] as const) {
    test(`O3: of effect ${effect} is an orphan: unclaimed, it is given up after a while`, async ({ world }) => {
      const { fn, state, entered } = held(effect);
      const entry = await world.start('entry');
      await world.start('owner', { fn });
      const client = await world.connect(entry);
      client.call('held', []).catch(() => undefined);
      await world.settle(entered);
      world.kill('client-1');
      await world.advance(orphanMs - 100);
      expect(state).toEqual({ runs: 1, aborts: 0 });
      await world.advance(200);
      expect(state).toEqual({ runs: 1, aborts: 1 });
    });

    test(`O1: of effect ${effect} is taken up through another entry, and runs once`, async ({ world }) => {
      const { fn, state, entered, release } = held(effect);
      const first = await world.start('first');
      const second = await world.start('second');
      await world.start('owner', { fn });
      const client = await world.connect(first, second);
      const call = client.call('held', []);
      await world.settle(entered);
      world.kill('first');
      await world.advance(3 * orphanMs);
      release();
      expect([await world.settle(call), state]).toEqual(['owner', { runs: 1, aborts: 0 }]);
    });
  }

  test('M1: a `once` call that no owner has seen is routed by the next entry when the former, which did not offer it, is gone', async ({
    world,
  }) => {
    const { fn, state, release } = held();
    release();
    const first = await world.start('first', { other: () => 1 });
    const second = await world.start('second');
    await world.start('owner', { fn });
    const client = await world.connect(first, second);
    await world.advance(newsMsMax);
    world.network.weather.setDelay('client-1', 'first', 500);
    const call = client.call('held', []);
    await world.advance(50);
    world.kill('first');
    world.breakLinks('client-1');
    expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
  });

  test('M2: a `once` call that is too old to be routed again is taken up through another entry while it runs', async ({ world }) => {
    const { fn, state, entered, release } = held();
    const first = await world.start('first');
    const second = await world.start('second');
    await world.start('owner', { fn });
    const client = await world.connect(first, second);
    const call = client.call('held', [], { timeoutMs: 3 * againMsMax });
    await world.settle(entered);
    await world.advance(againMsMax + 1_000);
    world.kill('first');
    await world.advance(3 * orphanMs);
    release();
    expect([await world.settle(call), state]).toEqual(['owner', { runs: 1, aborts: 0 }]);
  });

  test('M3: a `once` call may have run when the entry that is gone offered the function itself', async ({ world }) => {
    const { fn, state, entered } = held();
    const first = await world.start('first', { fn });
    const second = await world.start('second', { fn });
    const client = await world.connect(first, second);
    const call = failureOf(client.call('held', [], { target: 'first' }));
    await world.settle(entered);
    world.kill('first');
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(state.runs).toBe(1);
  });

  test('names every entry that it went through, also one that was found after the call had been lost (R1)', async ({ world }) => {
    const { fn, entered, release } = held();
    const via: (readonly string[] | undefined)[] = [];
    const read = (link: Link): Link => {
      const send = link.send.bind(link);
      link.send = (bytes) => {
        const frame = decodeFrame(bytes);
        if (frame.kind === 'call' && frame.isAgain) via.push(frame.via);
        send(bytes);
      };
      return link;
    };
    world.watch = read;
    const entries = [];
    for (const name of ['first', 'second', 'third']) entries.push(await world.start(name));
    await world.start('owner', { fn });
    const client = await world.connect(...entries);
    const call = client.call('held', []);
    await world.settle(entered);
    world.kill('first');
    await world.until('the second has it', () => via.length === 1);
    world.kill('second');
    await world.until('the third has it', () => via.length === 2);
    release();
    expect(await world.settle(call)).toBe('owner');
    expect(via.map((instances) => instances?.length)).toEqual([1, 2]);
    expect(via[1]).not.toContain('');
  });

  describe('that was offered a moment ago', () => {
    test('is not said to be unrun by an entry that has not heard of it: the former entry ran it and is gone (H2)', async ({ world }) => {
      const { fn, state, entered } = held();
      const entry = await world.start('entry', { known: () => 1 });
      const other = await world.start('other');
      const client = await world.connect(entry, other);
      await world.advance(newsMsMax);
      world.network.weather.setDelay('entry', 'other', 2_000);
      await world.settle(entry.offer({ fn }));
      const call = failureOf(client.call('held', []));
      await world.settle(entered);
      world.kill('entry');
      expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
      expect(state.runs).toBe(1);
    });

    test('is taken up where it runs by an entry that has not heard of it (H2, M2)', async ({ world }) => {
      const { fn, state, entered, release } = held();
      const entry = await world.start('entry');
      const other = await world.start('other');
      const owner = await world.start('owner');
      const client = await world.connect(entry, other);
      await world.advance(newsMsMax);
      for (const name of ['entry', 'owner']) world.network.weather.setDelay('other', name, 400);
      await world.settle(owner.offer({ fn }));
      await world.until('the entry knows', async () => (await entry.catalog()).length > 0);
      expect(await world.settle(other.catalog())).toEqual([]);
      const call = client.call('held', []);
      await world.settle(entered);
      world.kill('entry');
      await world.advance(2_000);
      release();
      expect([await world.settle(call), state.runs]).toEqual(['owner', 1]);
    });

    test('costs its client one way more, not each of its calls (W1)', async ({ world }) => {
      const sent: (readonly string[] | undefined)[] = [];
      world.watch = (link) => {
        const send = link.send.bind(link);
        link.send = (bytes) => {
          const frame = decodeFrame(bytes);
          if (frame.kind === 'call' && !frame.isDirect) sent.push(frame.runners);
          send(bytes);
        };
        return link;
      };
      const entry = await world.start('entry');
      const owner = await world.start('owner');
      const client = await world.connect(entry);
      await world.advance(newsMsMax);
      await world.settle(owner.offer({ quick: () => 1 }));
      await world.until('the entry knows', async () => (await entry.catalog()).length > 0);
      for (const _call of [1, 2, 3]) expect(await world.settle(client.call('quick', []))).toBe(1);
      expect(sent.map((runners) => runners?.length)).toEqual([undefined, 1, 1, 1]);
      await world.advance(newsMsMax);
      expect(await world.settle(client.call('quick', []))).toBe(1);
      expect(sent.at(-1)).toBeUndefined();
    });

    test('is routed by the next entry when it was never sent on from the former (M1)', async ({ world }) => {
      const { fn, state, release } = held();
      const entry = await world.start('entry');
      const other = await world.start('other');
      const client = await world.connect(entry, other);
      await world.advance(newsMsMax);
      await world.settle(entry.offer({ other: defineFunction({ name: 'unasked', handler: () => 1 }) }));
      await world.settle(other.offer({ fn }));
      await world.until('the entry knows', async () => (await entry.catalog()).length === 2);
      // The entry hands it back, and is gone before it comes again.
      const call = client.call('held', []);
      await world.advance(2.5);
      expect(state.runs).toBe(0);
      world.kill('entry');
      release();
      expect([await world.settle(call), state.runs]).toEqual(['other', 1]);
    });
  });
});
