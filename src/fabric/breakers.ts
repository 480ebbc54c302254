/**
 * Signatures first; the bodies follow.
 */

import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Catalog } from '../core/catalog/catalog.ts';
import type { Offer, ServerState } from '../core/catalog/server-state.ts';
import type { ErrorCode } from '../errors.ts';
import type { Observer } from '../observe/observer.ts';

/** Leave to send one attempt, valid for one outcome. 0: refused. */
export type Permit = number;

/** How one attempt failed. */
export interface AttemptFailure {
  readonly code: ErrorCode;
  readonly elapsedMs: number;
}

/** One breaker that is not closed. */
export interface BreakerView {
  readonly server: string;
  /** Absent: the breaker of the whole server. */
  readonly function: string | undefined;
  readonly state: 'open' | 'ready' | 'probing';
  readonly untilMs: number;
}

export interface BreakersOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly random: Random;
  readonly observer: Observer;
}

export declare class Breakers {
  constructor(options: BreakersOptions);
  /** Two comparisons while both breakers of the offer are closed. Every permit is followed by one outcome below. */
  admit(offer: Offer): Permit;
  /** The server answered without error. */
  succeeded(offer: Offer, permit: Permit): void;
  /** The attempt ended with a code; the error table says whether it counts. */
  failed(offer: Offer, permit: Permit, failure: AttemptFailure): void;
  /** The attempt says nothing (cancelled before it was sent): a probe's token is given back. */
  abandoned(offer: Offer, permit: Permit): void;
  /** A link to the server has just been opened: its probe is granted at once. */
  linkOpened(server: ServerState): void;
  /** The breakers that are not closed. */
  describe(): readonly BreakerView[];
  /** Drops all timers. */
  close(): void;
}
