/**
 * Moleculer over its TCP transporter: a broker each side, the action found by gossip, JSON. From the folder `peers`.
 */

import { createServer } from 'node:net';
import type { Contestant, Serving } from '../contestant.ts';
import { importPeer } from '../peer.ts';
import { answer, type Reading } from '../workload.ts';
import { fanWidth, gathered, sumOf } from './fans.ts';

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

interface Params {
  readonly reading: Reading;
  readonly all: readonly Reading[];
}

const actions = {
  answer: (context: { params: Reading }) => answer(context.params),
  gather: (context: { params: Params }) => sumOf(context.params.all),
};

async function serveAs(nodeID: string, urls: readonly string[]): Promise<Serving> {
  const port = await freePort();
  const server = await broker(nodeID, { port, urls });
  server.createService({ name: 'bench', actions });
  await server.start();
  return { address: [...urls, `127.0.0.1:${port}/${nodeID}`].join(','), stop: () => server.stop() };
}

const serve = (): Promise<Serving> => serveAs('owner', []);
const besides = (nodeID: string) => (address: string) => serveAs(nodeID, address.split(','));

async function open(address: string): Promise<Broker> {
  const caller = await broker('caller', { port: await freePort(), urls: address.split(',') });
  await caller.start();
  await caller.waitForServices('bench', 20_000);
  return caller;
}

export const moleculer: Contestant = {
  what: 'Moleculer 0.15.2, TCP transporter, 30 s timeout, its default balancer; JSON record there and back',
  serve,
  async open(address) {
    const caller = await open(address);
    return { call: (reading) => caller.call('bench.answer', reading), stop: () => caller.stop() };
  },
};

/** P4: ten calls, each with what the one before gave. */
export const moleculerInSequence: Contestant = {
  what: 'the same: ten calls in sequence, each with the result of the one before',
  serve,
  async open(address) {
    const caller = await open(address);
    const call = async (reading: Reading): Promise<unknown> => {
      let last: unknown = reading;
      for (let at = 0; at < 10; at += 1) last = await caller.call('bench.answer', last as Reading);
      return last;
    };
    return { call, stop: () => caller.stop() };
  },
};

/** P6: a thousand calls at once on three servers, then one with all the results. */
export const moleculerFan: Contestant = {
  what: 'four brokers: a thousand calls at once by hand on the other three, and one with all results',
  serve,
  between: [besides('second'), besides('third')],
  async open(address) {
    const caller = await open(address);
    const call = async (reading: Reading): Promise<Reading> => {
      const all = await Promise.all(Array.from({ length: fanWidth }, () => caller.call('bench.answer', reading)));
      return gathered(reading, Number(await caller.call('bench.gather', { all })));
    };
    return { call, stop: () => caller.stop() };
  },
};
