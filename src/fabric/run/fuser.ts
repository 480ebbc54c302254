/**
 * The groups of one run, as this server sees the fabric: the head goes where the plan says, or any call of it would go now, and
 * takes along what might have gone there as well (core/workflow/fusion.ts).
 *
 * G1 the router chooses, as for a call; nothing is sent to a server that has no open link, no room, or a breaker that is not closed.
 * G2 what runs in this process goes alone: there is no trip to save. So does what takes nobody along, where the plan says.
 */

import { present } from '../../base/assert.ts';
import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import type { Router } from '../../core/routing/router.ts';
import { type Fit, growGroup, mayLead } from '../../core/workflow/fusion.ts';
import type { StepSeats } from '../../core/workflow/record.ts';
import type { Fusion, FusionState } from '../../core/workflow/run-io.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import type { OfferLinks } from '../call/offer-routing.ts';
import { fitAt, isOpen, queryOf } from '../call/placement.ts';
import type { RunPlanner } from './run-planner.ts';
import { StepPlaces } from './step-places.ts';

export interface FuserOptions {
  readonly clock: Clock;
  readonly router: Router;
  readonly links: Pick<OfferLinks, 'find'>;
  readonly planner: Pick<RunPlanner, 'placeOf'>;
  /** Absent: the run has no plan. */
  readonly seats?: StepSeats | undefined;
  /** Instance of this server. */
  readonly instance: string;
}

/** Where a group goes: the offer of each of its steps, the head's first. */
export interface GroupPlace {
  readonly routes: readonly Offer[];
}

/** A step that takes nobody along. */
interface Alone {
  readonly place: GroupPlace;
  readonly members: readonly number[];
}

export class Fuser implements Fusion {
  readonly #options: FuserOptions;
  readonly #workflow: CheckedWorkflow;
  readonly #places: StepPlaces | undefined;
  readonly #alone = new Map<Offer, Alone>();

  constructor(options: FuserOptions, workflow: CheckedWorkflow) {
    this.#options = options;
    this.#workflow = workflow;
    const { seats } = options;
    this.#places = seats && new StepPlaces({ ...options, seats });
  }

  groupOf(head: number, state: FusionState): { readonly place: GroupPlace; readonly members: readonly number[] } | undefined {
    const command = this.#workflow.commands[head]?.command;
    if (!command) return undefined;
    const planned = this.#places?.find(head, command, state.bytesOf(head));
    const alone = planned && this.#aloneAt(planned);
    const question = { head, workflow: this.#workflow, state };
    if (!mayLead(question)) return alone;
    const { router, clock, instance, links } = this.#options;
    const first = planned ?? router.pick(queryOf(command), undefined, clock.nowMs());
    if (!first || first.server.instance === instance || !isOpen(first) || links.find(first.server.instance)?.isFull !== false) return alone;
    const offers = new Map<number, Offer>([[head, first]]);
    const members = growGroup({ fitOf: (at) => this.#fit(at, first.server.instance, offers), ...question });
    const routes = [first];
    for (const at of members) routes.push(present(offers.get(at), 'a step joined a group without an offer'));
    return { place: { routes }, members };
  }

  #aloneAt(offer: Offer): Alone {
    const known = this.#alone.get(offer) ?? { place: { routes: [offer] }, members: [] };
    this.#alone.set(offer, known);
    return known;
  }

  #fit(at: number, instance: string, offers: Map<number, Offer>): Fit | undefined {
    const command = this.#workflow.commands[at]?.command;
    const found = command && fitAt(this.#options.router, queryOf(command), { instance, nowMs: this.#options.clock.nowMs() });
    if (found) offers.set(at, found.offer);
    return found;
  }
}
