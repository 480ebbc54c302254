/**
 * Plans of workflows as this server sees the fabric (core/workflow/planner.ts, coordinator.ts): the one that `explain` shows is the
 * one that the next run of the same workflow keeps to.
 *
 * R1 candidates are the router's, found once for each different demand.
 * R2 a run whose steps have one place each to go to, none of them far, needs no plan: none is made.
 */

import type { Clock } from '../../base/clock.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import type { Router } from '../../core/routing/router.ts';
import { chooseCoordinator, worthMs } from '../../core/workflow/coordinator.ts';
import type { Experience } from '../../core/workflow/experience.ts';
import { type PlaceFacts, planWorkflow, type StepPlan } from '../../core/workflow/planner.ts';
import type { StepSeats } from '../../core/workflow/record.ts';
import type { CheckedWorkflow } from '../../core/workflow/workflow.ts';
import { runMsOf, wayMsOf } from '../call/placement.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import { type Demands, demandsOf, Surroundings } from './step-demands.ts';

export interface RunPlannerOptions {
  readonly router: Router;
  readonly clock: Clock;
  /** Instance of this server. */
  readonly instance: string;
  readonly experience: Experience;
  /** Whether a run can be handed to this server now. */
  readonly isReachable: (instance: string) => boolean;
}

export interface Place extends PlaceFacts {
  readonly offer: Offer;
}

export interface RunPlan {
  readonly steps: readonly StepPlan<Place>[];
  /** To be handed over to this server; undefined: coordinated here. */
  readonly coordinator?: { readonly server: PeerIdentity; readonly hereMs: number; readonly thereMs: number } | undefined;
}

export class RunPlanner {
  readonly #options: RunPlannerOptions;
  readonly #demands = new WeakMap<CheckedWorkflow, Demands>();
  #turn = 0;

  constructor(options: RunPlannerOptions) {
    this.#options = options;
  }

  /** What would run where, now. `inputBytes`: of the run's input. */
  plan(workflow: CheckedWorkflow, inputBytes: number): RunPlan {
    return this.#plan(this.#around(workflow), inputBytes);
  }

  /** For a run that begins; undefined: there is nothing to choose (R2). The next plan is another turn's. */
  planRun(workflow: CheckedWorkflow, inputBytes: number): RunPlan | undefined {
    const around = this.#around(workflow);
    if (!around.hasChoice && around.wayMsMost() < worthMs) return undefined;
    const plan = this.#plan(around, inputBytes);
    this.#turn += 1;
    return plan;
  }

  /** What an offer looks like now, from the server that coordinates. */
  placeOf(offer: Offer, coordinator = this.#options.instance): Place {
    const { server, record, inFlight } = offer;
    const places = record.concurrency ?? Number.POSITIVE_INFINITY;
    return {
      offer,
      instance: server.instance,
      isHere: server.instance === coordinator,
      roundTripMs: wayMsOf(offer),
      runMs: this.#options.experience.runMsAt(record.name, server.name) ?? runMsOf(offer),
      queued: Math.max(0, inFlight + 1 - places) / places,
    };
  }

  #around(workflow: CheckedWorkflow): Surroundings {
    const demands = this.#demands.get(workflow) ?? demandsOf(workflow);
    this.#demands.set(workflow, demands);
    return new Surroundings(this.#options, workflow, demands);
  }

  #plan(around: Surroundings, inputBytes: number): RunPlan {
    const steps = this.#stepsFrom(undefined, around, inputBytes);
    const choice = chooseCoordinator(around.workflow, steps, inputBytes);
    if (!choice || !this.#options.isReachable(choice.place.instance)) return { steps };
    const { offer } = choice.place;
    const chosen = new Map(steps.flatMap(({ at, place }) => (place ? [[at, place.offer] as const] : [])));
    const there = this.#stepsFrom({ instance: offer.server.instance, chosen }, around, inputBytes);
    const headStartMs = choice.thereMs - Math.max(0, ...there.map(({ endMs }) => endMs));
    const later = there.map((step) => ({ ...step, startMs: step.startMs + headStartMs, endMs: step.endMs + headStartMs }));
    return { steps: later, coordinator: { server: offer.server, hereMs: choice.hereMs, thereMs: choice.thereMs } };
  }

  #stepsFrom(
    other: { readonly instance: string; readonly chosen: ReadonlyMap<number, Offer> } | undefined,
    around: Surroundings,
    inputBytes: number,
  ): readonly StepPlan<Place>[] {
    const { experience } = this.#options;
    const places = new Map<Offer, Place>();
    const placeOf = (offer: Offer): Place => {
      const known = places.get(offer) ?? this.placeOf(offer, other?.instance);
      places.set(offer, known);
      return known;
    };
    const lists = new Map<readonly Offer[], readonly Place[]>();
    const candidatesOf = (at: number): readonly Place[] => {
      const chosen = other?.chosen.get(at);
      if (other) return chosen ? [placeOf(chosen)] : [];
      const offers = around.offersOf(at);
      const known = lists.get(offers) ?? offers.map(placeOf);
      lists.set(offers, known);
      return known;
    };
    return planWorkflow<Place>(around.workflow, {
      inputBytes,
      turn: this.#turn,
      candidatesOf,
      fitOf: (at, instance) => around.fitOf(at, instance),
      expectedOf: (name) => experience.find(name),
    });
  }
}

/** A plan as a run keeps it, wherever it is coordinated. */
export function seatsOf(workflow: CheckedWorkflow, { steps }: RunPlan): StepSeats {
  const numbers = new Map<string, number>();
  const of: number[] = workflow.commands.map(() => 0);
  for (const { at, place } of steps) {
    if (!place) continue;
    const number = numbers.get(place.instance) ?? numbers.size + 1;
    numbers.set(place.instance, number);
    of[at] = number;
  }
  return { servers: [...numbers.keys()], of };
}
