/**
 * What all calls of one function in this process may spend on retries and hedges beyond their first attempts.
 *
 * Y1 tokens: 10 to begin with and at most; a paid attempt takes one, a success gives a tenth back. While everything
 *    fails, at most ten attempts are paid, whatever the calls; in the long run one for ten successes.
 * Y2 a window: of the attempts of the last 10 s at most a tenth are paid, or 3 a second where that is more.
 * Y3 hedges pay the same, and beyond it are at most every twentieth attempt; ten may be saved up.
 * Y4 nothing is done for a call that fails not: successes and attempts are counted by the router, and looked up here.
 * Y5 while there is no room for most, nobody is paid for: a call that was refused (`overloaded`) takes what is left of a token
 *    that is not whole, so that a retry takes ten successes with no refusal between them.
 * (Finagle's retry budget and gRPC's retry throttling, gRFC A6, in one.)
 */

import type { FunctionStats } from '../../core/catalog/server-state.ts';

/** Tokens of a function that has not failed; also the most that it has. */
export const tokensMax = 10;
export const tokensPerSuccess = 0.1;
export const windowMs = 10_000;
export const paidShareMax = 0.1;
/** Paid attempts that are allowed however few attempts there are. */
export const paidPerSecondMin = 3;

export const hedgesPerAttempt = 0.05;
const savedHedgesMax = 10;

const markIntervalMs = 1_000;

/** The counts as they were at one moment. */
interface Mark {
  readonly atMs: number;
  readonly attempts: number;
  readonly paid: number;
}

export class RetryBudget {
  readonly #stats: FunctionStats;
  #tokens = tokensMax;
  #successes: number;
  #hedges: number;
  #attempts: number;
  #paid = 0;
  /** Oldest first; the first one opens the window. */
  readonly #marks: Mark[];

  /** Of a function of which a call has just failed, or been slow, for the first time. */
  constructor(stats: FunctionStats, nowMs: number) {
    this.#stats = stats;
    this.#successes = stats.successes;
    this.#attempts = stats.attempts;
    this.#hedges = Math.min(savedHedgesMax, stats.attempts * hedgesPerAttempt);
    this.#marks = [{ atMs: nowMs, attempts: stats.attempts, paid: 0 }];
  }

  /** Pays for one attempt; false: there is nothing left to pay with. */
  take(nowMs: number): boolean {
    this.#earn();
    this.#mark(nowMs);
    if (this.#tokens < 1 || this.#paid - this.#opening.paid >= this.#paidMax()) return false;
    this.#tokens -= 1;
    this.#paid += 1;
    return true;
  }

  /** There was no room for a call (Y5): a retry would only take the place of another. */
  refused(): void {
    this.#earn();
    if (this.#tokens < 1) this.#tokens = 0;
  }

  /** Pays for one hedge (Y3). */
  takeHedge(nowMs: number): boolean {
    const { attempts } = this.#stats;
    this.#hedges = Math.min(savedHedgesMax, this.#hedges + hedgesPerAttempt * (attempts - this.#attempts));
    this.#attempts = attempts;
    if (this.#hedges < 1 || !this.take(nowMs)) return false;
    this.#hedges -= 1;
    return true;
  }

  get #opening(): Mark {
    return this.#marks[0] ?? { atMs: 0, attempts: 0, paid: 0 };
  }

  /** Between two takes tokens only grow: what the successes since the last one gave may be added at once. */
  #earn(): void {
    const { successes } = this.#stats;
    this.#tokens = Math.min(tokensMax, this.#tokens + tokensPerSuccess * (successes - this.#successes));
    this.#successes = successes;
  }

  #mark(nowMs: number): void {
    // The newest mark outside the window opens it: what is counted covers 10 s at least.
    while (this.#marks[1] && nowMs - this.#marks[1].atMs >= windowMs) this.#marks.shift();
    const last = this.#marks.at(-1);
    if (last && nowMs - last.atMs < markIntervalMs) return;
    this.#marks.push({ atMs: nowMs, attempts: this.#stats.attempts, paid: this.#paid });
  }

  /** Y2. */
  #paidMax(): number {
    const attempts = this.#stats.attempts - this.#opening.attempts;
    return Math.max((paidPerSecondMin * windowMs) / 1_000, paidShareMax * attempts);
  }
}
