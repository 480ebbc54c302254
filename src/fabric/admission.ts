/**
 * How many calls of one function run at the same time here, and who waits for a place.
 *
 * A1 at most `limit` calls hold a place; the next 2 x `limit` wait in the order in which they came; beyond that a call
 *    is refused at once, with a hint when to come back.
 * A2 a place is held until the handler has returned, also past its deadline: a handler that ignores its signal keeps
 *    its place. (What bounds such a stray is a later issue's; it will call `leave` in the handler's stead.)
 * A3 entering, leaving and giving up cost O(1); no timer is made here: whoever waits brings its own deadline.
 * The adaptive limit and priorities belong to a later issue.
 */

import { assert } from '../base/assert.ts';

/** Calls of a function without a declared `concurrency` that run at the same time: what one link may have in flight. */
export const concurrencyDefault = 1024;
/** Calls that wait for a place, per place. */
export const queuedPerPlaceMax = 2;
/** Longest wait for a place, in milliseconds. */
export const queueWaitMsMax = 100;
/** Bounds of the hint when to come back, in milliseconds. */
const retryAfterMs = { min: 1, max: 1000 } as const;
/** Weight of the newest handler time in the average behind the hint. */
const averageWeight = 0.2;

/** Someone who waits for a place. */
export interface PlaceWaiter {
  /** A place is held in its name from now on; it must be given back with `leave`. */
  admitted(nowMs: number): void;
}

/** How long a call with `remainingMs` left may wait for a place. */
export function queueWaitMs(remainingMs: number): number {
  return Math.min(queueWaitMsMax, remainingMs / 3);
}

/** The places of one function at one server. */
export class Places {
  readonly #limit: number;
  readonly #isDeclared: boolean;
  readonly #waiting = new Set<PlaceWaiter>();
  #held = 0;
  #averageMs = 0;
  #isAdmitting = false;

  /** `limit`: the declared concurrency; default `concurrencyDefault`. */
  constructor(limit: number | undefined) {
    this.#limit = limit ?? concurrencyDefault;
    this.#isDeclared = limit !== undefined;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Places for further calls, were the caller's own given back already (`isLeaving`); undefined without a declared limit. */
  freeSlots(isLeaving: boolean): number | undefined {
    if (!this.#isDeclared) return undefined;
    return Math.max(0, this.#limit - this.#held - this.#waiting.size + (isLeaving ? 1 : 0));
  }

  /** `admitted`: a place is held. `queued`: `waiter` is told, or gives up. `full`: neither. */
  enter(waiter: PlaceWaiter): 'admitted' | 'queued' | 'full' {
    if (this.#held < this.#limit && this.#waiting.size === 0) {
      this.#held += 1;
      return 'admitted';
    }
    if (this.#waiting.size >= this.#limit * queuedPerPlaceMax) return 'full';
    this.#waiting.add(waiter);
    return 'queued';
  }

  /** Gives up waiting; harmless for whoever does not wait. */
  giveUp(waiter: PlaceWaiter): void {
    this.#waiting.delete(waiter);
  }

  /** Gives a place back after `elapsedMs` and admits those who wait. */
  leave(elapsedMs: number, nowMs: number): void {
    assert(this.#held > 0, 'a place is given back that nobody holds');
    this.#held -= 1;
    this.#averageMs += (elapsedMs - this.#averageMs) * averageWeight;
    // A call that settles at once leaves while it is being admitted: the loop below goes on, not the recursion.
    if (this.#waiting.size > 0 && !this.#isAdmitting) this.#admit(nowMs);
  }

  /** When a call that is refused now had better come back: the time until those ahead of it are through. */
  retryAfterMs(): number {
    const ahead = (this.#waiting.size + 1) / this.#limit;
    return Math.round(Math.min(retryAfterMs.max, Math.max(retryAfterMs.min, this.#averageMs * ahead)));
  }

  #admit(nowMs: number): void {
    this.#isAdmitting = true;
    for (const waiter of this.#waiting) {
      if (this.#held >= this.#limit) break;
      this.#waiting.delete(waiter);
      this.#held += 1;
      waiter.admitted(nowMs);
    }
    this.#isAdmitting = false;
  }
}
