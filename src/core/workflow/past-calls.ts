/**
 * What calls came to that are made again, of the steps of one run or the elements of one list: each is what all its calls came to.
 *
 * P1 the strongest counts, and of equals the last: nothing is said not to have run because its last call has not.
 * The attempts of one call add up in fabric/call/call-history.ts.
 */

import type { StepOutcome } from '../../errors.ts';
import type { OpaqueError } from './record.ts';

/** What a step or an element, or one call of it, came to. */
export interface Came {
  readonly outcome: StepOutcome;
  readonly error?: OpaqueError | undefined;
}

const strength: Readonly<Record<StepOutcome, number>> = { not_run: 0, maybe: 1, failed: 2, done: 2 };

export class PastCalls {
  /** By position, or by place in the list, the strongest. */
  readonly #strongest = new Map<number, Came>();

  /** It is called again. */
  keep(at: number, came: Came): void {
    if (came.outcome !== 'not_run') this.#strongest.set(at, this.sum(at, came));
  }

  /** Those that may have run in one of those calls, with what they came to. */
  get all(): Iterable<readonly [number, Came]> {
    return this.#strongest;
  }

  has(at: number): boolean {
    return this.#strongest.has(at);
  }

  /** It has ended for good. */
  forget(at: number): void {
    this.#strongest.delete(at);
  }

  /** What it came to over all its calls, of which this was the last (P1). */
  sum<Last extends Came>(at: number, last: Last): Last {
    const before = this.#strongest.get(at);
    return before && strength[before.outcome] > strength[last.outcome] ? { ...last, ...before } : last;
  }
}
