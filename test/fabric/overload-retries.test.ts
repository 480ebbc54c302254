/**
 * Fault 29 with the retries that calls make by themselves, on virtual time: ten times the calls that one server can do, of
 * clients that share a budget or have one each. Those who are let in must be the ones that have just come.
 */

import { describe, expect } from 'vitest';
import { seededRandom } from '../../src/base/random.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { tokensMax } from '../../src/fabric/call/retry-budget.ts';
import type { Client } from '../../src/index.ts';
import { ServingRig, settle } from './serving-rig.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const places = 8;
const serviceMs = 50;
const perMs = (10 * places) / serviceMs;

interface Load {
  readonly clients: readonly Client[];
  readonly forMs: number;
}

/** A server of `places` places, and so many clients of it. */
async function pressed(world: FabricWorld, clients: number) {
  const press = defineFunction({ name: 'press', effect: 'pure', concurrency: places, handler: (ctx) => ctx.sleep(serviceMs) });
  const server = await world.start('owner', { press });
  const seen = { attempts: 0 };
  server.on('call.served', () => {
    seen.attempts += 1;
  });
  const connected: Client[] = [];
  for (let n = 0; n < clients; n += 1) connected.push(await world.connect(server));
  return { clients: connected, seen };
}

/** Calls by chance, whatever becomes of those before: how many ended well, and how long these took. */
async function overload(world: FabricWorld, { clients, forMs }: Load) {
  const arrivals = seededRandom('arrivals');
  const startMs = world.clock.nowMs();
  const tookMs: number[] = [];
  const refused = new Map<string, number>();
  const count = async (client: Client): Promise<void> => {
    const sentMs = world.clock.nowMs();
    const code = await client.call('press', []).then(
      () => undefined,
      (error: { code: string; executed: string }) => `${error.code} ${error.executed}`,
    );
    if (code === undefined) tookMs.push(world.clock.nowMs() - sentMs);
    else refused.set(code, (refused.get(code) ?? 0) + 1);
  };
  const calls: Promise<void>[] = [];
  while (world.clock.nowMs() - startMs < forMs) {
    for (const client of clients) {
      calls.push(count(client));
      await world.advance(-Math.log(1 - arrivals.next()) / perMs);
    }
  }
  const goodput = tookMs.length / ((places / serviceMs) * (world.clock.nowMs() - startMs));
  await world.settle(Promise.all(calls));
  tookMs.sort((a, b) => a - b);
  return { calls: calls.length, goodput, p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN, refused };
}

describe('ten times the calls that there is room for, with the retries of their own (fault 29)', () => {
  test.for([
    { routing: 'entry', clients: 4 },
    { routing: 'direct', clients: 8 },
    { routing: 'direct', clients: 32 },
  ] as const)('are let in within three times what a call takes alone: $clients clients, routing $routing', async (how, { world }) => {
    world.routing = how.routing;
    const { clients, seen } = await pressed(world, how.clients);
    const [first] = clients;
    const aloneFromMs = world.clock.nowMs();
    await world.settle(first?.call('press', []) ?? Promise.reject(new Error('no client')));
    const aloneMs = world.clock.nowMs() - aloneFromMs;
    seen.attempts = 0;
    const { calls, goodput, p99Ms, refused } = await overload(world, { clients, forMs: 3_000 });
    const retries = seen.attempts - calls;
    console.log(
      `${how.clients} ${how.routing}: p99 ${(p99Ms / aloneMs).toFixed(2)} x (bound 3), goodput ${(100 * goodput).toFixed(0)} % (bound 90 %), ${retries} retries of ${calls} calls`,
    );
    expect([...refused.keys()]).toEqual(['overloaded no']);
    expect(goodput).toBeGreaterThan(0.9);
    expect(p99Ms / aloneMs).toBeLessThanOrEqual(3);
    // What each budget has saved up, and nothing is earned meanwhile.
    const budgets = how.routing === 'entry' ? 1 : how.clients;
    expect(retries).toBeGreaterThan(0);
    expect(retries).toBeLessThanOrEqual(1.1 * tokensMax * budgets);
  });
});

describe('where most calls are refused', () => {
  test('a call that comes again is refused unrun though there is room in the line, and a step of a run waits as before', async () => {
    const rig = new ServingRig({ work: defineFunction({ name: 'work', concurrency: 1, handler: (ctx) => ctx.sleep(40) }) });
    for (let n = 0; n < 30; n += 1) rig.send('work');
    rig.clock.advance(40);
    await settle();
    expect(rig.send('work', [], { paid: 1 }).error).toMatchObject({ code: 'overloaded', executed: 'no', detail: { retryAfterMs: 80 } });
    const step = rig.send('work', [], { paid: 1, isStep: true });
    expect(step.isSettled).toBe(false);
    expect(rig.send('work').error).toMatchObject({ code: 'overloaded' });
    for (let turn = 0; turn < 3; turn += 1) {
      rig.clock.advance(40);
      await settle();
    }
    expect(step.value).toBeUndefined();
  });
});
