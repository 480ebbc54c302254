/**
 * Moleculer over its TCP transporter: a broker each side, the action found by gossip, JSON. From the folder `peers`.
 */

import { createServer } from 'node:net';
import type { Contestant, Serving } from '../contestant.ts';
import { importPeer } from '../peer.ts';
import { answer, type Reading } from '../workload.ts';

interface Broker {
  createService(schema: object): unknown;
  start(): Promise<void>;
  stop(): Promise<void>;
  waitForServices(name: string, timeoutMs: number): Promise<unknown>;
  call(action: string, params: object): Promise<unknown>;
}

interface Moleculer {
  readonly ServiceBroker: new (options: object) => Broker;
}

async function broker(nodeID: string, options: { readonly port: number | null; readonly urls: readonly string[] }): Promise<Broker> {
  const { ServiceBroker } = await importPeer<Moleculer>('moleculer');
  const transporter = { type: 'TCP', options: { udpDiscovery: false, port: options.port, urls: options.urls } };
  return new ServiceBroker({ nodeID, logger: false, namespace: 'bench', transporter, requestTimeout: 30_000 });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

async function serve(): Promise<Serving> {
  const port = await freePort();
  const server = await broker('owner', { port, urls: [] });
  server.createService({ name: 'bench', actions: { answer: (context: { params: Reading }) => answer(context.params) } });
  await server.start();
  return { address: String(port), stop: () => server.stop() };
}

export const moleculer: Contestant = {
  what: 'Moleculer 0.15.2, TCP transporter, 30 s timeout, its default balancer; JSON record there and back',
  serve,
  async open(address) {
    const caller = await broker('caller', { port: await freePort(), urls: [`127.0.0.1:${address}/owner`] });
    await caller.start();
    await caller.waitForServices('bench', 20_000);
    return { call: (reading) => caller.call('bench.answer', reading), stop: () => caller.stop() };
  },
};
