/**
 * Heddle itself, through its front door with production defaults: breakers, deadlines, effect `once`, a catalog of 100 offers.
 */

import { connect, startServer } from '../../../src/index.ts';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading } from '../workload.ts';

export const cluster = `bench-${process.ppid}`;

/** `bench.answer` and 99 more. */
export const functions = Object.fromEntries([
  ['bench.answer', (reading: Reading) => answer(reading)],
  ...Array.from({ length: 99 }, (_unused, at) => [`bench.other${at}`, () => at] as const),
]);

async function serve(): Promise<Serving> {
  const server = await startServer({ name: 'owner', cluster, functions });
  return { address: server.url, stop: () => server.stop() };
}

async function enter(address: string): Promise<Serving> {
  const server = await startServer({ name: 'entry', cluster, functions: {}, join: [address] });
  await untilKnown(() => server.call('bench.answer', [{ id: 0 }]));
  return { address: server.url, stop: () => server.stop() };
}

/** A newcomer knows the function within a second of joining. */
export async function untilKnown(call: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    try {
      await call();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error('a function never became known');
}

/** P1, P2: from server to server. */
export const serverToServer: Contestant = {
  what: 'two servers; 100 offers, effect once, 30 s deadline, breakers; JSON record there and back',
  serve,
  async open(address) {
    const server = await startServer({ name: 'caller', cluster, functions: {}, join: [address] });
    await untilKnown(() => server.call('bench.answer', [{ id: 0 }]));
    return { call: (reading) => server.call('bench.answer', [reading]), stop: () => server.stop() };
  },
};

/** P3: a client whose entry server is not the owner. */
export const throughEntry: Contestant = {
  what: 'client, entry server, owner: three processes; the rest as above',
  serve,
  between: [enter],
  async open(address) {
    const client = await connect([address]);
    return { call: (reading) => client.call('bench.answer', [reading]), stop: () => client.close() };
  },
};

/** The same three processes, and a client that calls the owner itself. */
export const direct: Contestant = {
  what: 'client, entry server, owner: three processes; the client calls the owner over a connection of its own',
  serve,
  between: [enter],
  async open(address) {
    const client = await connect([address], { routing: 'direct' });
    return { call: (reading) => client.call('bench.answer', [reading]), stop: () => client.close() };
  },
};

/** G3: so many servers that offer the function, and one that calls it; the router spreads the calls. */
export function atServers(count: number): Contestant {
  return {
    what: `${count} server${count === 1 ? '' : 's'} with 100 offers each, and one that calls; a process each`,
    serve: () => serveBeside([]),
    between: Array.from({ length: count - 1 }, () => async (address: string) => {
      const { stop } = await serveBeside([address]);
      return { address, stop };
    }),
    async open(address) {
      const server = await startServer({ name: 'caller', cluster, functions: {}, join: [address] });
      await untilKnown(async () => {
        const known = (await server.catalog()).filter((offer) => offer.function === 'bench.answer').length;
        if (known < count) throw new Error(`${known} of ${count} are known`);
      });
      return { call: (reading) => server.call('bench.answer', [reading]), stop: () => server.stop() };
    },
  };
}

async function serveBeside(join: readonly string[]): Promise<Serving> {
  const server = await startServer({ name: `owner-${process.pid}`, cluster, functions, join });
  return { address: server.url, stop: () => server.stop() };
}
