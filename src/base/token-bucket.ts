/**
 * How often something may be done: on average so often a second, and so often at once after a quiet while.
 * (A token bucket, of the kind that lends: RFC 3290, appendix A.)
 *
 * B1 what is taken in any `t` seconds while `countAt` is 1 or more is at most `atOnce + t * perSecond`.
 * B2 taking asks nobody's leave: whoever takes with less than one there owes it, and what comes later pays for that first.
 */

export interface TokenRate {
  readonly perSecond: number;
  /** The most that are there; all of them are to begin with. */
  readonly atOnce: number;
}

export class TokenBucket {
  readonly #rate: TokenRate;
  #count: number;
  #filledMs: number;

  constructor(rate: TokenRate, nowMs: number) {
    this.#rate = rate;
    this.#count = rate.atOnce;
    this.#filledMs = nowMs;
  }

  /** Tokens that are there, parts of one included; below 0 when more were taken than there were. */
  countAt(nowMs: number): number {
    const { perSecond, atOnce } = this.#rate;
    this.#count = Math.min(atOnce, this.#count + ((nowMs - this.#filledMs) * perSecond) / 1_000);
    this.#filledMs = nowMs;
    return this.#count;
  }

  /** Takes one (B2); counted first, since what comes with time overflows and what is taken does not. */
  take(): void {
    this.#count -= 1;
  }
}
