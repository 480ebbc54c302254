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
  /** Two columns of one ring: the oldest is at `#next` once it is full. */
  readonly #callers: string[] = [];
  readonly #callNumbers: number[] = [];
  #next = 0;
  readonly #watermarks = new Map<string, number>();
  #isOverrun = false;

  constructor(options: SpentOptions = {}) {
    this.#spentMax = options.spentMax ?? spentMaxDefault;
    this.#callersMax = options.callersMax ?? callersMaxDefault;
  }

  add({ caller, callNumber }: CallId): void {
    const oldest = this.#callers[this.#next];
    if (oldest !== undefined) this.#raise(oldest, this.#callNumbers[this.#next] ?? 0);
    this.#callers[this.#next] = caller;
    this.#callNumbers[this.#next] = callNumber;
    this.#next = (this.#next + 1) % this.#spentMax;
  }

  /** Whether the call is known to have run, or may have. Linear. */
  has({ caller, callNumber }: CallId): boolean {
    if (this.#isOverrun) return true;
    if (callNumber <= (this.#watermarks.get(caller) ?? 0)) return true;
    return this.#callNumbers.some((spent, at) => spent === callNumber && this.#callers[at] === caller);
  }

  #raise(caller: string, callNumber: number): void {
    const watermark = this.#watermarks.get(caller);
    if (watermark === undefined && this.#watermarks.size >= this.#callersMax) this.#isOverrun = true;
    else if (watermark === undefined || callNumber > watermark) this.#watermarks.set(caller, callNumber);
  }
}
