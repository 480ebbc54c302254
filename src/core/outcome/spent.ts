/**
 * Calls that ran here and whose outcome is not kept any more: nobody may be told that they never did.
 *
 * S1 the last `spentMax` of them are known one by one; older ones, and those that were let go in their time, up to a number for each
 *    caller.
 * S2 each has a time, after which nobody can ask for it. When there are more than `callersMax` callers, those go whose time is over
 *    first; until it is, everything is taken for spent of which nothing is known, and not for longer.
 * S3 while there is room they are known for longer than their time: whoever slept, and their clock with them, takes a call for
 *    younger than it is.
 */

import type { CallId } from './call-id.ts';

export interface SpentOptions {
  readonly spentMax?: number | undefined;
  readonly callersMax?: number | undefined;
}

/** All calls of one caller up to a number. */
interface Watermark {
  callNumber: number;
  untilMs: number;
}

const spentMaxDefault = 16_384;
const callersMaxDefault = 10_000;
/** So many of the callers go at once, so that looking for them costs next to nothing for each that comes. */
const leavingShare = 1 / 8;

export class Spent {
  readonly #spentMax: number;
  readonly #callersMax: number;
  /** Three columns of one ring: the oldest is at `#next` once it is full. */
  readonly #callers: string[] = [];
  readonly #callNumbers: number[] = [];
  readonly #untilMs: number[] = [];
  #next = 0;
  readonly #watermarks = new Map<string, Watermark>();
  #overrunUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SpentOptions = {}) {
    this.#spentMax = options.spentMax ?? spentMaxDefault;
    this.#callersMax = options.callersMax ?? callersMaxDefault;
  }

  /** The call has run; nobody can ask for it from `untilMs` on. */
  add({ caller, callNumber }: CallId, untilMs: number): void {
    const oldest = this.#callers[this.#next];
    if (oldest !== undefined) this.#raise(oldest, this.#callNumbers[this.#next] ?? 0, this.#untilMs[this.#next] ?? 0);
    this.#callers[this.#next] = caller;
    this.#callNumbers[this.#next] = callNumber;
    this.#untilMs[this.#next] = untilMs;
    this.#next = (this.#next + 1) % this.#spentMax;
  }

  /** The same of one whose time is over already (S3). */
  addLate({ caller, callNumber }: CallId, untilMs: number): void {
    this.#raise(caller, callNumber, untilMs);
  }

  /** Whether the call is known to have run, or may have. Linear. */
  has({ caller, callNumber }: CallId, nowMs: number): boolean {
    if (nowMs < this.#overrunUntilMs) return true;
    if (callNumber <= (this.#watermarks.get(caller)?.callNumber ?? 0)) return true;
    // Thousands are asked for at once when a connection is lost.
    for (let at = this.#callNumbers.indexOf(callNumber); at >= 0; at = this.#callNumbers.indexOf(callNumber, at + 1))
      if (this.#callers[at] === caller) return true;
    return false;
  }

  #raise(caller: string, callNumber: number, untilMs: number): void {
    const watermark = this.#watermarks.get(caller);
    if (watermark) {
      watermark.callNumber = Math.max(watermark.callNumber, callNumber);
      watermark.untilMs = Math.max(watermark.untilMs, untilMs);
      return;
    }
    if (this.#watermarks.size >= this.#callersMax) this.#makeRoom();
    this.#watermarks.set(caller, { callNumber, untilMs });
  }

  /** S2. */
  #makeRoom(): void {
    const byTime = [...this.#watermarks].sort(([, a], [, b]) => a.untilMs - b.untilMs);
    for (const [caller, { untilMs }] of byTime.slice(0, Math.ceil(this.#callersMax * leavingShare))) {
      this.#watermarks.delete(caller);
      this.#overrunUntilMs = Math.max(this.#overrunUntilMs, untilMs);
    }
  }
}
