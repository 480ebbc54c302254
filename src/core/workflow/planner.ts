/**
 * Where the steps of a workflow would run, and what that would take: a pure function of the workflow and of what is known of the
 * servers at this moment.
 *
 * P1 candidates are the router's, in its order: who may run a step, and why another may not, is decided in one place.
 * P2 score of a candidate = run time + bytes of its inputs / bandwidth + round trip + queue, in milliseconds; candidates within
 *    a factor of two of the best count as equal, as for calls, and take turns, one run beginning where the one before it ended.
 * P3 steps join a group by the rules by which they will (fusion.ts); inside one nothing travels.
 * P4 what nobody knows yet counts as nothing, and says so (`isKnown`).
 * Linear in commands and edges, times the candidates of a step.
 */

import type { Expected } from './experience.ts';
import { type Fit, groupMax, growGroup, mayLead } from './fusion.ts';
import type { FusionState } from './run-io.ts';
import { inFlightMaxDefault } from './run-io.ts';
import type { CheckedWorkflow } from './workflow.ts';

/** A gigabit a second: what is taken for the bandwidth of a link, which nobody measures yet. */
export const bytesPerMs = 125_000;
/** Scores within this factor count as equal. */
export const sameScoreFactor = 2;

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

class Planner<Place extends PlaceFacts> {
  readonly #workflow: CheckedWorkflow;
  readonly #port: PlannerPort<Place>;
  readonly #plans: (StepPlan<Place> | undefined)[];
  /** Steps given to each server so far. */
  readonly #given = new Map<string, number>();
  #groups = 0;

  constructor(workflow: CheckedWorkflow, port: PlannerPort<Place>) {
    this.#workflow = workflow;
    this.#port = port;
    this.#plans = workflow.commands.map(() => undefined);
  }

  plan(): readonly StepPlan<Place>[] {
    for (const at of this.#workflow.order) if (!this.#plans[at]) this.#planFrom(at);
    return this.#workflow.order.flatMap((at) => this.#plans[at] ?? []);
  }

  /** A step whose needs are all planned, and what goes with it. */
  #planFrom(head: number): void {
    const startMs = this.#readyMs(head);
    const place = this.#choose(head);
    const members = place && !place.isHere ? this.#membersOf(head, place, startMs) : [];
    const group = members.length === 0 ? undefined : ++this.#groups;
    const together = new Set([head, ...members]);
    for (const at of together) this.#plans[at] = this.#planOf(at, { place, group, together });
  }

  #planOf(at: number, how: { place: Place | undefined; group: number | undefined; together: ReadonlySet<number> }): StepPlan<Place> {
    const { group, together } = how;
    const place = group === undefined ? how.place : this.#placeAt(at, how.place);
    if (place) this.#given.set(place.instance, (this.#given.get(place.instance) ?? 0) + 1);
    const name = this.#workflow.commands[at]?.command.function ?? '';
    const expected = this.#port.expectedOf(name);
    const bytesIn = place?.isHere ? 0 : this.#bytesIn(at, together);
    const isInside = group !== undefined && (this.#workflow.commands[at]?.needs ?? []).some((need) => together.has(need));
    const startMs = this.#readyMs(at);
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

  #placeAt(at: number, head: Place | undefined): Place | undefined {
    return this.#port.candidatesOf(at).find(({ instance }) => instance === head?.instance);
  }

  /** P2. */
  #choose(at: number): Place | undefined {
    const candidates = this.#port.candidatesOf(at);
    if (candidates.length <= 1) return candidates[0];
    const bytes = this.#bytesIn(at, nobody);
    const most = bestScore(candidates, bytes) * sameScoreFactor;
    const first = this.#port.turn % candidates.length;
    let chosen: Place | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (let next = 0; next < candidates.length; next += 1) {
      const place = candidates[(first + next) % candidates.length];
      if (!place || scoreOf(place, bytes) > most) continue;
      const given = this.#given.get(place.instance) ?? 0;
      if (given >= fewest) continue;
      chosen = place;
      fewest = given;
    }
    return chosen;
  }

  #membersOf(head: number, place: Place, startMs: number): readonly number[] {
    const state: FusionState = {
      room: inFlightMaxDefault - 1,
      missingOf: (at) => (this.#plans[at] ? undefined : this.#missingAt(at, startMs)),
      bytesOf: (at) => this.#bytesIn(at, new Set(this.#workflow.commands[at]?.needs.filter((need) => !this.#plans[need]))),
    };
    const question = { head, workflow: this.#workflow, state };
    if (!mayLead(question)) return [];
    return growGroup({ ...question, fitOf: (at) => this.#port.fitOf(at, place.instance) });
  }

  /** Needs that would not be done when the head begins; more than a group can hold are not counted to the end. */
  #missingAt(at: number, startMs: number): number {
    let count = 0;
    for (const need of this.#workflow.commands[at]?.needs ?? []) {
      count += Number((this.#plans[need]?.endMs ?? Number.POSITIVE_INFINITY) > startMs);
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
    const args = this.#workflow.commands[at]?.command.args;
    if (!args) return 0;
    let bytes = args.value.bytes.length;
    for (const { source } of args.holes) {
      if (source.kind === 'input') bytes += this.#port.inputBytes;
      else if (source.kind === 'step') {
        const from = this.#workflow.positions.get(source.step);
        if (from !== undefined && !together.has(from)) bytes += this.#plans[from]?.bytesOut ?? 0;
      }
    }
    return bytes;
  }
}
