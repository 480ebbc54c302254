/**
 * A thousand steps at once on three servers, and one that takes all of their results (P6).
 */

import type { Builder } from '../../../src/index.ts';
import { connect, defineFunction, startServer, workflow } from '../../../src/index.ts';
import type { Contestant, Serving } from '../contestant.ts';
import { answer, type Reading } from '../workload.ts';
import { cluster, untilKnown } from './heddle.ts';

export const fanWidth = 1_000;
const places = ['loom-0', 'loom-1', 'loom-2'] as const;

const work = defineFunction({ name: 'fan.work', handler: (_ctx, reading: Reading): Reading => answer(reading) });
const gather = defineFunction({ name: 'fan.gather', handler: (_ctx, all: readonly Reading[]): number => sumOf(all) });
const functions = { work, gather };

const fan = workflow('fan', ({ step, input }: Builder<Reading>) => {
  const all = Array.from({ length: fanWidth }, (_unused, at) => step(`w${at}`, work, [input]));
  return step('all', gather, [all]);
});

export function sumOf(all: readonly Reading[]): number {
  return all.reduce((sum, reading) => sum + (reading.answer ?? 0), 0);
}

/** A thousand steps have answered: as an answer of one call looks. */
export function gathered(reading: Reading, sum: number): Reading {
  if (sum !== fanWidth * (reading.id + 1)) throw new Error(`${sum} is not the sum of ${fanWidth} answers to ${reading.id}`);
  return answer(reading);
}

async function serve(name: string, join: readonly string[]): Promise<Serving> {
  const server = await startServer({ name, cluster, functions, join });
  return { address: server.url, stop: () => server.stop() };
}

const between = [(address: string) => serve(places[1], [address]), (address: string) => serve(places[2], [address])];
const probe: Reading = { id: 0, name: '', celsius: 0, isCalm: true, tags: [], note: '' };

/** A fourth server runs the workflow. */
export const fanOfServer: Contestant = {
  what: `four servers: one runs a workflow of ${fanWidth} steps and one that gathers them, at the other three`,
  serve: () => serve(places[0], []),
  between,
  async open(address) {
    const server = await startServer({ name: 'caller', cluster, join: [address] });
    for (const target of places) await untilKnown(() => server.call('fan.work', [probe], { target }));
    return { call: async (reading) => gathered(reading, await server.run(fan, reading).result), stop: () => server.stop() };
  },
};

/** A client submits; one of the three coordinates. */
export const fanOfClient: Contestant = {
  what: 'a client and three servers, one of which runs the same workflow',
  serve: () => serve(places[0], []),
  between,
  async open(address) {
    const client = await connect([address]);
    for (const target of places) await untilKnown(() => client.call('fan.work', [probe], { target }));
    return { call: async (reading) => gathered(reading, await client.run(fan, reading).result), stop: () => client.close() };
  },
};

/** The same calls by hand, without a workflow. */
export const fanByHand: Contestant = {
  what: 'a client and three servers: the same calls by hand',
  serve: () => serve(places[0], []),
  between,
  async open(address) {
    const client = await connect([address]);
    for (const target of places) await untilKnown(() => client.call('fan.work', [probe], { target }));
    const call = async (reading: Reading): Promise<Reading> => {
      const all = await Promise.all(Array.from({ length: fanWidth }, () => client.call(work, [reading])));
      return gathered(reading, await client.call(gather, [all]));
    };
    return { call, stop: () => client.close() };
  },
};
