/**
 * The process of G5: makes many of each, and says what one of them holds.
 */

import { Catalog } from '../../../src/core/catalog/catalog.ts';
import { connect, defineFunction, startServer } from '../../../src/index.ts';
import { settledMemory } from '../memory.ts';
import { answer, makeReading, type Reading } from '../workload.ts';
import type { Holding } from './holdings.ts';

const links = 200;
const offers = 100_000;
/** The most that one link carries before the caller waits. */
const calls = 1_000;

const gate: { open: () => void } = { open: () => {} };
const opened = new Promise<void>((resolve) => {
  gate.open = resolve;
});
const held = defineFunction({
  name: 'held',
  concurrency: calls,
  handler: async (_ctx, reading: Reading): Promise<Reading> => {
    await opened;
    return answer(reading);
  },
});
const server = await startServer({ name: 'owner', cluster: `bench-${process.pid}`, functions: { held } });

const holdings = [await ofLinks(), ofOffers(), await ofCalls()];
process.send?.({ holdings }, () => process.exit(0));

async function ofLinks(): Promise<Holding> {
  // The first ones bring what all of them share.
  for (let at = 0; at < 10; at += 1) await connect(server.url);
  const before = settledMemory();
  for (let at = 0; at < links; at += 1) await connect(server.url);
  return grownBy('idle link of a client', links, before);
}

function ofOffers(): Holding {
  const catalog = new Catalog();
  const before = settledMemory();
  for (let at = 0; at < offers / 1_000; at += 1) {
    const functions = Array.from({ length: 1_000 }, (_unused, number) => ({
      name: `f${number}`,
      version: '1.0.0',
      effect: 'once' as const,
      kind: 'call' as const,
      resources: [],
    }));
    catalog.setOffers({ name: `s${at}`, instance: `s${at}-1`, resources: [] }, { functions }, 0);
  }
  const holding = grownBy('offer in a catalog', offers, before);
  if (catalog.offersOf('f0').length !== offers / 1_000) throw new Error('offers are missing');
  return holding;
}

async function ofCalls(): Promise<Holding> {
  const client = await connect(server.url);
  const warm = Array.from({ length: 10 }, (_unused, id) => client.call(held, [makeReading(id)]));
  await untilArrived();
  const before = settledMemory();
  const waiting = Array.from({ length: calls - warm.length }, (_unused, id) => client.call(held, [makeReading(id)]));
  await untilArrived();
  const holding = grownBy('call in flight', waiting.length, before);
  gate.open();
  await Promise.all([...warm, ...waiting]);
  return holding;
}

/** Calls are at their handlers well before. */
function untilArrived(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 500));
}

function grownBy(what: string, count: number, before: ReturnType<typeof settledMemory>): Holding {
  const after = settledMemory();
  return {
    what,
    count,
    heapBytes: (after.heapBytes - before.heapBytes) / count,
    residentBytes: (after.residentBytes - before.residentBytes) / count,
  };
}
