/**
 * What every story starts from: servers of one cluster of their own on loopback gRPC, and clients, all closed after the test.
 */

import { randomUUID } from 'node:crypto';
import { test as base } from 'vitest';
import type { ServerTuning } from '../../src/fabric/server/tuning.ts';
import { type Client, connect, type Functions, type Offer, type Server, type ServerOptions, startServer } from '../../src/index.ts';
import { within } from '../within.ts';

export interface StoryFabric {
  readonly cluster: string;
  /** A server that joins the first one, unless `join` says otherwise; returns once all running servers list one another. */
  start(name: string, resources: readonly string[], functions?: Functions, options?: ServerOptions): Promise<Server>;
  /** A server as it comes, without waiting for anybody to know it. */
  startAlone(options: ServerOptions, tuning?: ServerTuning): Promise<Server>;
  connect(...servers: readonly (Server | string)[]): Promise<Client>;
}

/** `test` with a fabric of its own. */
export const test = base.extend<{ fabric: StoryFabric }>({
  // vitest reads the names of the fixtures used off this pattern
  // biome-ignore lint/correctness/noEmptyPattern: no other fixture is used
  fabric: async ({}, use) => {
    const cluster = `story-${randomUUID()}`;
    const servers: Server[] = [];
    const clients: Client[] = [];
    const startAlone = async (options: ServerOptions, tuning: ServerTuning = {}) => {
      const server = await startServer({ cluster, ...options }, tuning);
      servers.push(server);
      return server;
    };
    await use({
      cluster,
      startAlone,
      start: async (name, resources, functions = {}, options = {}) => {
        const [first] = servers;
        const server = await startAlone({ name, resources, functions, join: first ? [first.url] : [], ...options });
        await allKnown(servers);
        return server;
      },
      connect: async (...to) => {
        const client = await connect(to.map((server) => (typeof server === 'string' ? server : server.url)));
        clients.push(client);
        return client;
      },
    });
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(servers.map((server) => server.stop()));
  },
});

/** Resolves when each of `servers` lists all of them, with what they offer. */
export async function allKnown(servers: readonly Server[], boundMs = 1000): Promise<void> {
  await within(`${servers.length} servers know one another`, boundMs, async () => {
    const views = await Promise.all(
      servers.map(async (server) => ({ server, names: await namesSeenBy(server), offers: await server.catalog() })),
    );
    const own = views.flatMap(({ server, offers }) => offers.filter((offer) => offer.server === server.name).map(offerText));
    return views.every(({ names, offers }) => {
      const seen = new Set(offers.map(offerText));
      return servers.every((server) => names.includes(server.name)) && own.every((offer) => seen.has(offer));
    });
  });
}

/** Names of the servers that are members as `server` sees it, sorted. */
export async function namesSeenBy(server: Pick<Server, 'members'>): Promise<string[]> {
  return (await server.members()).map(({ name }) => name).sort();
}

function offerText(offer: Offer): string {
  return `${offer.function}@${offer.version} at ${offer.server}`;
}
