/** Functions that run until their test lets them go on, and what their handlers saw. */

import { deferred } from '../../src/base/deferred.ts';
import type { Effect } from '../../src/core/catalog/offer.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';

interface Traits {
  readonly effect?: Effect | undefined;
  readonly version?: string | undefined;
  readonly concurrency?: number | undefined;
}

/** One of the name `held`. */
export function held(effect: Effect = 'once', version?: string) {
  return heldAs('held', { effect, version });
}

/** It returns the name of the server that ran it, aborted or not; `entered` resolves with its first run. */
export function heldAs(name: string, traits: Traits) {
  const entered = deferred<void>();
  const released = deferred<void>();
  const state = { runs: 0, aborts: 0 };
  const fn = defineFunction({
    name,
    ...traits,
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
  return { fn, state, entered: entered.promise, release: released.resolve };
}
