/**
 * A Moleculer broker with its TCP transporter and its defaults, introduced by addresses as Heddle's servers are.
 * For it a server is available or not: what it avoids, it has given up.
 */

import { createServer } from 'node:net';
import type { Join } from './member.ts';

interface NodeEvent {
  readonly node: { readonly id: string };
}

interface Broker {
  readonly localBus: { on(event: string, listener: (payload: NodeEvent) => void): void };
  readonly registry: {
    readonly nodes: { toArray(): readonly { readonly id: string; readonly available: boolean }[] };
    readonly actions: {
      get(action: string): { readonly endpoints: readonly { readonly id: string; readonly isAvailable: boolean }[] } | undefined;
    };
  };
  createService(schema: object): unknown;
  call(action: string, params: undefined, options: { readonly nodeID: string }): Promise<unknown>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Moleculer {
  readonly ServiceBroker: new (options: object) => Broker;
}

export const joinMoleculer =
  ({ ServiceBroker }: Moleculer): Join =>
  async ({ name, host, cluster, seeds }, listener) => {
    const port = await freePort(host);
    // Of several addresses of a host it would tell the name, which all hosts of a test network share.
    const options = { udpDiscovery: false, useHostname: false, port, urls: seeds };
    const broker = new ServiceBroker({ nodeID: name, namespace: cluster, logger: false, transporter: { type: 'TCP', options } });
    const serviceOf = (fn: string): object => ({ name: fn, actions: { call: () => 1 } });
    broker.createService(serviceOf('work'));
    broker.localBus.on('$services.changed', listener.onCatalog);
    broker.localBus.on('$node.connected', ({ node }) => listener.onOpinion(node.id, 'alive'));
    broker.localBus.on('$node.disconnected', ({ node }) => listener.onOpinion(node.id, 'dead'));
    await broker.start();
    return {
      address: `${host}:${port}/${name}`,
      offer: async (fn) => {
        broker.createService(serviceOf(fn));
      },
      alive: () =>
        broker.registry.nodes
          .toArray()
          .filter(({ available }) => available)
          .map(({ id }) => id),
      offering: (fn) =>
        broker.registry.actions
          .get(`${fn}.call`)
          ?.endpoints.filter(({ isAvailable }) => isAvailable)
          .map(({ id }) => id) ?? [],
      call: (to) => broker.call('work.call', undefined, { nodeID: to }),
      stop: () => broker.stop(),
    };
  };

async function freePort(host: string): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}
