/**
 * What the tests of runs share: functions that wait to be released, and events as short texts.
 */

import type { Effect } from '../../src/core/catalog/offer.ts';
import type { RunEvent } from '../../src/fabric/api/api.ts';
import { heldAs } from './held.ts';
import type { FabricWorld } from './world.ts';

/** A function of the name `wait` that waits until it is released. */
export function gate(effect?: Effect, concurrency?: number) {
  const { fn: wait, ...rest } = heldAs('wait', { effect, concurrency });
  return { wait, ...rest };
}

export const same = (value: unknown): unknown => value;

export const waitOnce = [{ name: 'a', fun: 'wait' }] as const;

/** The kinds of all events, once the run is over. */
export async function kindsOf(events: AsyncIterable<RunEvent>): Promise<readonly string[]> {
  const kinds: string[] = [];
  for await (const event of events) kinds.push(event.kind);
  return kinds;
}

/** How often each server answered `calls` calls, one after the other. */
export async function answers(world: FabricWorld, call: () => Promise<unknown>, calls: number): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (let turn = 0; turn < calls; turn += 1) {
    const server = String(await world.settle(call()));
    counts[server] = (counts[server] ?? 0) + 1;
  }
  return counts;
}
