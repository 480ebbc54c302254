/**
 * Where the steps of one run go: by its plan, as long as that is still a good one.
 *
 * S1 a step goes where the plan says while that server may be chosen and has not just been full, its score is not far above the best,
 *    and it has no more calls from here under way than it would have in turn, or than are over in a moment: what runs in this
 *    process never has any under way, and would take all of a thousand short steps.
 * S2 otherwise, and where there is no plan, the router chooses as for any call.
 */

import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import type { RouteQuery, Router } from '../../core/routing/router.ts';
import { isSameDemand } from '../../core/workflow/offer-source.ts';
import { bestScore, sameScoreFactor, scoreOf } from '../../core/workflow/planner.ts';
import type { StepSeats, WireCommand } from '../../core/workflow/record.ts';
import { queryOf } from '../call/placement.ts';
import type { RunPlanner } from './run-planner.ts';

/** A server that had no place for a call is not insisted on for so long, in milliseconds. */
const shedMs = 1_000;
/** Calls more than another candidate has that make no difference yet. */
const loadSlack = 8;
/** Work under way, in milliseconds, that makes none either; nor does a score that is so much worse. */
const msSlack = 5;

export interface StepPlacesOptions {
  readonly router: Router;
  readonly clock: Clock;
  readonly planner: Pick<RunPlanner, 'placeOf'>;
  readonly seats: StepSeats;
}

export class StepPlaces {
  readonly #options: StepPlacesOptions;
  /** The last step that was asked for, and what it asks of the router. */
  #asked: { readonly command: WireCommand; readonly query: RouteQuery } | undefined;

  constructor(options: StepPlacesOptions) {
    this.#options = options;
  }

  /** The planned offer of the step at this position, if it is to go there. `bytes`: of its arguments, as far as they are known. */
  find(at: number, command: WireCommand, bytes: number): Offer | undefined {
    const { router, clock, planner, seats } = this.#options;
    const seat = seats.of[at] ?? 0;
    if (seat === 0) return undefined;
    const nowMs = clock.nowMs();
    const candidates = router.candidates(this.#queryOf(command), nowMs);
    const instance = seats.servers[seat - 1];
    const offer = candidates.find(({ server }) => server.instance === instance);
    if (!offer) return undefined;
    const isShedding = offer.shedLoad > 0 && nowMs - offer.shedAtMs < shedMs;
    if (isShedding) return undefined;
    const place = planner.placeOf(offer);
    const score = scoreOf(place, bytes);
    // The best is a millisecond at least: what is quick needs no comparison.
    if (score > sameScoreFactor + msSlack) {
      const places = candidates.map((candidate) => planner.placeOf(candidate));
      if (score > bestScore(places, bytes) * sameScoreFactor + msSlack) return undefined;
    }
    const least = candidates.reduce((fewest, { inFlight }) => Math.min(fewest, inFlight), Number.POSITIVE_INFINITY);
    const isInTurn = offer.inFlight <= least * sameScoreFactor + loadSlack;
    const { runMs = Number.POSITIVE_INFINITY } = place;
    return isInTurn || offer.inFlight * runMs <= msSlack ? offer : undefined;
  }

  /** A thousand steps in a row may ask for the same. */
  #queryOf(command: WireCommand): RouteQuery {
    if (!this.#asked || !isSameDemand(this.#asked.command, command)) this.#asked = { command, query: queryOf(command) };
    return this.#asked.query;
  }
}
