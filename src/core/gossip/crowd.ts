/**
 * Newcomers that have come just now. One of them is told at once of all that is news; a thousand that come together would be
 * told of each other by everyone whom they asked, which is a million records from each seed.
 *
 * C1 while more than `crowd` newcomers are here, floods go to those alone that are neighbours: each of the others is given
 *    the table when its turn comes (snapshots.ts), has neighbours of its own, and compares its root with theirs.
 * C2 nobody is a newcomer for longer than `newcomerMs`, whatever it says.
 */

import type { LinkState } from './links.ts';
import { meshLimits } from './settings.ts';

/** A join takes less; longer than the wait of a greeting and of an answer to a first question. */
const newcomerMs = 3_000;

export class Crowd {
  /** Until when, by link, the first one first. */
  readonly #untilMs = new Map<number, number>();

  get size(): number {
    return this.#untilMs.size;
  }

  /** A link was accepted whose dialler knows nobody yet. */
  add({ id }: LinkState, nowMs: number): void {
    this.#untilMs.set(id, nowMs + newcomerMs);
  }

  /** The link is gone. */
  drop(link: number): void {
    this.#untilMs.delete(link);
  }

  /** Too many have come at once, and this is one of them. */
  isIn({ id }: LinkState, nowMs: number): boolean {
    this.tend(nowMs);
    return this.#untilMs.size > meshLimits.crowd && this.#untilMs.has(id);
  }

  /** Forgets whose time is over. Cost: those. */
  tend(nowMs: number): void {
    for (const [link, untilMs] of this.#untilMs) {
      if (untilMs > nowMs) return;
      this.#untilMs.delete(link);
    }
  }
}
