/**
 * Which of the ready steps start now: lanes take turns, within the limit of the run and of each lane.
 *
 * H1 a step that can start starts in the same turn; one that cannot is told why, again only when the reason changes.
 * H2 lanes take turns, so that 10,000 ready steps of one function do not hold up the one of another.
 * H3 constant per step, whatever the number of lanes.
 */

import { present } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import { HeddleError } from '../../errors.ts';
import { Fifo } from './fifo.ts';
import { Lane } from './lane.ts';
import { isSameDemand, queryKey } from './offer-source.ts';
import type { WaitReason, WireCommand } from './record.ts';
import type { RunInput, RunSettings } from './run-io.ts';
import { inFlightMaxDefault } from './run-io.ts';

export interface Held {
  readonly at: number;
  readonly reason: WaitReason;
}

export class Schedule {
  /** By position of the step, then of the elements of steps that map a list, as they were adopted. */
  readonly #lanes: Lane[];
  readonly #turns = new Fifo<Lane>();
  readonly #paused = new Set<Lane>();
  readonly #random: Random;
  readonly #inFlightMax: number;
  #inFlight = 0;
  /** Steps that were queued since the last `takeHeld`. */
  #fresh: number[] = [];
  /** Lanes that have become full since then. */
  #filled: Lane[] = [];
  readonly #isQueued = new Set<number>();
  /** What each held step was last told. */
  readonly #told = new Map<number, WaitReason['kind']>();

  constructor(settings: RunSettings) {
    this.#lanes = lanesOf(settings.workflow.commands.map(({ command }) => command));
    this.#random = settings.random;
    this.#inFlightMax = settings.inFlightMax ?? inFlightMaxDefault;
  }

  /** A step is ready. */
  queue(at: number): void {
    const lane = this.#laneOf(at);
    lane.queue.push(at);
    this.#isQueued.add(at);
    this.#fresh.push(at);
    this.#list(lane);
  }

  /** A step is called for this many elements: they take its lane. Gives what the first is called, the others follow. */
  adopt(at: number, elements: number): number {
    const first = this.#lanes.length;
    const lane = this.#laneOf(at);
    for (let element = 0; element < elements; element += 1) this.#lanes.push(lane);
    return first;
  }

  /** A step was refused for want of a place: back into its lane; gives the reason. */
  requeue(at: number): WaitReason {
    this.queue(at);
    return full(this.#laneOf(at));
  }

  /** Further steps that may be in flight. */
  get room(): number {
    return Math.max(0, this.#inFlightMax - this.#inFlight);
  }

  /** A step that was never queued is shipped with another: it counts for the run, and for its lane when it begins. */
  shipped(): void {
    this.#inFlight += 1;
  }

  began(at: number): void {
    this.#laneOf(at).started(at);
  }

  /** A shipped step has ended that never began. */
  leftUnbegun(): void {
    this.#inFlight -= 1;
  }

  /** An attempt of a step's call went to this server. */
  sent(at: number, server: string, nowMs: number): void {
    const lane = this.#laneOf(at);
    lane.sent(at, server);
    if (lane.hasRoom(nowMs)) this.#list(lane);
  }

  /** A step's call has ended: what it says about places. */
  ended(at: number, { end, freeSlots }: Pick<Extract<RunInput, { kind: 'stepSettled' }>, 'end' | 'freeSlots'>, nowMs: number): void {
    const lane = this.#laneOf(at);
    this.#inFlight -= 1;
    if (!end.ok && HeddleError.is(end.error, 'overloaded'))
      lane.shed(at, { nowMs, retryAfterMs: end.error.detail.retryAfterMs }, this.#random);
    else if (end.ok || freeSlots !== undefined) lane.answered(at, freeSlots);
    else lane.ended(at);
    if (lane.pausedUntilMs > nowMs) this.#paused.add(lane);
    if (lane.hasRoom(nowMs)) this.#list(lane);
    else if (!lane.isKnownFull) this.#filled.push(lane);
    lane.isKnownFull ||= !lane.hasRoom(nowMs);
  }

  /** Takes the steps that start now. */
  takeStartable(nowMs: number): readonly number[] {
    for (const lane of this.#paused) if (lane.pausedUntilMs <= nowMs) this.#resume(lane);
    let startable: number[] | undefined;
    while (this.#inFlight < this.#inFlightMax) {
      const lane = this.#turns.shift();
      if (!lane) break;
      lane.isListed = false;
      const at = lane.hasRoom(nowMs) ? lane.queue.shift() : undefined;
      if (at === undefined) continue;
      this.#isQueued.delete(at);
      this.#inFlight += 1;
      lane.started(at);
      if (startable) startable.push(at);
      else startable = [at];
      this.#list(lane);
    }
    return startable ?? nobody;
  }

  /** Takes the steps that are held back, each once for one reason. */
  takeHeld(nowMs: number): readonly Held[] {
    if (this.#fresh.length === 0 && this.#filled.length === 0) return none;
    const waiting = this.#filled.length === 0 ? this.#fresh : [...this.#fresh, ...this.#filled.flatMap((lane) => [...lane.queue])];
    this.#fresh = [];
    this.#filled = [];
    const held: Held[] = [];
    for (const at of waiting) {
      // Most have started in the turn in which they were queued.
      if (!this.#isQueued.has(at)) continue;
      const reason = this.#reasonOf(this.#laneOf(at), nowMs);
      if (this.#told.get(at) === reason.kind) continue;
      this.#told.set(at, reason.kind);
      held.push({ at, reason });
    }
    return held;
  }

  /** When a paused lane may start something again. */
  nextWakeMs(): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const lane of this.#paused) wakeMs = Math.min(wakeMs, lane.pausedUntilMs);
    return wakeMs;
  }

  #resume(lane: Lane): void {
    this.#paused.delete(lane);
    this.#list(lane);
  }

  #list(lane: Lane): void {
    if (lane.isListed || lane.queue.length === 0) return;
    lane.isListed = true;
    this.#turns.push(lane);
  }

  #reasonOf(lane: Lane, nowMs: number): WaitReason {
    return lane.hasRoom(nowMs) ? { kind: 'run_limit', limit: this.#inFlightMax } : full(lane);
  }

  #laneOf(at: number): Lane {
    return present(this.#lanes[at], 'no step of that number');
  }
}

const none: readonly Held[] = [];
const nobody: readonly number[] = [];

function full(lane: Lane): WaitReason {
  return { kind: 'concurrency_full', function: lane.function };
}

/** One lane for each function with the same demands. */
function lanesOf(commands: readonly WireCommand[]): Lane[] {
  const lanes = new Map<string, Lane>();
  let [before, lane]: [WireCommand | undefined, Lane | undefined] = [undefined, undefined];
  return commands.map((command) => {
    // Thousands that ask for the same stand in a row.
    if (lane && before && isSameDemand(command, before)) return lane;
    const key = queryKey(command);
    before = command;
    lane = lanes.get(key) ?? new Lane(command.function);
    lanes.set(key, lane);
    return lane;
  });
}
