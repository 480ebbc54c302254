/**
 * Where the steps of a workflow would run, and what that would take: a pure function of the workflow and of what is known of the
 * servers at this moment.
 *
 * P1 candidates are the router's, in its order: who may run a step, and why another may not, is decided in one place.
 * P2 score of a candidate = run time + bytes of its inputs / bandwidth + round trip + queue, in milliseconds; candidates within
 *    a factor of two of the best count as equal, as for calls, and take turns, one run beginning where the one before it ended. What
 *    this plan gave to a server for the same moment stands in its queue (`stepMs` each): many short steps go to all that may run them.
 * P3 steps join a group by the rules by which they will (fusion.ts); inside one nothing travels.
 * P4 what nobody knows yet counts as nothing, and says so (`isKnown`).
 * Linear in commands and edges, times the candidates of a step.
 */

import { present } from '../../base/assert.ts';
import type { Expected } from './experience.ts';
import { type Fit, groupMax, growGroup, mayLead } from './fusion.ts';
import type { FusionState } from './run-io.ts';
import { inFlightMaxDefault } from './run-io.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** A gigabit a second: what is taken for the bandwidth of a link, which nobody measures yet. */
export const bytesPerMs = 125_000;
/** Scores within this factor count as equal. */
export const sameScoreFactor = 2;

/** What a step takes of a process, in milliseconds, whatever its function does (measured: 20 to 40 us where it runs). */
const stepMs = 0.03;

/** A server that may run a step. */
export interface PlaceFacts {
  readonly instance: string;
  /** The coordinator itself: no way to go. */
  readonly isHere: boolean;
  /** From here and back. */
  readonly roundTripMs: number;
  /** As far as calls have shown; absent: nobody has called it yet. */
  readonly runMs?: number | undefined;
  /** Calls that stand in the way of the next one, over its places. */
  readonly queued: number;
}

export interface PlannerPort<Place extends PlaceFacts> {
  /** In the order of the router. */
  candidatesOf(at: number): readonly Place[];
  fitOf(at: number, instance: string): Fit | undefined;
  expectedOf(functionName: string): Expected | undefined;
  /** Of the run's input. */
  readonly inputBytes: number;
  /** Plans made for runs before: of equal candidates another one comes first each time. */
  readonly turn: number;
}

export interface StepPlan<Place> {
  readonly at: number;
  /** Undefined: nobody would take it now. */
  readonly place: Place | undefined;
  /** Counts from 1; undefined: it goes alone. */
  readonly group: number | undefined;
  /** Milliseconds since the run began. */
  readonly startMs: number;
  readonly endMs: number;
  /** Of its inputs, as far as they travel. */
  readonly bytesIn: number;
  /** Of its result; undefined: not known. */
  readonly bytesOut: number | undefined;
  /** Whether what it takes is known. */
  readonly isKnown: boolean;
  /** Of its work and the queue before it, without the way there. */
  readonly workMs: number;
}

export function planWorkflow<Place extends PlaceFacts>(workflow: CheckedWorkflow, port: PlannerPort<Place>): readonly StepPlan<Place>[] {
  return new Planner(workflow, port).plan();
}

/** P2. At least a millisecond, below which nothing makes a difference. */
export function scoreOf({ runMs = 0, queued, roundTripMs, isHere }: PlaceFacts, bytes: number): number {
  return Math.max(1, runMs * (1 + queued) + (isHere ? 0 : roundTripMs + bytes / bytesPerMs));
}

/** Of at least one candidate. */
export function bestScore(candidates: readonly PlaceFacts[], bytes: number): number {
  return candidates.reduce((best, place) => Math.min(best, scoreOf(place, bytes)), Number.POSITIVE_INFINITY);
}

const nobody: ReadonlySet<number> = new Set();
const nothing: readonly number[] = [];

class Planner<Place extends PlaceFacts> {
  readonly #workflow: CheckedWorkflow;
  readonly #port: PlannerPort<Place>;
  readonly #plans: (StepPlan<Place> | undefined)[];
  /** Steps given to each server so far, and when it will have taken the last of them, in milliseconds since the run began. */
  readonly #given = new Map<string, { steps: number; untilMs: number }>();
  /** Needs of each step that are not planned. */
  readonly #unplanned: Uint32Array;
  readonly #state: FusionState;
  /** Of the candidates of the step that is being placed. */
  readonly #scores: number[] = [];
  /** When the step that looks for others to go with it begins. */
  #headStartMs = 0;
  #groups = 0;

  constructor(workflow: CheckedWorkflow, port: PlannerPort<Place>) {
    this.#workflow = workflow;
    this.#port = port;
    this.#plans = workflow.commands.map(() => undefined);
    this.#unplanned = new Uint32Array(workflow.commands.length);
    for (const [at, { needs }] of workflow.commands.entries()) this.#unplanned[at] = needs.length;
    this.#state = {
      room: inFlightMaxDefault - 1,
      missingOf: (at) => (this.#plans[at] ? undefined : this.#missingAt(at)),
      // Of steps that are not planned yet nothing is known.
      bytesOf: (at) => this.#bytesIn(at, nobody),
    };
  }

  plan(): readonly StepPlan<Place>[] {
    for (const at of this.#workflow.order) if (!this.#plans[at]) this.#planFrom(at);
    return this.#workflow.order.map((at) => present(this.#plans[at], 'a step is left out of the plan'));
  }

  /** A step whose needs are all planned, and what goes with it. */
  #planFrom(head: number): void {
    const startMs = this.#readyMs(head);
    const place = this.#choose(head, startMs);
    this.#headStartMs = startMs;
    const members = place && !place.isHere ? this.#membersOf(head, place) : nothing;
    if (members.length === 0) return this.#keep(this.#planOf(head, { place, group: undefined, together: nobody }));
    const group = ++this.#groups;
    const together = new Set([head, ...members]);
    for (const at of together) this.#keep(this.#planOf(at, { place, group, together }));
  }

  #keep(plan: StepPlan<Place>): void {
    this.#plans[plan.at] = plan;
    for (const dependent of this.#workflow.commands[plan.at]?.neededBy ?? nothing) {
      this.#unplanned[dependent] = (this.#unplanned[dependent] ?? 0) - 1;
    }
  }

  #planOf(at: number, how: { place: Place | undefined; group: number | undefined; together: ReadonlySet<number> }): StepPlan<Place> {
    const { group, together } = how;
    const place = group === undefined ? how.place : this.#placeAt(at, how.place);
    const startMs = this.#readyMs(at);
    if (place) this.#give(place, startMs);
    const name = this.#workflow.commands[at]?.command.function ?? '';
    const expected = this.#port.expectedOf(name);
    const bytesIn = place?.isHere ? 0 : this.#bytesIn(at, together);
    const isInside = group !== undefined && (this.#workflow.commands[at]?.needs ?? []).some((need) => together.has(need));
    const runMs = place?.runMs ?? expected?.runMs;
    const wayMs = place?.isHere ? 0 : isInside ? 0 : (place?.roundTripMs ?? 0);
    const workMs = (runMs ?? 0) * (1 + (place?.queued ?? 0));
    return {
      at,
      place,
      group,
      startMs,
      endMs: startMs + workMs + wayMs + bytesIn / bytesPerMs,
      bytesIn,
      bytesOut: expected?.bytes,
      // How often it is called is known when its list is there.
      isKnown: runMs !== undefined && this.#workflow.commands[at]?.command.each === undefined,
      workMs,
    };
  }

  #give({ instance }: Place, startMs: number): void {
    const given = this.#given.get(instance);
    if (!given) return void this.#given.set(instance, { steps: 1, untilMs: startMs + stepMs });
    given.steps += 1;
    given.untilMs = Math.max(given.untilMs, startMs) + stepMs;
  }

  #placeAt(at: number, head: Place | undefined): Place | undefined {
    return this.#port.candidatesOf(at).find(({ instance }) => instance === head?.instance);
  }

  /** P2. */
  #choose(at: number, startMs: number): Place | undefined {
    const candidates = this.#port.candidatesOf(at);
    if (candidates.length <= 1) return candidates[0];
    const bytes = this.#bytesIn(at, nobody);
    const scores = this.#scores;
    let best = Number.POSITIVE_INFINITY;
    for (const [number, place] of candidates.entries()) {
      const score = scoreOf(place, bytes) + this.#waitMs(place, startMs);
      scores[number] = score;
      best = Math.min(best, score);
    }
    const most = best * sameScoreFactor;
    const first = this.#port.turn % candidates.length;
    let chosen: Place | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let next = 0; next < candidates.length; next += 1) {
      const number = (first + next) % candidates.length;
      const place = candidates[number];
      if (!place || (scores[number] ?? 0) > most) continue;
      const given = this.#given.get(place.instance)?.steps ?? 0;
      if (given >= fewest) continue;
      chosen = place;
      fewest = given;
    }
    return chosen;
  }

  /** For what it has been given for the same moment. */
  #waitMs({ instance }: Place, startMs: number): number {
    return Math.max(0, (this.#given.get(instance)?.untilMs ?? 0) - startMs);
  }

  #membersOf(head: number, place: Place): readonly number[] {
    const question = { head, workflow: this.#workflow, state: this.#state };
    if (!mayLead(question)) return nothing;
    return growGroup({ fitOf: (at) => this.#port.fitOf(at, place.instance), ...question });
  }

  /** Needs that would not be done when the head begins; more than a group can hold are not counted to the end. */
  #missingAt(at: number): number {
    let count = this.#unplanned[at] ?? 0;
    if (count > groupMax) return count;
    for (const need of this.#workflow.commands[at]?.needs ?? nothing) {
      const plan = this.#plans[need];
      if (plan && plan.endMs > this.#headStartMs) count += 1;
      if (count > groupMax) return count;
    }
    return count;
  }

  #readyMs(at: number): number {
    const needs = this.#workflow.commands[at]?.needs ?? [];
    return needs.reduce((latest, need) => Math.max(latest, this.#plans[need]?.endMs ?? 0), 0);
  }

  /** Arguments as they are written, and the results that go into them, but for those of steps that go together with it. */
  #bytesIn(at: number, together: ReadonlySet<number>): number {
    const checked = this.#workflow.commands[at];
    if (!checked) return 0;
    const { args } = checked.command;
    let bytes = args.value.bytes.length;
    for (const [hole, giver] of checked.givers.entries()) {
      if (giver >= 0) bytes += together.has(giver) ? 0 : (this.#plans[giver]?.bytesOut ?? 0);
      else if (args.holes[hole]?.source.kind === 'input') bytes += this.#port.inputBytes;
    }
    return bytes;
  }
}
