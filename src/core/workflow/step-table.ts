/**
 * The state of every step of one run, by its position in the workflow.
 *
 * Y1 a step is waiting for a named reason, called, or settled; it goes forward only, but for a call that was
 *    refused for want of a place, and for one that was shipped with others and came back.
 * Y2 all costs add up to steps plus edges over a whole run (what steps lack: open-needs.ts).
 * Y3 of a step that is called more than once it is known for good what the calls before came to (past-calls.ts).
 */

import { assert, present } from '../../base/assert.ts';
import type { StepOutcome } from '../../errors.ts';
import type { Payload } from '../payload.ts';
import { OpenNeeds } from './open-needs.ts';
import { type Came, PastCalls } from './past-calls.ts';
import type { OpaqueError, WaitReason } from './record.ts';
import type { CheckedCommand, CheckedWorkflow } from './workflow.ts';

type StepState =
  | { readonly kind: 'waiting'; readonly reason: WaitReason }
  | { readonly kind: 'called'; readonly sinceMs: number }
  | { readonly kind: 'settled'; readonly outcome: StepOutcome; readonly value: Payload | undefined };

export class StepTable {
  readonly #workflow: CheckedWorkflow;
  readonly #states: StepState[];
  readonly #needs: OpenNeeds;
  readonly #past = new PastCalls();
  /** Steps that may have run in an earlier call. */
  readonly #run = new Set<number>();
  /** Of called steps whose servers wait for bytes. */
  readonly #pulling = new Map<number, WaitReason>();
  /** Of steps that run again: what they gave before, for those that were about to start with it. */
  readonly #stale = new Map<number, Payload>();
  #inFlight = 0;
  #unsettled: number;

  constructor(workflow: CheckedWorkflow) {
    this.#workflow = workflow;
    this.#needs = new OpenNeeds(workflow, (at) => this.isSettled(at));
    this.#states = workflow.commands.map((_, at) => ({ kind: 'waiting', reason: this.#needs.first(at) }));
    this.#unsettled = workflow.commands.length;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get unsettled(): number {
    return this.#unsettled;
  }

  positionOf(step: string): number {
    return present(this.#workflow.positions.get(step), 'no step of that name');
  }

  checkedOf(at: number): CheckedCommand {
    return present(this.#workflow.commands[at], 'no step of that number');
  }

  nameOf(at: number): string {
    return this.checkedOf(at).command.name;
  }

  namesInOrder(): readonly string[] {
    return this.#workflow.order.map((at) => this.nameOf(at));
  }

  roots(): readonly number[] {
    return this.#workflow.order.filter((at) => this.#needs.areMet(at));
  }

  waiting(): readonly number[] {
    return this.#workflow.order.filter((at) => this.#stateOf(at).kind === 'waiting');
  }

  called(): readonly number[] {
    return this.#workflow.order.filter((at) => this.#stateOf(at).kind === 'called');
  }

  isInFlight(step: string): boolean {
    const at = this.#workflow.positions.get(step);
    return at !== undefined && this.#stateOf(at).kind === 'called';
  }

  isSettled(at: number): boolean {
    return this.#stateOf(at).kind === 'settled';
  }

  findWait(step: string): WaitReason | undefined {
    const at = this.positionOf(step);
    const state = this.#stateOf(at);
    if (state.kind === 'waiting') return state.reason;
    return state.kind === 'called' ? this.#pulling.get(at) : undefined;
  }

  /** What a called step waits for at its server; undefined: for nothing any more. */
  pulls(at: number, reason: WaitReason | undefined): void {
    if (reason) this.#pulling.set(at, reason);
    else this.#pulling.delete(at);
  }

  /** Of a waiting step that has all its inputs: what it waits for. */
  explain(at: number, reason: WaitReason): void {
    const state = this.#stateOf(at);
    if (state.kind === 'waiting' && this.#needs.areMet(at)) this.#states[at] = { kind: 'waiting', reason };
  }

  /** It is ready, or was refused for want of a place, and waits for something else than its inputs. */
  hold(at: number, reason: WaitReason): void {
    const state = this.#stateOf(at);
    assert(state.kind !== 'settled' && this.#needs.areMet(at), 'a step is held back that is not ready');
    if (state.kind === 'called') this.#inFlight -= 1;
    this.#states[at] = { kind: 'waiting', reason };
  }

  /** Needs of a waiting step that are not done; undefined: it does not wait. */
  missingOf(at: number): number | undefined {
    return this.#stateOf(at).kind === 'waiting' ? this.#needs.countOf(at) : undefined;
  }

  /** `isShipped`: it may have to wait for others of its group. */
  call(at: number, nowMs: number, isShipped = false): void {
    assert(this.#stateOf(at).kind === 'waiting' && (isShipped || this.#needs.areMet(at)), 'a step is started that is not ready');
    this.#states[at] = { kind: 'called', sinceMs: nowMs };
    this.#inFlight += 1;
  }

  /** A shipped step came back; whether it is ready to be called again. */
  takeBack(at: number, came: Came): boolean {
    assert(this.#stateOf(at).kind === 'called', 'a step comes back that was not called');
    this.#inFlight -= 1;
    this.#pulling.delete(at);
    this.#past.keep(at, came);
    if (came.outcome === 'maybe') this.#run.add(at);
    this.#wait(at);
    return this.#needs.areMet(at);
  }

  /** What a step came to over all its calls, of which this was the last (Y3). */
  sum<Last extends Came>(at: number, last: Last): Last {
    return this.#past.sum(at, last);
  }

  /** Whether it may have run in an earlier call, other than one whose handler said that it may run again. */
  mayHaveRun(at: number): boolean {
    return this.#run.has(at);
  }

  /** Whether nothing that it needs is open: of a called step, that it has not been shipped ahead. */
  hasBegun(at: number): boolean {
    return this.#needs.areMet(at);
  }

  /** The result of a step, if it is done. */
  findValue(step: string): Payload | undefined {
    return this.findValueAt(this.positionOf(step));
  }

  /** Gives the milliseconds since its call began, 0 when there was none. */
  settle(at: number, how: { readonly outcome: StepOutcome; readonly value: Payload | undefined }, nowMs: number): number {
    const state = this.#stateOf(at);
    assert(state.kind !== 'settled', 'a step is settled twice');
    this.#states[at] = { kind: 'settled', outcome: how.outcome, value: how.value };
    this.#unsettled -= 1;
    if (state.kind !== 'called') return 0;
    this.#inFlight -= 1;
    this.#pulling.delete(at);
    this.#stale.delete(at);
    return nowMs - state.sinceMs;
  }

  /** How it ended; undefined while it has not. */
  findOutcome(step: string): StepOutcome | undefined {
    const state = this.#stateOf(this.positionOf(step));
    return state.kind === 'settled' ? state.outcome : undefined;
  }

  /** Whether it is settled with a result, be that a fallback. */
  hasValue(at: number): boolean {
    const state = this.#stateOf(at);
    return state.kind === 'settled' && state.value !== undefined;
  }

  /** The steps that need its result and have not settled. */
  waitingDependents(at: number): readonly number[] {
    return this.checkedOf(at).neededBy.filter((dependent) => this.#stateOf(dependent).kind === 'waiting');
  }

  /** After it is done: the steps that wait for nothing any more, and the shipped ones that begin now. */
  release(done: number, nowMs: number): { readonly ready: readonly number[]; readonly begun: readonly number[] } {
    const ready: number[] = [];
    const begun: number[] = [];
    for (const at of this.checkedOf(done).neededBy) {
      const left = this.#needs.meetOne(at);
      if (left < 0) continue;
      const state = this.#stateOf(at);
      if (left > 0) this.#waitForNext(at, done);
      else if (state.kind === 'waiting') ready.push(at);
      else if (state.kind === 'called') {
        this.#states[at] = { kind: 'called', sinceMs: nowMs };
        begun.push(at);
      }
    }
    return { ready, begun };
  }

  /** The result of a step that is done. */
  valueOf(step: string): Payload {
    const at = this.positionOf(step);
    return present(this.findValueAt(at) ?? this.#stale.get(at), 'a step has no result');
  }

  /** The result of a step, if it is done. */
  findValueAt(at: number): Payload | undefined {
    const state = this.#stateOf(at);
    return state.kind === 'settled' ? state.value : undefined;
  }

  /** These settled steps are to run again, because their results are lost; gives those that can at once. */
  reopen(steps: ReadonlyMap<number, OpaqueError>): readonly number[] {
    for (const [at, error] of steps) {
      this.#past.keep(at, { outcome: 'failed', error });
      this.#run.add(at);
      const value = this.findValueAt(at);
      if (value) this.#stale.set(at, value);
      this.#states[at] = { kind: 'waiting', reason: this.#needs.first(at) };
      this.#unsettled += 1;
    }
    for (const at of steps.keys()) {
      for (const dependent of this.checkedOf(at).neededBy) {
        const isWaiting = this.#stateOf(dependent).kind === 'waiting';
        // One that is ready starts with what it was promised, and comes back.
        if (steps.has(dependent) || (isWaiting && !this.#needs.areMet(dependent))) this.#needs.reopenOne(dependent);
      }
    }
    for (const at of steps.keys()) this.#wait(at);
    return [...steps.keys()].filter((at) => this.#needs.areMet(at));
  }

  /** A called step lacks an input, and came to this for want of it; whether it is ready to be called again. */
  waitAgain(at: number, came: Came): boolean {
    assert(this.#stateOf(at).kind === 'called', 'a step waits again that was not called');
    this.#inFlight -= 1;
    this.#pulling.delete(at);
    this.#past.keep(at, came);
    if (came.outcome !== 'not_run') this.#run.add(at);
    this.#needs.recount(at);
    this.#wait(at);
    return this.#needs.areMet(at);
  }

  /** What became of every step, once all are settled. */
  outcomes(): Readonly<Record<string, StepOutcome>> {
    return Object.fromEntries(
      this.#states.map((state, at) => {
        assert(state.kind === 'settled', 'a step is not settled');
        return [this.nameOf(at), state.outcome];
      }),
    );
  }

  /** The results that are there, of steps for which `isKept`. */
  results(isKept: (at: number) => boolean): Readonly<Record<string, Payload>> {
    return Object.fromEntries(
      this.#states.flatMap((state, at): [string, Payload][] =>
        state.kind === 'settled' && state.value && isKept(at) ? [[this.nameOf(at), state.value]] : [],
      ),
    );
  }

  #stateOf(at: number): StepState {
    return present(this.#states[at], 'no step of that number');
  }

  /** If it named `done` as what it waits for, it names the next that is open. */
  #waitForNext(at: number, done: number): void {
    if (this.#stateOf(at).kind !== 'waiting') return;
    const reason = this.#needs.findNextAfter(at, done);
    if (reason) this.#states[at] = { kind: 'waiting', reason };
  }

  #wait(at: number): void {
    this.#states[at] = { kind: 'waiting', reason: this.#needs.findFirst(at) };
  }
}
