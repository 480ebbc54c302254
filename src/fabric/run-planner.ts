/**
 * Plans of workflows as this server sees the fabric (core/workflow/planner.ts): the one that `explain` shows is the one that the
 * next run of the same workflow keeps to.
 *
 * R1 candidates are the router's, found once for each different demand.
 * R2 a run whose steps have one place each to go to needs no plan: none is made.
 */

import type { Clock } from '../base/clock.ts';
import type { Offer } from '../core/catalog/server-state.ts';
import type { Router } from '../core/routing/router.ts';
import { shapeOf } from '../core/routing/shape.ts';
import type { Experience } from '../core/workflow/experience.ts';
import type { Fit } from '../core/workflow/fusion.ts';
import { type PlaceFacts, planWorkflow, type StepPlan } from '../core/workflow/planner.ts';
import type { CheckedWorkflow } from '../core/workflow/workflow.ts';
import { fitAt, queryOf, runMsOf, wayMsOf } from './placement.ts';

export interface RunPlannerOptions {
  readonly router: Router;
  readonly clock: Clock;
  /** Instance of this server, which would coordinate. */
  readonly instance: string;
  readonly experience: Experience;
}

export interface Place extends PlaceFacts {
  readonly offer: Offer;
}

export class RunPlanner {
  readonly #options: RunPlannerOptions;
  #turn = 0;

  constructor(options: RunPlannerOptions) {
    this.#options = options;
  }

  /** What would run where, now. `inputBytes`: of the run's input. */
  plan(workflow: CheckedWorkflow, inputBytes: number): readonly StepPlan<Place>[] {
    return this.#plan(new Surroundings(this.#options, workflow), inputBytes);
  }

  /** By position the server that each step of a run is to go to; undefined: there is nothing to choose (R2). The next plan is another turn's. */
  placesFor(workflow: CheckedWorkflow, inputBytes: number): readonly (Place | undefined)[] | undefined {
    const around = new Surroundings(this.#options, workflow);
    if (!around.hasChoice) return undefined;
    const places: (Place | undefined)[] = workflow.commands.map(() => undefined);
    for (const { at, place } of this.#plan(around, inputBytes)) places[at] = place;
    this.#turn += 1;
    return places;
  }

  /** What an offer looks like now. */
  placeOf(offer: Offer): Place {
    const { server, record, inFlight } = offer;
    const places = record.concurrency ?? Number.POSITIVE_INFINITY;
    return {
      offer,
      instance: server.instance,
      isHere: server.instance === this.#options.instance,
      roundTripMs: wayMsOf(offer),
      runMs: this.#options.experience.runMsAt(record.name, server.name) ?? runMsOf(offer),
      queued: Math.max(0, inFlight + 1 - places) / places,
    };
  }

  #plan(around: Surroundings, inputBytes: number): readonly StepPlan<Place>[] {
    const { experience } = this.#options;
    const placesOf = new Map<readonly Offer[], readonly Place[]>();
    return planWorkflow<Place>(around.workflow, {
      inputBytes,
      turn: this.#turn,
      candidatesOf: (at) => {
        const offers = around.offersOf(at);
        const known = placesOf.get(offers) ?? offers.map((offer) => this.placeOf(offer));
        placesOf.set(offers, known);
        return known;
      },
      fitOf: (at, instance) => around.fitOf(at, instance),
      expectedOf: (name) => experience.find(name),
    });
  }
}

/** Who may run the steps of one workflow at one moment. */
class Surroundings {
  readonly workflow: CheckedWorkflow;
  readonly #options: RunPlannerOptions;
  readonly #nowMs: number;
  /** By demand. */
  readonly #offers = new Map<string, readonly Offer[]>();
  readonly #fits = new Map<string, Fit | undefined>();
  readonly #keys: readonly string[];

  constructor(options: RunPlannerOptions, workflow: CheckedWorkflow) {
    this.workflow = workflow;
    this.#options = options;
    this.#nowMs = options.clock.nowMs();
    this.#keys = workflow.commands.map(({ command }) => `${command.function}\n${shapeOf(queryOf(command))}`);
  }

  get hasChoice(): boolean {
    return this.#keys.some((_key, at) => this.offersOf(at).length > 1);
  }

  offersOf(at: number): readonly Offer[] {
    const key = this.#keys[at] ?? '';
    const known = this.#offers.get(key);
    if (known) return known;
    const command = this.workflow.commands[at]?.command;
    const offers = command ? this.#options.router.candidates(queryOf(command), this.#nowMs) : [];
    this.#offers.set(key, offers);
    return offers;
  }

  /** Looked up once for each demand and server: a thousand steps of one function ask the same. */
  fitOf(at: number, instance: string): Fit | undefined {
    const key = `${instance}\n${this.#keys[at]}`;
    if (this.#fits.has(key)) return this.#fits.get(key);
    const command = this.workflow.commands[at]?.command;
    const fit = command && fitAt(this.#options.router, command, { instance, nowMs: this.#nowMs });
    this.#fits.set(key, fit);
    return fit;
  }
}
