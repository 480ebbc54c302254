/**
 * The steps of one run that compete for the same places: one function with one set of demands.
 *
 * N1 nothing is known at first, so nothing is held back; replies teach the lane how many of its calls each server
 *    takes. A reply with free places: those that are there and as many more. One without: those that are there. The
 *    lane has at most the sum in flight; a server that has not answered yet counts with what it was given.
 * N2 `overloaded` counts as a reply without a free place, and pauses the lane: 10 ms x 2^n with jitter up to 1 s,
 *    n counting the pauses since the last reply; a reply with a free place ends the pause at once.
 * N3 a lane without calls in flight may always start one when its pause is over: it never starves.
 */

import { assert } from '../../base/assert.ts';
import { backoffMs } from '../../base/backoff.ts';
import type { Random } from '../../base/random.ts';
import { Fifo } from './fifo.ts';

const shedBackoff = { baseMs: 10, maxMs: 1_000 };

/** What is known of a server's places for this lane. */
interface Places {
  inFlight: number;
  /** Calls that it takes from this lane; undefined: it has not said yet. */
  taken: number | 'any' | undefined;
}

export class Lane {
  readonly function: string;
  /** Steps that are ready, by position. */
  readonly queue = new Fifo<number>();
  /** Waiting for its turn among the lanes that can start something. */
  isListed = false;
  /** It was full once: what queues here has been told so. */
  isKnownFull = false;
  readonly #servers = new Map<string, Places>();
  /** Where each step in flight went; undefined until that is known. */
  readonly #inFlight = new Map<number, Places | undefined>();
  /** Sum of `taken` over the servers, or of what was given to those that have not said. */
  #taken = 0;
  #limited = 0;
  #unlimited = 0;
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
    if (nowMs < this.#pausedUntilMs) return false;
    return this.#limited === 0 || this.#unlimited > 0 || this.#inFlight.size < Math.max(1, this.#taken);
  }

  /** A step's call begins. */
  started(at: number): void {
    this.#inFlight.set(at, undefined);
  }

  /** An attempt of it went to this server. */
  sent(at: number, server: string): void {
    this.#leave(at);
    const places = this.#servers.get(server) ?? { inFlight: 0, taken: undefined };
    this.#servers.set(server, places);
    this.#change(places, places.inFlight + 1, places.taken);
    this.#inFlight.set(at, places);
  }

  /** Its call ended without a word about places. */
  ended(at: number): void {
    this.#leave(at);
    this.#inFlight.delete(at);
  }

  /** Its server answered: `freeSlots` of its places are free; undefined: it has no limit. */
  answered(at: number, freeSlots: number | undefined): void {
    const places = this.#inFlight.get(at);
    this.ended(at);
    this.#pauses = 0;
    if (freeSlots !== 0) this.#pausedUntilMs = Number.NEGATIVE_INFINITY;
    if (places) this.#change(places, places.inFlight, freeSlots === undefined ? 'any' : places.inFlight + freeSlots);
  }

  /** Its server had no place even to wait; `retryAfterMs` is its hint. */
  shed(at: number, hint: { readonly nowMs: number; readonly retryAfterMs: number }, random: Random): void {
    const places = this.#inFlight.get(at);
    this.ended(at);
    if (places) this.#change(places, places.inFlight, places.inFlight);
    // Of many that were refused together, the first pauses the lane.
    if (hint.nowMs < this.#pausedUntilMs) return;
    const hintMs = Math.min(Math.max(hint.retryAfterMs, 1), shedBackoff.maxMs);
    this.#pausedUntilMs = hint.nowMs + hintMs + backoffMs(shedBackoff, this.#pauses, random);
    this.#pauses += 1;
  }

  #leave(at: number): void {
    assert(this.#inFlight.has(at), 'a step leaves a lane that it is not in');
    const places = this.#inFlight.get(at);
    if (places) this.#change(places, places.inFlight - 1, places.taken);
  }

  #change(places: Places, inFlight: number, taken: Places['taken']): void {
    this.#count(places, -1);
    places.inFlight = inFlight;
    places.taken = taken;
    this.#count(places, 1);
  }

  #count({ inFlight, taken }: Places, sign: 1 | -1): void {
    if (taken === 'any') this.#unlimited += sign;
    else this.#taken += sign * (taken ?? inFlight);
    if (typeof taken === 'number') this.#limited += sign;
  }
}
