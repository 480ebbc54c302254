/**
 * Calls that ran here and whose outcome is not kept any more: nobody may be told that they never did.
 *
 * S1 the last `spentMax` of them are known one by one; older ones up to a number for each caller.
 * S2 when there are more callers than `callersMax`, everything is taken for spent of which nothing is known.
 */

import type { CallId } from './call-id.ts';

export interface SpentOptions {
  readonly spentMax?: number | undefined;
  readonly callersMax?: number | undefined;
}

const spentMaxDefault = 16_384;
const callersMaxDefault = 10_000;

export class Spent {
  readonly #spentMax: number;
  readonly #callersMax: number;
  /** A ring: the oldest is at `#next` once it is full. */
  readonly #ring: CallId[] = [];
  #next = 0;
  readonly #watermarks = new Map<string, number>();
  #isOverrun = false;

  constructor(options: SpentOptions = {}) {
    this.#spentMax = options.spentMax ?? spentMaxDefault;
    this.#callersMax = options.callersMax ?? callersMaxDefault;
  }

  add({ caller, callNumber }: CallId): void {
    const evicted = this.#ring[this.#next];
    this.#ring[this.#next] = { caller, callNumber };
    this.#next = (this.#next + 1) % this.#spentMax;
    if (evicted) this.#raise(evicted);
  }

  /** Whether the call is known to have run, or may have. Linear. */
  has({ caller, callNumber }: CallId): boolean {
    if (this.#isOverrun) return true;
    if (callNumber <= (this.#watermarks.get(caller) ?? 0)) return true;
    return this.#ring.some((spent) => spent.callNumber === callNumber && spent.caller === caller);
  }

  #raise({ caller, callNumber }: CallId): void {
    const watermark = this.#watermarks.get(caller);
    if (watermark === undefined && this.#watermarks.size >= this.#callersMax) this.#isOverrun = true;
    else if (watermark === undefined || callNumber > watermark) this.#watermarks.set(caller, callNumber);
  }
}
