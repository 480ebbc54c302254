/**
 * The steps of one run that compete for the same places: one function with one set of demands.
 *
 * N1 nothing is known at first, so nothing is held back; replies teach the lane how many calls it may have in
 *    flight. A reply without a free place narrows it to what is in flight, one with places widens it by them.
 * N2 `overloaded` narrows it the same way and pauses it, 10 ms x 2^n with jitter up to 1 s, n counting the pauses
 *    since the last reply; a reply with a free place ends the pause at once.
 * N3 a lane without calls in flight may always start one when its pause is over: it never starves.
 */

import { backoffMs } from '../../base/backoff.ts';
import type { Random } from '../../base/random.ts';
import { Fifo } from './fifo.ts';

const shedBackoff = { baseMs: 10, maxMs: 1_000 };

export class Lane {
  readonly function: string;
  /** Steps that are ready, by position. */
  readonly queue = new Fifo<number>();
  /** Waiting for its turn among the lanes that can start something. */
  isListed = false;
  /** It was full once: what queues here has been told so. */
  isKnownFull = false;
  #inFlight = 0;
  #window = Number.POSITIVE_INFINITY;
  #pausedUntilMs = Number.NEGATIVE_INFINITY;
  #pauses = 0;

  constructor(name: string) {
    this.function = name;
  }

  /** When a pause ends; -Infinity without one. */
  get pausedUntilMs(): number {
    return this.#pausedUntilMs;
  }

  /** Whether one more call may start now. */
  hasRoom(nowMs: number): boolean {
    return this.#inFlight < this.#window && nowMs >= this.#pausedUntilMs;
  }

  started(): void {
    this.#inFlight += 1;
  }

  /** A call ended without saying anything about places. */
  ended(): void {
    this.#inFlight -= 1;
  }

  /** A server answered: `freeSlots` of its places are free; undefined: it has no limit. */
  answered(freeSlots: number | undefined): void {
    this.#inFlight -= 1;
    this.#pauses = 0;
    if (freeSlots === 0) return this.#narrow();
    this.#pausedUntilMs = Number.NEGATIVE_INFINITY;
    this.#window = freeSlots === undefined ? Number.POSITIVE_INFINITY : Math.max(this.#window, this.#inFlight + freeSlots);
  }

  /** A server had no place even to wait; `retryAfterMs` is its hint. */
  shed(nowMs: number, retryAfterMs: number, random: Random): void {
    this.#inFlight -= 1;
    this.#narrow();
    // Of many that were refused together, the first pauses the lane.
    if (nowMs < this.#pausedUntilMs) return;
    const hintMs = Math.min(Math.max(retryAfterMs, 1), shedBackoff.maxMs);
    this.#pausedUntilMs = nowMs + hintMs + backoffMs(shedBackoff, this.#pauses, random);
    this.#pauses += 1;
  }

  #narrow(): void {
    this.#window = Math.max(1, this.#inFlight);
  }
}
