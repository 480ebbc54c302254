/**
 * One run of a workflow, a machine (base/machine.ts): dataflow without level barriers. Its calls: fabric/run; their ends: step-ends.ts.
 *
 * X1 a step starts the moment all that it needs is done, held back only for a reason of `WaitReason`; never before, and never
 *    twice, unless its server had no place for it (`overloaded`) or could not get an input, or its result is lost (recovery.ts).
 * X2 every step settles exactly once for every start, then the run, at its deadline plus `endGraceMs` at the latest.
 * X3 the first step that fails ends the run (nothing more starts, what runs is cancelled, results stay), unless its `onFailure`
 *    says otherwise. A run that has not what it shall return fails.
 * X4 the error of a run is `executed: no` only if every step is `not_run`.
 * X5 values pass through unread: what a path leads to is known where the step runs.
 * X6 a step that is shipped with others is called from then on: it is never said not to have run unless its server says so.
 */

import { assert, unreachable } from '../../base/assert.ts';
import type { Machine } from '../../base/machine.ts';
import type { Filled, Payload } from '../payload.ts';
import { Dataflow, type EndTime, type RunTime } from './dataflow.ts';
import type { ElementCounts } from './each-progress.ts';
import { EarlyEnd } from './early-end.ts';
import type { EachNews } from './element-ends.ts';
import { Elements } from './elements.ts';
import { type RunCause, returnedSteps, runError, runResult } from './ending.ts';
import { Leases } from './leases.ts';
import type { OpaqueError, RunEventBody, RunSettled, WaitReason } from './record.ts';
import { Recovery } from './recovery.ts';
import { RunEffects } from './run-effects.ts';
import { isOfElement, type RunEffect, type RunInput, type RunSettings } from './run-io.ts';
import { Saga } from './saga.ts';
import { Schedule } from './schedule.ts';
import { StepEnds, type StepNews } from './step-ends.ts';
import { StepStarter } from './step-start.ts';
import { StepTable } from './step-table.ts';

type Phase =
  | { readonly kind: 'new' }
  | { readonly kind: 'running' }
  | { readonly kind: 'ending'; readonly cause: RunCause; readonly untilMs: number }
  | { readonly kind: 'undoing'; readonly cause: RunCause }
  | { readonly kind: 'settled' };

export class RunMachine implements Machine<RunInput, RunEffect> {
  readonly #settings: RunSettings;
  readonly #steps: StepTable;
  readonly #schedule: Schedule;
  readonly #saga: Saga;
  readonly #starter: StepStarter;
  readonly #elements: Elements;
  readonly #flow: Dataflow;
  readonly #early: EarlyEnd;
  readonly #leases: Leases;
  readonly #recovery: Recovery;
  readonly #ends: StepEnds;
  #phase: Phase = { kind: 'new' };
  readonly #effects = new RunEffects();
  #startedMs = 0;
  #nowMs = 0;

  constructor(settings: RunSettings) {
    this.#settings = settings;
    this.#steps = new StepTable(settings.workflow);
    this.#schedule = new Schedule(settings);
    const push = (effect: RunEffect): void => this.#effects.push(effect);
    this.#starter = new StepStarter({ steps: this.#steps, schedule: this.#schedule, settings, push });
    const emit = (event: RunEventBody<Payload, OpaqueError>): void => this.#emit(event);
    this.#saga = new Saga({ steps: this.#steps, settings, emit, push });
    this.#leases = new Leases({ steps: this.#steps, settings, push });
    // What each has of its own stands first: added behind a spread, it would make a hidden class of its own for every run.
    const parts = { steps: this.#steps, schedule: this.#schedule, saga: this.#saga, leases: this.#leases, settings, emit, push };
    this.#elements = new Elements({ recovery: () => this.#recovery, ...parts });
    this.#flow = new Dataflow({ starter: this.#starter, onReady: (at) => this.#onReady(at), ...parts });
    this.#early = new EarlyEnd({ elements: this.#elements, flow: this.#flow, ...parts });
    this.#recovery = new Recovery({ elements: this.#elements, onReady: (at) => this.#onReady(at), ...parts });
    this.#ends = new StepEnds({ flow: this.#flow, recovery: this.#recovery, ...parts });
  }

  get isSettled(): boolean {
    return this.#phase.kind === 'settled';
  }

  /** Why a step has not started; undefined when it has. */
  findWait(step: string): WaitReason | undefined {
    return this.#steps.findWait(step) ?? this.#elements.findWait(this.#steps.positionOf(step));
  }

  /** Of a step that maps a list, once that is there: how its elements stand. */
  countElements(step: string): ElementCounts | undefined {
    return this.#elements.countsOf(this.#steps.positionOf(step));
  }

  handle(input: RunInput, nowMs: number): void {
    this.#nowMs = nowMs;
    if (this.#phase.kind !== 'settled') this.#take(input);
    if (this.#phase.kind === 'running' && nowMs >= this.#deadlineMs) this.#end({ kind: 'late' });
    if (this.#phase.kind === 'running') this.#startReady();
    this.#leases.wake(nowMs);
    if (this.#phase.kind === 'ending' && (this.#steps.inFlight === 0 || nowMs >= this.#phase.untilMs)) this.#finishEarly(this.#phase.cause);
    if (this.#phase.kind !== 'undoing') return;
    this.#saga.advance(nowMs);
    if (this.#saga.isDone) this.#settleFailed(this.#phase.cause);
  }

  takeEffects(): readonly RunEffect[] {
    return this.#effects.take();
  }

  nextWakeMs(): number {
    return Math.min(this.#phaseWakeMs(), this.#leases.nextWakeMs());
  }

  #phaseWakeMs(): number {
    switch (this.#phase.kind) {
      case 'running':
        return Math.min(this.#deadlineMs, this.#schedule.nextWakeMs());
      case 'ending':
        return this.#phase.untilMs;
      case 'undoing':
        return this.#saga.nextWakeMs();
      case 'new':
      case 'settled':
        return Number.POSITIVE_INFINITY;
    }
  }

  get #deadlineMs(): number {
    return this.#startedMs + this.#settings.timeoutMs;
  }

  #take(input: RunInput): void {
    if (isOfElement(input)) return this.#heed(this.#elements.take(input, this.#endTime));
    switch (input.kind) {
      case 'started':
        return this.#start();
      case 'stepStarted':
        if (this.#steps.isInFlight(input.step)) this.#noteAttempt(input);
        return;
      case 'stepWaiting':
        if (this.#steps.isInFlight(input.step)) this.#emit({ kind: 'step.waiting', step: input.step, reason: input.reason });
        return;
      case 'stepProgress':
        if (this.#steps.isInFlight(input.step)) this.#emit({ kind: 'step.progress', step: input.step, value: input.value });
        return;
      case 'stepPulling':
        if (this.#steps.isInFlight(input.step)) this.#flow.pulls(input);
        return;
      case 'stepSettled':
        if (this.#steps.isInFlight(input.step)) this.#heed(this.#ends.settleCall(input, this.#endTime));
        return;
      case 'stepBack':
        if (this.#steps.isInFlight(input.step)) this.#ends.takeBack(input, this.#endTime);
        return;
      case 'undoStarted':
      case 'undoSettled':
        return this.#saga.take(input, this.#nowMs);
      case 'cancelled':
        return this.#end({ kind: 'cancelled', reason: input.reason });
      case 'abandoned':
        return this.#phase.kind === 'undoing' ? this.#settleFailed({ kind: 'abandoned' }) : this.#end({ kind: 'abandoned' });
      case 'wake':
        return;
      default:
        return unreachable(input);
    }
  }

  #start(): void {
    assert(this.#phase.kind === 'new', 'a run is started twice');
    const { runId, coordinator, looksBare } = this.#settings;
    this.#phase = { kind: 'running' };
    this.#startedMs = this.#nowMs;
    this.#emit({ kind: 'run.accepted', runId, coordinator, steps: this.#steps.namesInOrder() });
    for (const hint of looksBare ?? []) this.#emit({ kind: 'reference.looksBare', ...hint });
    for (const at of this.#steps.roots()) this.#onReady(at);
    if (this.#steps.unsettled === 0) this.#finish();
  }

  #noteAttempt({ step, server, attempt }: Extract<RunInput, { kind: 'stepStarted' }>): void {
    this.#schedule.sent(this.#steps.positionOf(step), server, this.#nowMs);
    this.#emit({ kind: 'step.started', step, server, attempt });
  }

  #onReady(at: number): void {
    if (this.#steps.checkedOf(at).command.each) this.#elements.open(at, this.#nowMs);
    else this.#schedule.queue(at);
  }

  #startReady(): void {
    for (const at of this.#schedule.takeStartable(this.#nowMs)) {
      if (this.#elements.owns(at)) this.#elements.start(at, this.#time);
      else this.#starter.start(at, this.#leftMs, this.#nowMs);
    }
    for (const { at, reason } of this.#schedule.takeHeld(this.#nowMs)) {
      if (this.#elements.owns(at)) {
        this.#elements.hold(at, reason);
        continue;
      }
      this.#steps.hold(at, reason);
      this.#emit({ kind: 'step.waiting', step: this.#steps.nameOf(at), reason });
    }
  }

  get #leftMs(): number {
    return this.#deadlineMs - this.#nowMs;
  }

  get #time(): RunTime {
    return { nowMs: this.#nowMs, leftMs: this.#leftMs };
  }

  get #endTime(): EndTime {
    return { nowMs: this.#nowMs, leftMs: this.#leftMs, isRunning: this.#phase.kind === 'running' };
  }

  #heed(news: StepNews | EachNews | undefined): void {
    if (!news) return;
    if (news.kind === 'fatal') return this.#end(news.cause);
    if (news.kind === 'settled') return this.#goOnFrom(news.at);
    const { at, close, value } = news;
    const { outcome, server, error } = close;
    this.#flow.settle(at, { outcome, server, error, value }, this.#time);
    if (this.#phase.kind !== 'running') return;
    if (!value) this.#flow.survived(at, this.#elements.failureOf(at));
    this.#goOnFrom(at);
  }

  #goOnFrom(at: number): void {
    this.#flow.goOnFrom(at, this.#time);
    for (const news of this.#elements.inputBack(at, this.#time)) this.#heed(news);
    if (this.#phase.kind === 'running' && this.#steps.unsettled === 0) this.#finish();
  }

  /** The run ends before its time. */
  #end(cause: RunCause): void {
    if (this.#phase.kind !== 'running') return;
    this.#phase = { kind: 'ending', cause, untilMs: this.#early.stop(cause, this.#time) };
  }

  #finish(): void {
    const missing = returnedSteps(this.#settings).find((step) => !this.#steps.hasValue(this.#steps.positionOf(step)));
    if (missing !== undefined) return this.#finishEarly(this.#flow.failureOf(this.#steps.positionOf(missing)));
    const result = runResult(this.#steps, this.#settings);
    this.#settle({ kind: 'run.settled', ok: true, elapsedMs: this.#nowMs - this.#startedMs, result });
  }

  #finishEarly(cause: RunCause): void {
    this.#early.giveUp(this.#time);
    if (cause.kind !== 'abandoned' && this.#saga.begin(this.#nowMs)) this.#phase = { kind: 'undoing', cause };
    else this.#settleFailed(cause);
  }

  #settleFailed(cause: RunCause): void {
    const error = runError(cause, { steps: this.#steps.outcomes(), compensated: this.#saga.outcomes() }, this.#settings);
    const wire = this.#settings.codec.encodeError(
      error,
      this.#steps.results((at) => !this.#leases.isReleased(at)),
    );
    this.#settle({ kind: 'run.settled', ok: false, elapsedMs: this.#nowMs - this.#startedMs, error: wire });
  }

  #settle(end: RunSettled<Filled, OpaqueError>): void {
    this.#leases.end(end.ok);
    this.#emit(end);
    this.#phase = { kind: 'settled' };
  }

  #emit(body: RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>): void {
    this.#effects.tell(body, this.#nowMs + this.#settings.wallOffsetMs);
  }
}
