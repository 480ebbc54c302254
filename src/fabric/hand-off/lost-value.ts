/**
 * `lease_lost`: what is said of a result that cannot be had.
 */

import { type Parked, valueName } from '../../core/payload.ts';
import { type Executed, HeddleError, type HeddleErrorOf } from '../../errors.ts';

export interface Loss {
  /** Whose result it is. */
  readonly step: string;
  readonly why: string;
  /** Of whoever needed it; default: it did not run. */
  readonly executed?: Executed | undefined;
  readonly cause?: unknown;
}

export function lostValue(parked: Parked, { step, why, executed = 'no', cause }: Loss): HeddleErrorOf<'lease_lost'> {
  const detail = { step, server: parked.server, why, value: valueName(parked) };
  return new HeddleError('lease_lost', detail, cause === undefined ? { executed } : { executed, cause });
}

/** Whatever went wrong while a value was read. */
export function lossOf(parked: Parked, step: string, problem: unknown): HeddleErrorOf<'lease_lost'> {
  if (HeddleError.is(problem, 'lease_lost')) return lostValue(parked, { step, why: problem.detail.why });
  const why = problem instanceof Error ? problem.message : 'it cannot be read';
  return lostValue(parked, { step, why, ...(HeddleError.is(problem) ? { cause: problem } : {}) });
}
