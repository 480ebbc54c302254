/**
 * Signatures first; the bodies follow.
 */

import type { Random } from '../../base/random.ts';
import type { ErrorCode, HeddleErrorOf } from '../../errors.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { OfferQuery } from '../catalog/match.ts';
import type { Offer } from '../catalog/server-state.ts';

/** Instances that a call has tried already, with what came of it: never picked again. */
export type Tried = ReadonlyMap<string, ErrorCode>;

/** Monotonic and wall-clock milliseconds of the same instant. */
export interface Moment {
  readonly nowMs: number;
  readonly wallMs: number;
}

/** One offer of the function and what speaks for or against it. */
export interface OfferVerdict {
  readonly offer: Offer;
  readonly isUsable: boolean;
  /** "picked from tier 1", "lacks gpu", "version 1.0.0 is not in ^2", "breaker open until 12:00:03Z". */
  readonly why: string;
}

export interface RouteExplanation {
  readonly function: string;
  readonly verdicts: readonly OfferVerdict[];
  /** When a refused offer may be tried again at the earliest (a breaker's probe), in monotonic milliseconds. */
  readonly retryAtMs: number | undefined;
}

export interface RouterOptions {
  readonly catalog: Catalog;
  readonly random: Random;
}

export declare class Router {
  constructor(options: RouterOptions);
  /** The offer to send the next attempt to, or undefined: then `refusal` says why. */
  pick(query: OfferQuery, tried: Tried | undefined, nowMs: number): Offer | undefined;
  /** Why `pick` found nothing: no_such_function, no_matching_offer or no_route, with the reason of each offer. */
  refusal(query: OfferQuery, tried: Tried | undefined, moment: Moment): HeddleErrorOf<'no_such_function'> | HeddleErrorOf<'no_matching_offer'> | HeddleErrorOf<'no_route'>;
  explain(query: OfferQuery, tried: Tried | undefined, moment: Moment): RouteExplanation;
  /** An attempt went out to `offer`: pair it with one of the four below. */
  started(offer: Offer): void;
  /** The server answered, whatever it said, `elapsedMs` after the attempt began. */
  answered(offer: Offer, elapsedMs: number, nowMs: number): void;
  /** No answer came (lost, unreachable, out of time): charged at once. */
  failed(offer: Offer, elapsedMs: number, nowMs: number): void;
  /** The server answered `overloaded`. */
  shed(offer: Offer, nowMs: number): void;
  /** The attempt says nothing about the server (cancelled, draining, not offered any more). */
  released(offer: Offer): void;
}
