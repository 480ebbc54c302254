/**
 * The elements of the steps that map a list (`each`): each is called by itself, as steps are, and the step's result is the list
 * of theirs.
 *
 * L1 at most `parallel` elements of a step are under way, within what the run and the servers have room for (schedule.ts).
 * L2 the list is read, and that of the results made, outside (`readList`, `makeList`): no value is looked into here.
 * L3 an element that fails ends the run, unless the step's `onFailure` says otherwise: `continue` lets the other elements end, and
 *    the step has no result then; a fallback stands for the result of the element.
 *    So does one with whose result the list would be over `listBytesMax`.
 * L4 the results are in the order of the list, whichever ended first.
 * One call is element-calls.ts, how far a step is each-progress.ts; what follows from its end is dataflow.ts.
 */

import { present } from '../../base/assert.ts';
import { HeddleError } from '../../errors.ts';
import type { Payload } from '../payload.ts';
import type { RunTime, StepClose } from './dataflow.ts';
import { EachProgress, type ElementCounts } from './each-progress.ts';
import { parallelDefault } from './each-record.ts';
import { ElementCalls, eachOf, readListOf } from './element-calls.ts';
import { bounded, otherLength, tooMany } from './element-limits.ts';
import { type FailedStep, isLate, outcomeOf, type RunCause } from './ending.ts';
import { InlineRoom } from './inline-room.ts';
import type { Leases } from './leases.ts';
import { type ElementSettling, LostInputs } from './lost-inputs.ts';
import { fallbackOf } from './policies.ts';
import type { OpaqueError, RunEventBody, WaitReason } from './record.ts';
import type { Recovery } from './recovery.ts';
import type { ElementInput, RunEffect, RunInput, RunSettings, StepEnd } from './run-io.ts';
import type { Saga } from './saga.ts';
import type { Schedule } from './schedule.ts';
import type { StepTable } from './step-table.ts';

export interface ElementsOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  readonly saga: Saga;
  readonly leases: Leases;
  readonly settings: RunSettings;
  readonly recovery: () => Pick<Recovery, 'mends' | 'awaited' | 'explained' | 'hasRemade'>;
  readonly push: (effect: RunEffect) => void;
  readonly emit: (event: RunEventBody<Payload, OpaqueError>) => void;
}

/** The moment at which that happens. */
export interface ElementTime {
  readonly nowMs: number;
  /** Of the run. */
  readonly leftMs: number;
  /** Elements may start, and failures have consequences. */
  readonly isRunning: boolean;
}

/** Why no element of a step starts any more; `isLeft`: those under way are left to end. */
interface StopWish {
  readonly reason: string;
  readonly isLeft: boolean;
}

type ListRead = Extract<RunInput, { kind: 'listRead' }>['list'];

/** What follows for the run. */
export type EachNews =
  /** The step has ended; without a value what needs it will not run. */
  | { readonly kind: 'closed'; readonly at: number; readonly close: StepClose; readonly value?: Payload | undefined }
  /** The run ends. */
  | { readonly kind: 'fatal'; readonly cause: RunCause };

export class Elements {
  readonly #options: ElementsOptions;
  readonly #calls: ElementCalls;
  readonly #lost: LostInputs;
  readonly #room = new InlineRoom();
  readonly #byStep = new Map<number, EachProgress>();
  /** By what elements are called in the schedule, counted from the last step on. */
  readonly #owners: EachProgress[] = [];
  readonly #stepCount: number;

  constructor(options: ElementsOptions) {
    this.#options = options;
    this.#calls = new ElementCalls(options);
    this.#lost = new LostInputs(options, this.#room);
    this.#stepCount = options.settings.workflow.commands.length;
  }

  /** Whether it is an element, not a step, that the schedule means. */
  owns(unit: number): boolean {
    return unit >= this.#stepCount;
  }

  /** Whether it is a step that maps a list, and under way. */
  has(at: number): boolean {
    return this.#byStep.has(at);
  }

  countsOf(at: number): ElementCounts | undefined {
    const progress = this.#byStep.get(at);
    return progress && progress.phase !== 'reading' ? progress.counts : undefined;
  }

  findWait(at: number): WaitReason | undefined {
    return this.#byStep.get(at)?.findWait();
  }

  /** What an ended step has no result for. */
  failureOf(at: number): FailedStep {
    return present(this.#byStep.get(at)?.failure, 'a step without a result, of which no element failed').cause;
  }

  /** The step has all that it needs: its list is asked for. */
  open(at: number, nowMs: number): void {
    const { steps, push } = this.#options;
    steps.call(at, nowMs);
    if (this.#byStep.get(at)?.phase !== 'reading') this.#byStep.set(at, new EachProgress(at));
    push(readListOf(at, this.#room.ofList, this.#options));
  }

  /** The results at these places of its list are lost: the step will be opened for them once more. */
  reopen(at: number, list: Payload, places: ReadonlySet<number>): void {
    present(this.#byStep.get(at), 'a step is reopened that maps no list').reopen(list, places);
  }

  /** A step has settled once more. */
  inputBack(at: number, time: ElementTime): readonly EachNews[] {
    if (!this.#options.recovery().hasRemade(at)) return [];
    const inVain = this.#lost.back(at, this.#byStep.values());
    return inVain.flatMap(({ progress, ends }) => this.#endAll(progress, ends, time));
  }

  /** Its turn has come. */
  start(unit: number, time: Pick<ElementTime, 'nowMs' | 'leftMs'>): void {
    const progress = this.#ownerOf(unit);
    this.#calls.start(progress, progress.elementOf(unit), time);
  }

  /** An element cannot start yet: told of the step, once for each reason. */
  hold(unit: number, reason: WaitReason): void {
    const progress = this.#ownerOf(unit);
    progress.hold(reason);
    if (progress.tell(reason)) this.#options.emit({ kind: 'step.waiting', step: this.#options.steps.nameOf(progress.at), reason });
  }

  take(input: ElementInput, time: ElementTime): EachNews | undefined {
    const at = this.#options.steps.positionOf(input.step);
    const progress = this.#byStep.get(at);
    if (!progress || progress.phase === 'over') return undefined;
    if (input.kind === 'listRead') {
      if (progress.isReadAgain) return this.#openedAgain(progress, input.list, time);
      return progress.phase === 'reading' ? this.#opened(progress, input.list, time) : undefined;
    }
    if (input.kind === 'listMade') return progress.phase === 'making' ? this.#made(progress, input.end) : undefined;
    const { element, step } = input;
    if (!progress.isCalled(element)) return undefined;
    switch (input.kind) {
      case 'stepStarted':
        progress.started(element);
        this.#options.schedule.sent(progress.unitOf(element), input.server, time.nowMs);
        return void this.#options.emit({ kind: 'step.started', step, element, server: input.server, attempt: input.attempt });
      case 'stepWaiting':
        progress.waits(element, input.reason);
        return void this.#options.emit({ kind: 'step.waiting', step, element, reason: input.reason });
      case 'stepProgress':
        return void this.#options.emit({ kind: 'step.progress', step, element, value: input.value });
      case 'stepSettled':
        return this.#settleCall(progress, input, time);
    }
  }

  /** The run ends: no element starts any more, and those under way are cancelled unless `isLeft`. Gives the end of a step that has none. */
  stop(at: number, { reason, isLeft }: StopWish, time: RunTime): StepClose | undefined {
    const { steps, push } = this.#options;
    const progress = present(this.#byStep.get(at), 'a step is stopped that maps no list');
    progress.stop(reason);
    const [news] = this.#endAll(progress, this.#lost.giveUp(progress), { ...time, isRunning: false });
    if (news?.kind === 'closed') return news.close;
    if (!isLeft) for (const element of progress.called) push({ kind: 'cancelStep', step: steps.nameOf(at), element, reason });
    return progress.isIdle ? this.#closeOf(progress) : undefined;
  }

  /** No answer came in time for what is under way. */
  giveUp(at: number, error: OpaqueError, time: ElementTime): StepClose {
    const progress = present(this.#byStep.get(at), 'a step is given up that maps no list');
    for (const element of progress.called) this.#calls.settle(progress, { element, outcome: 'maybe', error }, time);
    return this.#closeOf(progress);
  }

  #opened(progress: EachProgress, list: ListRead, time: ElementTime): EachNews | undefined {
    const { schedule, emit, recovery, steps, settings } = this.#options;
    if (!list.ok) return time.isRunning && recovery().mends(progress.at, list) ? undefined : this.#refused(progress, list);
    if (progress.openAgain(list.items)) return this.#begin(progress, time);
    if (progress.isAgain) return this.#refused(progress, otherLength(list.items.length, progress.counts.of, settings.codec));
    const fault = tooMany(list.items.length, this.#owners.length, settings.codec);
    if (fault) return this.#refused(progress, fault);
    for (const _ of list.items) this.#owners.push(progress);
    const { length } = list.items;
    this.#room.use(list.items.reduce((sum, item) => sum + item.bytes.length, 0));
    progress.open(list.items, { base: schedule.adopt(progress.at, length), inlineBytesMax: this.#room.take(length) });
    emit({ kind: 'step.opened', step: steps.nameOf(progress.at), elements: length });
    return this.#begin(progress, time);
  }

  #begin(progress: EachProgress, time: ElementTime): EachNews | undefined {
    for (let free = eachOf(this.#options.steps, progress.at).parallel ?? parallelDefault; free > 0; free -= 1) this.#queueNext(progress);
    return this.#goOn(progress, time);
  }

  /** While elements are under way: for those that wait for it. */
  #openedAgain(progress: EachProgress, list: ListRead, time: ElementTime): EachNews | undefined {
    if (list.ok && progress.openAgain(list.items)) return void this.#lost.goOn(progress);
    if (!list.ok && time.isRunning && this.#lost.isLostAgain(progress, list)) return undefined;
    const [news] = this.#endAll(progress, this.#lost.giveUp(progress), time);
    return news;
  }

  /** There is no list to map, or none of its results. */
  #refused(progress: EachProgress, { error, wire }: Extract<StepEnd, { ok: false }>): EachNews {
    const cause = { kind: 'failed', step: this.#options.steps.nameOf(progress.at), error } as const;
    progress.fail(cause, wire);
    if (this.#options.steps.checkedOf(progress.at).command.onFailure?.kind !== 'continue') return { kind: 'fatal', cause };
    return { kind: 'closed', at: progress.at, close: this.#closeOf(progress) };
  }

  #settleCall(progress: EachProgress, input: ElementSettling, time: ElementTime): EachNews | undefined {
    const { schedule } = this.#options;
    const { element, end } = input;
    const unit = progress.unitOf(element);
    schedule.ended(unit, input, time.nowMs);
    if (!end.ok && time.isRunning && HeddleError.is(end.error, 'overloaded')) {
      progress.uncall(element, time.nowMs);
      return void progress.hold(schedule.requeue(unit));
    }
    if (!end.ok && time.isRunning && this.#lost.holds(progress, input)) return undefined;
    return this.#end(progress, input, time);
  }

  /** Those that wait no more; stops at what ends the run. */
  #endAll(progress: EachProgress, ends: readonly ElementSettling[], time: ElementTime): readonly EachNews[] {
    const news = ends.flatMap((end) => this.#end(progress, end, time) ?? []);
    return news.slice(0, 1);
  }

  #end(progress: EachProgress, input: ElementSettling, time: ElementTime): EachNews | undefined {
    const { recovery, steps, saga, settings } = this.#options;
    const { element } = input;
    const end = recovery().explained(progress.at, bounded(input.end, progress.bytes, settings.codec));
    const { command } = steps.checkedOf(progress.at);
    const late = !end.ok && isLate(end.error, command, time.leftMs);
    const policy = time.isRunning && !late ? command.onFailure : undefined;
    const close = { element, outcome: outcomeOf(end), server: input.server, ...(end.ok ? {} : { error: end.wire }) };
    this.#calls.settle(progress, { ...close, value: end.ok ? end.value : fallbackOf(policy) }, time);
    if (!end.ok) {
      if (HeddleError.is(end.error, 'function_failed')) saga.spare(progress.at, element);
      const cause = { kind: 'failed', step: command.name, element, error: end.error } as const;
      progress.fail(cause, end.wire);
      if (time.isRunning && (late || !policy)) return { kind: 'fatal', cause: late ? { kind: 'late' } : cause };
    }
    if (time.isRunning) this.#queueNext(progress);
    return this.#goOn(progress, time);
  }

  /** All have ended: the list of their results, or the end of the step. */
  #goOn(progress: EachProgress, { isRunning }: ElementTime): EachNews | undefined {
    const { steps, push } = this.#options;
    if (isRunning && !progress.isComplete) return undefined;
    if (isRunning && progress.hasAllValues) {
      const { mended } = progress;
      const values = mended ? [] : progress.values;
      progress.make();
      if (mended) return { kind: 'closed', at: progress.at, close: this.#closeOf(progress), value: mended };
      return void push({ kind: 'makeList', step: steps.nameOf(progress.at), values });
    }
    return progress.isIdle ? { kind: 'closed', at: progress.at, close: this.#closeOf(progress) } : undefined;
  }

  #made(progress: EachProgress, end: StepEnd): EachNews {
    if (!end.ok) return this.#refused(progress, end);
    return { kind: 'closed', at: progress.at, close: this.#closeOf(progress), value: end.value };
  }

  #closeOf(progress: EachProgress): StepClose {
    const { codec } = this.#options.settings;
    const { failure, stopped } = progress;
    const outcome = progress.close();
    if (outcome === 'done') return { outcome };
    const executed = outcome === 'failed' ? 'yes' : outcome === 'maybe' ? 'maybe' : 'no';
    const error = failure?.wire ?? codec.encodeError(new HeddleError('cancelled', { reason: stopped }, { executed }));
    return { outcome, error };
  }

  #queueNext(progress: EachProgress): void {
    const unit = progress.queueNext();
    if (unit !== undefined) this.#options.schedule.queue(unit);
  }

  #ownerOf(unit: number): EachProgress {
    return present(this.#owners[unit - this.#stepCount], `no element number ${unit}`);
  }
}
