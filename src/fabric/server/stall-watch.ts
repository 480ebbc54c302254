/**
 * How old frames may be that are read just after this process stood still.
 *
 * While an event loop is blocked, or the process is stopped, frames wait in the socket: the time stamped on them has gone on,
 * and nobody here saw it. The gap is taken off the frames that are read next, so that a call whose caller has given up
 * meanwhile is refused unrun.
 * W1 the gap is the lateness of a timer of this process: never more than it stood still, and less by what the timer still had
 *    to wait when it stopped (at most a beat of the mesh; a tick of 10 ms while calls are in the wheel).
 * W2 it counts until the loop has turned once: what is read later came later.
 * W3 without a stall a look costs two comparisons, and there is no timer.
 */

import type { Clock } from '../../base/clock.ts';

/** Lateness below this is the usual weather of an event loop. */
export const stallMsMin = 50;

export class StallWatch {
  readonly #clock: Clock;
  /** When the earliest of the watched timers should run. */
  readonly #dueMs: () => number;
  #gapMs = 0;

  constructor(clock: Clock, dueMs: () => number) {
    this.#clock = clock;
    this.#dueMs = dueMs;
  }

  /** A watched timer ran `lateMs` after its time. */
  note(lateMs: number): void {
    if (lateMs < stallMsMin || lateMs <= this.#gapMs) return;
    // Timers run before sockets are read, and again after that: the frames in between are the old ones.
    if (this.#gapMs === 0) this.#clock.schedule(0, () => this.#turned());
    this.#gapMs = lateMs;
  }

  /** By how much a frame that is read now may be older than it looks, in milliseconds. */
  gapMs(nowMs: number): number {
    // A process that was stopped while it waited for its sockets reads them before its timers run.
    this.note(nowMs - this.#dueMs());
    return this.#gapMs;
  }

  #turned(): void {
    this.#gapMs = 0;
  }
}
