/**
 * What the tests of runs share: functions that wait to be released, and events as short texts.
 */

import { deferred } from '../../src/base/deferred.ts';
import type { Effect } from '../../src/core/catalog/offer.ts';
import type { RunEvent } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import type { FabricWorld } from './world.ts';

/** A function that waits until it is released, or its signal fires; it counts both. */
export function gate(effect: Effect = 'once', concurrency?: number) {
  const entered = deferred<void>();
  const released = deferred<void>();
  const state = { runs: 0, aborts: 0 };
  const wait = defineFunction({
    name: 'wait',
    effect,
    concurrency,
    handler: async (ctx): Promise<string> => {
      state.runs += 1;
      ctx.signal.addEventListener('abort', () => {
        state.aborts += 1;
      });
      entered.resolve();
      await released.promise;
      return ctx.server;
    },
  });
  return { wait, state, entered: entered.promise, release: released.resolve };
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
