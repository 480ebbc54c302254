/** A second server for a slow call, when the caller asks for it: Q1 to Q4 of src/fabric/call/hedged-call.ts. */
import { describe, expect } from 'vitest';
import type { Client, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { decodeFrame } from '../../src/wire/frame-codec.ts';
import { failureOf } from '../within.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

interface Rig {
  readonly entry: Server;
  readonly client: Client;
  /** The server that is slow now; the killer of every server that it comes to. */
  readonly state: { slow: string | undefined; poison: boolean };
  readonly runs: string[];
  readonly stopped: string[];
  readonly servers: ReadonlyMap<string, Server>;
}

/** Two or three servers of `work`, which takes 5 ms; of a hundred calls its p95 is known. */
async function rig(world: FabricWorld, names: readonly string[] = ['a', 'b'], ...entries: readonly Server[]): Promise<Rig> {
  const state: Rig['state'] = { slow: undefined, poison: false };
  const runs: string[] = [];
  const stopped: string[] = [];
  const work = defineFunction({
    name: 'work',
    effect: 'idempotent',
    handler: async (ctx) => {
      runs.push(ctx.server);
      ctx.signal.addEventListener('abort', () => stopped.push(ctx.server));
      await ctx.sleep(state.poison || ctx.server === state.slow ? 20_000 : 5);
      return ctx.server;
    },
  });
  const entry = await world.start('entry');
  const servers = new Map<string, Server>();
  for (const name of names) servers.set(name, await world.start(name, { work }));
  const client = await world.connect(entry, ...entries);
  for (let call = 0; call < 100; call += 1) await world.settle(client.call(work, []));
  runs.length = 0;
  return { entry, client, state, runs, stopped, servers };
}

async function timed(world: FabricWorld, call: Promise<unknown>): Promise<{ readonly value: unknown; readonly ms: number }> {
  const startMs = world.clock.nowMs();
  const value = await world.settle(call);
  return { value, ms: world.clock.nowMs() - startMs };
}

describe('a hedged call', () => {
  test('that is slow is answered by a second server, and the first is told to stop (Q1, Q2)', async ({ world }) => {
    const { client, state, runs, stopped } = await rig(world);
    state.slow = 'a';
    let hedged = 0;
    for (let call = 0; call < 10 && hedged < 2; call += 1) {
      runs.length = 0;
      const { value, ms } = await timed(world, client.call('work', [], { hedge: true }));
      expect(value).toBe('b');
      expect(ms).toBeLessThan(100);
      if (runs.length > 1) hedged += 1;
    }
    expect(hedged).toBe(2);
    await world.advance(10);
    expect(stopped).toEqual(['a', 'a']);
  });

  test('is not sent twice while it takes no longer than others, nor without being asked for', async ({ world }) => {
    const { client, state, runs } = await rig(world);
    for (let call = 0; call < 20; call += 1) await world.settle(client.call('work', [], { hedge: true }));
    expect(runs.length).toBeLessThanOrEqual(21);
    state.slow = 'a';
    runs.length = 0;
    const calls = Array.from({ length: 10 }, () => client.call('work', []));
    await world.settle(Promise.all(calls));
    expect(runs).toHaveLength(10);
  });

  test('of which both end with an error says what is strongest, and none is left under way', async ({ world }) => {
    const { client, state, stopped } = await rig(world);
    state.poison = true;
    const late = await world.settle(failureOf(client.call('work', [], { hedge: true, timeoutMs: 300 })));
    expect(late).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
    await world.advance(10);
    expect(stopped.toSorted()).toEqual(['a', 'b']);
  });

  test('that is given up stops on both servers', async ({ world }) => {
    const { client, state, runs, stopped } = await rig(world);
    state.poison = true;
    const giver = new AbortController();
    const call = failureOf(client.call('work', [], { hedge: true, signal: giver.signal }));
    await world.until('it runs twice', () => runs.length === 2, 1_000);
    giver.abort();
    expect(await world.settle(call)).toMatchObject({ code: 'cancelled', executed: 'maybe' });
    await world.advance(10);
    expect(stopped.toSorted()).toEqual(['a', 'b']);
  });

  test('that kills its servers takes two at most (Q3)', async ({ world }) => {
    const { client, state, runs } = await rig(world, ['a', 'b', 'c']);
    state.poison = true;
    const call = failureOf(client.call('work', [], { hedge: true }));
    await world.until('it runs twice', () => runs.length === 2, 1_000);
    for (const server of runs) world.kill(server);
    expect(await world.settle(call)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    await world.advance(1_000);
    expect(runs).toHaveLength(2);
  });

  test('of a `once` function is refused, by definition at once and by name at the server', async ({ world }) => {
    const once = defineFunction({ name: 'pay', handler: () => 'paid' });
    const entry = await world.start('entry', { once });
    const client = await world.connect(entry);
    for (const call of [failureOf(client.call(once, [], { hedge: true })), failureOf(client.call('pay', [], { hedge: true }))]) {
      expect(await world.settle(call)).toMatchObject({
        code: 'bad_argument',
        executed: 'no',
        detail: { path: ['options', 'hedge'] },
      });
    }
    expect(await world.settle(client.call('pay', [], { hedge: false }))).toBe('paid');
  });

  test('goes to nobody else once somebody offers it who must not run it twice', async ({ world }) => {
    const { entry, state, runs } = await rig(world, ['a']);
    state.slow = 'a';
    const call = entry.call('work', [], { hedge: true });
    let paid = 0;
    await world.turn();
    const once = defineFunction({ name: 'work', version: '1.0.0', handler: () => (paid += 1) });
    await world.start('b', { once });
    expect([await world.settle(call), runs, paid]).toEqual(['a', ['a'], 0]);
  });

  test('goes to nobody who must not run it twice, be it offered after the second has gone out (Q4)', async ({ world }) => {
    const { entry, state, runs, servers } = await rig(world);
    const other = await world.start('c');
    state.poison = true;
    const call = entry.call('work', [], { hedge: true });
    await world.until('it runs', () => runs.length === 1);
    const [second] = ['a', 'b'].filter((name) => name !== runs[0]);
    for (const name of ['entry', 'c', `${runs[0]}`]) world.network.weather.setDelay(`${second}`, name, 200);
    void servers.get(`${second}`)?.withdraw('work');
    let paid = 0;
    await world.settle(other.offer({ work: defineFunction({ name: 'work', version: '2.0.0', handler: () => (paid += 1) }) }));
    expect([await world.settle(call), runs.length, paid]).toEqual([runs[0], 1, 0]);
  });

  test('goes through no entry to one who must not run it twice, and of whom its client has not heard (Q4)', async ({ world }) => {
    world.routing = 'direct';
    const { weather } = world.network;
    weather.cut('client-1', 'b');
    const { entry, client, state, runs } = await rig(world);
    const other = await world.start('c');
    state.slow = 'a';
    weather.setDelay('entry', 'client-1', 500);
    let paid = 0;
    await world.settle(other.offer({ work: defineFunction({ name: 'work', version: '2.0.0', handler: () => (paid += 1) }) }));
    await world.until('the entry knows', async () => (await entry.catalog()).some(({ version }) => version === '2.0.0'));
    expect([await world.settle(client.call('work', [], { hedge: true })), runs, paid]).toEqual(['a', ['a'], 0]);
  });

  test('of which both are refused, the second behind an entry, has not run: nothing of it was lost (Q2)', async ({ world }) => {
    world.routing = 'direct';
    world.network.weather.cut('client-1', 'b');
    const runs: string[] = [];
    let workMs = 5;
    const handler = async (ctx: { readonly server: string; sleep(ms: number): Promise<void> }): Promise<void> => {
      runs.push(ctx.server);
      await ctx.sleep(workMs);
    };
    const work = defineFunction({ name: 'work', effect: 'idempotent', concurrency: 1, handler });
    const entry = await world.start('entry');
    for (const name of ['a', 'b']) await world.start(name, { work });
    const client = await world.connect(entry);
    for (let call = 0; call < 100; call += 1) await world.settle(client.call(work, [], { target: 'a' }));
    workMs = 20_000;
    runs.length = 0;
    for (const target of ['a', 'b']) void entry.call(work, [], { target }).catch(() => undefined);
    await world.until('nobody has a place', () => runs.length === 2);
    const sent: string[] = [];
    entry.on('attempt.settled', ({ code }) => sent.push(`${code}`));
    const call = failureOf(client.call(work, [], { hedge: true, retry: { attempts: 1 } }));
    expect(await world.settle(call)).toMatchObject({ code: 'overloaded', executed: 'no' });
    expect([sent, runs.toSorted()]).toEqual([['overloaded'], ['a', 'b']]);
  });

  test('of which the second is lost with its session ends as the first does: it goes through no other entry (Q3, Q4)', async ({
    world,
  }) => {
    world.routing = 'direct';
    const sent: string[] = [];
    world.watch = (link) => {
      const send = link.send.bind(link);
      link.send = (bytes) => {
        const frame = decodeFrame(bytes);
        if (frame.kind !== 'call' || frame.isDirect || !frame.isAgain) return send(bytes);
        sent.push(frame.function);
        if (sent.length > 1) return send(bytes);
        world.clock.schedule(0, () => link.close());
      };
      return link;
    };
    world.network.weather.cut('client-1', 'b');
    const other = await world.start('c');
    const { client, state, runs } = await rig(world, ['a', 'b'], other);
    // The other entry takes it for `once` still: it would ask the former one, which has not seen it, and send it on as new.
    const once = defineFunction({ name: 'work', version: '2.0.0', handler: () => 'paid' });
    await world.settle(other.offer({ once }));
    await world.settle(other.withdraw('work'));
    await world.advance(1_000);
    state.slow = 'a';
    expect([await world.settle(client.call('work', [], { hedge: true })), runs, sent]).toEqual(['a', ['a'], ['work']]);
  });
});
