/**
 * Waiting times between tries: exponential with full jitter
 * (Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog 2015).
 */

import type { Random } from './random.ts';

export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Uniform in [0, min(maxMs, baseMs x 2^attempt)); `attempt` counts from 0. */
export function backoffMs(backoff: Backoff, attempt: number, random: Random): number {
  return random.next() * Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
}
