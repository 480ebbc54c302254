/**
 * The elements of the steps that map a list (`each`): each is called by itself, as steps are, and the step's result is the list
 * of theirs.
 *
 * L1 at most `parallel` elements of a step are under way, within what the run and the servers have room for (schedule.ts).
 * L2 the list is read, and that of the results made, outside (`readList`, `makeList`): no value is looked into here.
 * L3 an element that fails ends the run, unless the step's `onFailure` says otherwise: `continue` lets the other elements end, and
 *    the step has no result then; a fallback stands for the result of the element. An element with whose result the list would be
 *    over `listBytesMax` has failed.
 * L4 the results are in the order of the list, whichever ended first.
 * One call is element-calls.ts, its end element-ends.ts, how far a step is each-progress.ts; what follows for the run is run.ts.
 */

import { present } from '../../base/assert.ts';
import type { Payload } from '../payload.ts';
import type { EndTime, RunTime, StepClose } from './dataflow.ts';
import { EachProgress, type ElementCounts } from './each-progress.ts';
import { parallelDefault } from './each-record.ts';
import { ElementCalls, eachOf, readListOf } from './element-calls.ts';
import { type EachNews, ElementEnds } from './element-ends.ts';
import { otherLength, tooMany } from './element-limits.ts';
import type { FailedStep } from './ending.ts';
import { InlineRoom } from './inline-room.ts';
import type { Leases } from './leases.ts';
import { LostInputs } from './lost-inputs.ts';
import type { OpaqueError, RunEventBody, WaitReason } from './record.ts';
import type { LostParts, Recovery } from './recovery.ts';
import type { ElementInput, RunEffect, RunInput, RunSettings } from './run-io.ts';
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

/** Why no element of a step starts any more; `isLeft`: those under way are left to end. */
interface StopWish {
  readonly reason: string;
  readonly isLeft: boolean;
}

const nothing: readonly EachNews[] = [];

type ListRead = Extract<RunInput, { kind: 'listRead' }>['list'];

export class Elements {
  readonly #options: ElementsOptions;
  readonly #calls: ElementCalls;
  readonly #lost: LostInputs;
  readonly #ends: ElementEnds;
  readonly #room = new InlineRoom();
  readonly #byStep = new Map<number, EachProgress>();
  /** By what elements are called in the schedule, counted from the last step on. */
  readonly #owners: EachProgress[] = [];
  readonly #stepCount: number;

  constructor(options: ElementsOptions) {
    this.#options = options;
    this.#calls = new ElementCalls(options);
    this.#lost = new LostInputs(options, this.#room);
    this.#ends = new ElementEnds(options, { calls: this.#calls, lost: this.#lost });
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

  /** Results of its list are lost: the step will be opened for them once more. */
  reopen(at: number, lost: LostParts): void {
    present(this.#byStep.get(at), 'a step is reopened that maps no list').reopen(lost);
  }

  /** A step has settled once more. */
  inputBack(at: number, time: RunTime): readonly EachNews[] {
    if (!this.#options.recovery().hasRemade(at)) return nothing;
    const inVain = this.#lost.back(at, this.#byStep.values());
    return inVain.flatMap(({ progress, ends }) => this.#ends.endAll(progress, ends, { ...time, isRunning: true }) ?? []);
  }

  /** Its turn has come. */
  start(unit: number, time: RunTime): void {
    const progress = this.#ownerOf(unit);
    this.#calls.start(progress, progress.elementOf(unit), time);
  }

  /** An element cannot start yet: told of the step, once for each reason. */
  hold(unit: number, reason: WaitReason): void {
    const progress = this.#ownerOf(unit);
    progress.hold(reason);
    if (progress.tell(reason)) this.#options.emit({ kind: 'step.waiting', step: this.#options.steps.nameOf(progress.at), reason });
  }

  take(input: ElementInput, time: EndTime): EachNews | undefined {
    const at = this.#options.steps.positionOf(input.step);
    const progress = this.#byStep.get(at);
    if (!progress || progress.phase === 'over') return undefined;
    if (input.kind === 'listRead') {
      if (progress.isReadAgain) return this.#openedAgain(progress, input.list, time);
      return progress.phase === 'reading' ? this.#opened(progress, input.list, time) : undefined;
    }
    if (input.kind === 'listMade') return progress.phase === 'making' ? this.#ends.made(progress, input.end) : undefined;
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
        return this.#ends.settleCall(progress, input, time);
    }
  }

  /** The run ends: no element starts any more, and those under way are cancelled unless `isLeft`. Gives the end of a step that has none. */
  stop(at: number, { reason, isLeft }: StopWish, time: RunTime): StepClose | undefined {
    const { steps, push } = this.#options;
    const progress = present(this.#byStep.get(at), 'a step is stopped that maps no list');
    progress.stop(reason);
    for (const begun of progress.begun) this.#calls.settle(progress, begun, time);
    const news = this.#ends.endAll(progress, this.#lost.giveUp(progress), { ...time, isRunning: false });
    if (news?.kind === 'closed') return news.close;
    if (!isLeft) for (const element of progress.called) push({ kind: 'cancelStep', step: steps.nameOf(at), element, reason });
    return progress.isIdle ? this.#ends.closeOf(progress) : undefined;
  }

  /** No answer came in time for what is under way. */
  giveUp(at: number, error: OpaqueError, time: EndTime): StepClose {
    const progress = present(this.#byStep.get(at), 'a step is given up that maps no list');
    for (const element of progress.called) this.#calls.settle(progress, { element, outcome: 'maybe', error }, time);
    return this.#ends.closeOf(progress);
  }

  #opened(progress: EachProgress, list: ListRead, time: EndTime): EachNews | undefined {
    const { schedule, emit, recovery, steps, settings } = this.#options;
    if (!list.ok) return time.isRunning && recovery().mends(progress.at, list) ? undefined : this.#ends.refused(progress, list);
    if (progress.openAgain(list.items)) return this.#begin(progress, time);
    if (progress.isAgain) return this.#ends.refused(progress, otherLength(list.items.length, progress.counts.of, settings.codec));
    const fault = tooMany(list.items.length, this.#owners.length, settings.codec);
    if (fault) return this.#ends.refused(progress, fault);
    for (const _ of list.items) this.#owners.push(progress);
    const { length } = list.items;
    this.#room.use(list.items.reduce((sum, item) => sum + item.bytes.length, 0));
    progress.open(list.items, { base: schedule.adopt(progress.at, length), inlineBytesMax: this.#room.take(length) });
    emit({ kind: 'step.opened', step: steps.nameOf(progress.at), elements: length });
    return this.#begin(progress, time);
  }

  #begin(progress: EachProgress, time: EndTime): EachNews | undefined {
    for (let free = eachOf(this.#options.steps, progress.at).parallel ?? parallelDefault; free > 0; free -= 1)
      this.#ends.queueNext(progress);
    return this.#ends.goOn(progress, time);
  }

  /** While elements are under way: for those that wait for it. */
  #openedAgain(progress: EachProgress, list: ListRead, time: EndTime): EachNews | undefined {
    if (list.ok && progress.openAgain(list.items)) return void this.#lost.goOn(progress);
    if (!list.ok && time.isRunning && this.#lost.isLostAgain(progress, list)) return undefined;
    return this.#ends.endAll(progress, this.#lost.giveUp(progress), time);
  }

  #ownerOf(unit: number): EachProgress {
    return present(this.#owners[unit - this.#stepCount], `no element number ${unit}`);
  }
}
