/**
 * What the calls of one run's steps came to that are made again: a step is what all its calls came to.
 *
 * P1 the strongest counts, and of equals the last: a step is never said not to have run because its last call has not.
 * Elements of mapped lists add up in each-progress.ts; the attempts of one call in fabric/call/call-history.ts.
 */

import type { StepOutcome } from '../../errors.ts';
import type { OpaqueError } from './record.ts';

/** What a step, or one call of it, came to. */
export interface Came {
  readonly outcome: StepOutcome;
  readonly error?: OpaqueError | undefined;
}

const strength: Readonly<Record<StepOutcome, number>> = { not_run: 0, maybe: 1, failed: 2, done: 2 };

export class PastCalls {
  /** By position, the strongest. */
  readonly #strongest = new Map<number, Came>();

  /** The step is called again. */
  keep(at: number, came: Came): void {
    if (came.outcome !== 'not_run') this.#strongest.set(at, this.sum(at, came));
  }

  /** What the step came to over all its calls, of which this was the last (P1). */
  sum<Last extends Came>(at: number, last: Last): Last {
    const before = this.#strongest.get(at);
    return before && strength[before.outcome] > strength[last.outcome] ? { ...last, ...before } : last;
  }
}
