/**
 * Which failed attempt may be followed by another: the retry column of the error table, as a pure function.
 *
 * R1 nothing that may have run is tried again unless it is pure or idempotent, or the handler's error says `retryable`.
 * R2 one free failover per call after a lost connection; a second one is final, so a call that kills its server
 *    takes two at most. Over several hops whoever made the call makes the failover (handed-back.ts).
 * R3 at most `paidRetriesMax` paid retries, counted over hops, each after a backoff with full jitter.
 * R4 where the caller says how many tries there may be in all, that number takes the place of R3, and a failover of R2
 *    counts as well. What went elsewhere because nothing ran (`unreachable`, `draining`) is no try.
 * R5 who was refused as `overloaded` stays away for as long as the server says, and for up to as long again.
 * What all calls of a function may spend together is retry-budget.ts.
 */

import { backoffMs } from '../../base/backoff.ts';
import type { Random } from '../../base/random.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import { attemptsMax } from '../../core/workflow/policies.ts';
import { type ErrorCode, type Executed, errorTable, HeddleError } from '../../errors.ts';

export interface FailedAttempt {
  readonly code: ErrorCode;
  readonly executed: Executed;
  /** The handler's error said that running it again is fine. */
  readonly isRetryable: boolean;
}

export interface RetryState {
  /** Strictest effect known of the function. */
  readonly effect: Effect;
  /** Connections lost under this call before this attempt. */
  readonly lost: number;
  readonly paid: number;
  /** Tries in all that the caller allows. */
  readonly attemptsMax: number | undefined;
}

/** `now`: at once, elsewhere. `later`: after a backoff, and it costs. */
export type RetryDecision = 'final' | 'now' | 'later';

export const paidRetriesMax = 3;
export const retryBackoff = { baseMs: 50, maxMs: 1000 } as const;

export function decideRetry(failed: FailedAttempt, state: RetryState): RetryDecision {
  const advice = errorTable[failed.code].retry;
  const tries = state.paid + state.lost + 1;
  const hasTries = tries < Math.min(state.attemptsMax ?? Number.POSITIVE_INFINITY, attemptsMax);
  const canPay = hasTries && (state.attemptsMax !== undefined || state.paid < paidRetriesMax);
  const isSafe = state.effect !== 'once' || failed.executed === 'no';
  if (!isSafe && advice !== 'retryable') return 'final';
  switch (advice) {
    case 'never':
      return 'final';
    case 'free':
      return 'now';
    case 'paid':
      return canPay ? 'later' : 'final';
    case 'retryable':
      return failed.isRetryable && canPay ? 'later' : 'final';
    case 'safe':
      return hasTries && state.lost === 0 ? 'now' : 'final';
  }
}

/** What its error says of an attempt. */
export function failedWith(error: HeddleError): FailedAttempt {
  const isRetryable = HeddleError.is(error, 'function_failed') && error.detail.retryable === true;
  return { code: error.code, executed: error.executed, isRetryable };
}

/** How long to wait before a paid retry, after `paid` others. Those who were refused together do not come back together. */
export function pauseMs(error: HeddleError, paid: number, random: Random): number {
  const backedOffMs = backoffMs(retryBackoff, paid, random);
  if (!HeddleError.is(error, 'overloaded')) return backedOffMs;
  return Math.max(backedOffMs, Math.min(error.detail.retryAfterMs, retryBackoff.maxMs) * (1 + random.next()));
}
