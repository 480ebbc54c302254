/**
 * Workflows of ten small steps, each of which takes the record of the one before (P4, P5), and what they are measured beside.
 */

import type { Builder } from '../../../src/index.ts';
import { connect, defineFunction, type Server, startServer, workflow } from '../../../src/index.ts';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading, withAnswer } from '../workload.ts';
import { cluster, untilKnown } from './heddle.ts';

const steps = 10;
const places = ['loom-0', 'loom-1', 'loom-2'] as const;

const count = defineFunction({
  name: 'chain.count',
  handler: (_ctx, reading: Reading): Reading => withAnswer(reading, (reading.answer ?? reading.id) + 1),
});
const functions = { count };

/** Ten steps in a row; step `at` runs at `placeOf(at)`, or where the router likes. */
function chain(placeOf: (at: number) => string | undefined) {
  return workflow('chain', ({ step, input }: Builder<Reading>) => {
    let last = input;
    for (let at = 0; at < steps; at += 1) last = step(`s${at}`, count, [last], { target: placeOf(at) });
    return last;
  });
}

const anywhere = chain(() => undefined);
const inTurns = chain((at) => places[at % places.length]);

/** Ten steps have counted: as an answer of one call looks. */
function counted(reading: Reading): Reading {
  if (reading.answer !== reading.id + steps) throw new Error(`${reading.answer} is not the count of ${steps} steps on ${reading.id}`);
  return answer(reading);
}

async function serve(name: string, join: readonly string[]): Promise<{ server: Server; serving: Serving }> {
  const server = await startServer({ name, cluster, functions, join });
  return { server, serving: { address: server.url, stop: () => server.stop() } };
}

const probe: Reading = { id: 0, name: '', celsius: 0, isCalm: true, tags: [], note: '' };

/** P4: a server that runs the workflow, and the one whose function its steps are. */
export const chainServerToServer: Contestant = {
  what: `two servers: one runs a workflow of ${steps} steps in a row, all of them at the other; effect once`,
  serve: async () => (await serve('owner', [])).serving,
  async open(address) {
    const server = await startServer({ name: 'caller', cluster, join: [address] });
    await untilKnown(() => server.call('chain.count', [probe]));
    return { call: async (reading) => counted(await server.run(anywhere, reading).result), stop: () => server.stop() };
  },
};

/** P4: a client and one server. */
export const chainOfClient: Contestant = {
  what: `a client and one server, which runs a workflow of ${steps} steps in a row and its steps`,
  serve: async () => (await serve('owner', [])).serving,
  async open(address) {
    const client = await connect([address]);
    return { call: async (reading) => counted(await client.run(anywhere, reading).result), stop: () => client.close() };
  },
};

/** What a chain is measured beside: one call of its function. */
export const callOfClient: Contestant = {
  what: 'a client and one server: one call',
  serve: async () => (await serve('owner', [])).serving,
  async open(address) {
    const client = await connect([address]);
    return { call: (reading) => client.call(count, [reading]), stop: () => client.close() };
  },
};

/** P5: three servers; the client's one coordinates. */
export const chainInTurns: Contestant = {
  what: `a client and three servers: ${steps} steps in a row, at the three in turns, the client's one (4 of ${steps} steps) coordinates`,
  serve: async () => (await serve(places[2], [])).serving,
  between: [async (address) => (await serve(places[1], [address])).serving, async (address) => enter(address)],
  async open(address) {
    const client = await connect([address]);
    return { call: async (reading) => counted(await client.run(inTurns, reading).result), stop: () => client.close() };
  },
};

async function enter(address: string): Promise<Serving> {
  const { server, serving } = await serve(places[0], [address]);
  for (const target of places) await untilKnown(() => server.call('chain.count', [probe], { target }));
  return serving;
}
