/**
 * How tests wait for what other processes, timers or sockets do.
 *
 * A bound is not a sleep: `within` awaits a condition, prints what it took and fails only after five times the bound.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { deferred } from '../src/base/deferred.ts';
import { HeddleError } from '../src/errors.ts';

const boundsAllowed = 5;
const pollMs = 5;

/** Resolves with the first truthy value of `condition`; an error it throws counts as not yet. */
export async function within<T>(what: string, boundMs: number, condition: () => T | Promise<T>): Promise<NonNullable<T>> {
  const startMs = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) {
        tell(what, startMs, boundMs);
        return value;
      }
      last = value;
    } catch (error) {
      last = error;
    }
    if (performance.now() - startMs > boundMs * boundsAllowed) {
      throw new Error(`${what}: not within ${boundsAllowed} x ${boundMs} ms`, { cause: last });
    }
    await pause(pollMs);
  }
}

/** Prints what something took that began at `startMs`. */
export function tell(what: string, startMs: number, boundMs: number): void {
  console.log(`${what}: ${(performance.now() - startMs).toFixed(0)} ms (bound ${boundMs} ms)`);
}

/** The HeddleError that `promise` rejects with. */
export async function failureOf(promise: Promise<unknown>): Promise<HeddleError> {
  const outcome = await promise.then(
    (value) => new Error(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
  if (HeddleError.is(outcome)) return outcome;
  throw outcome;
}

/** A door that handlers of this process wait at, until `size` of them are there. */
export function meetingOf(size: number): () => Promise<void> {
  const everyone = deferred<void>();
  let arrived = 0;
  return () => {
    arrived += 1;
    if (arrived === size) everyone.resolve();
    return everyone.promise;
  };
}
