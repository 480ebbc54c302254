/** How the calls of one caller are shared out, over a whole fabric on virtual time: cases 18 and 27, and equal servers. */
import { describe, expect } from 'vitest';
import type { Client } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const whoami = defineFunction({
  name: 'whoami',
  effect: 'pure',
  handler: async (ctx) => {
    await ctx.sleep(2 + 2 * ctx.random());
    return ctx.server;
  },
});

async function clientOf(world: FabricWorld, servers: readonly string[]): Promise<Client> {
  const entry = await world.start('entry');
  for (const name of servers) await world.start(name, { whoami });
  return world.connect(entry);
}

/** Calls that each server got of `count`, with `callers` in flight. */
async function sharesOf(world: FabricWorld, client: Client, load: { count: number; callers: number }): Promise<Map<string, number>> {
  const shares = new Map<string, number>();
  let left = load.count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const server = await client.call(whoami, []);
      shares.set(server, (shares.get(server) ?? 0) + 1);
    }
  };
  await world.settle(Promise.all(Array.from({ length: load.callers }, caller)));
  return shares;
}

function text(shares: ReadonlyMap<string, number>): string {
  return [...shares].map(([server, share]) => `${server} ${share}`).join(', ');
}

describe('two equal servers', () => {
  test('case 18: get 40-60 % each of 1,000 calls, 16 in flight', async ({ world }) => {
    const shares = await sharesOf(world, await clientOf(world, ['a', 'b']), { count: 1_000, callers: 16 });
    console.log(`case 18: ${text(shares)}`);
    expect(shares.get('a')).toBeGreaterThanOrEqual(400);
    expect(shares.get('a')).toBeLessThanOrEqual(600);
  });

  test('case 27: get 40-60 % each of 1,000 calls made one at a time', async ({ world }) => {
    const shares = await sharesOf(world, await clientOf(world, ['a', 'b']), { count: 1_000, callers: 1 });
    console.log(`case 27: ${text(shares)}`);
    expect(shares.get('a')).toBeGreaterThanOrEqual(400);
    expect(shares.get('a')).toBeLessThanOrEqual(600);
  });
});

test('case 18: a server with 50 ms more latency gets clearly fewer than its equal', async ({ world }) => {
  const client = await clientOf(world, ['near', 'far']);
  world.network.weather.setDelay('entry', 'far', 25);
  const shares = await sharesOf(world, client, { count: 1_000, callers: 1 });
  console.log(`case 18: ${text(shares)}`);
  expect(shares.get('far') ?? 0).toBeLessThan(100);
});

describe('equal servers', () => {
  for (const servers of [2, 5, 10]) {
    test(`of ${servers} none gets more than 1.3 / ${servers} of the calls, at 1, 4, 16 and 64 in flight`, async ({ world }) => {
      const client = await clientOf(
        world,
        Array.from({ length: servers }, (_, at) => `s${at}`),
      );
      for (const callers of [1, 4, 16, 64]) {
        const count = 200 * servers;
        const shares = await sharesOf(world, client, { count, callers });
        const largest = (Math.max(...shares.values()) * servers) / count;
        console.log(`${servers} servers, ${callers} in flight: the largest share is ${largest.toFixed(2)} / ${servers} (bound 1.3)`);
        expect(largest).toBeLessThanOrEqual(1.3);
      }
    });
  }
});
