/**
 * Whether this machine has slept since something began: its wall clock went on then, and the one that calls are timed by did not.
 *
 * Z1 a call during which it slept is older than it looks. Others may have let go of how it ended: that they know nothing of it is
 *    no proof that it never ran (inquiry.ts, lost-call.ts).
 * Z2 a wall clock that was set forward looks the same, and one that was set back may hide a sleep: of a few calls less is said than
 *    could be, and nothing that is wrong.
 * Z3 it looks only when asked; a machine whose wall clock stood still as well looks awake.
 */

import type { Clock } from '../../base/clock.ts';

/** So much more or less must have passed on the wall, in milliseconds: less than outcomes are kept for beyond the time of their calls. */
export const sleepMsMin = 5_000;

export class SleepWatch {
  readonly #clock: Clock;
  /** Of the wall clock, when it was last taken for one that had slept: what is too short for that adds up. */
  #leadMs: number;
  #wokeAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#leadMs = clock.wallMs() - clock.nowMs();
  }

  /** Whether it may have slept since then. */
  hasSlept(sinceMs: number): boolean {
    const nowMs = this.#clock.nowMs();
    const leadMs = this.#clock.wallMs() - nowMs;
    if (Math.abs(leadMs - this.#leadMs) >= sleepMsMin) {
      this.#wokeAtMs = nowMs;
      this.#leadMs = leadMs;
    }
    return sinceMs <= this.#wokeAtMs;
  }
}
