/**
 * How the elements of a step that maps a list end, and what follows for the step: more elements, the list of their results, or its end.
 *
 * N1 an element whose server had no place for it, or that lacks an input which is made again, has not ended.
 * N2 what ends the run is told once, before anything else follows.
 * How far a step is, is each-progress.ts; what follows for the run is run.ts.
 */

import { HeddleError } from '../../errors.ts';
import type { Payload } from '../payload.ts';
import type { EndTime, StepClose } from './dataflow.ts';
import type { EachProgress } from './each-progress.ts';
import type { ElementCalls } from './element-calls.ts';
import { bounded } from './element-limits.ts';
import { isLate, outcomeOf, type RunCause } from './ending.ts';
import type { ElementSettling, LostInputs } from './lost-inputs.ts';
import { fallbackOf } from './policies.ts';
import type { Recovery } from './recovery.ts';
import type { RunEffect, RunSettings, StepEnd } from './run-io.ts';
import type { Saga } from './saga.ts';
import type { Schedule } from './schedule.ts';
import type { StepTable } from './step-table.ts';

export interface ElementEndsOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  readonly saga: Saga;
  readonly settings: RunSettings;
  readonly recovery: () => Pick<Recovery, 'explained'>;
  readonly push: (effect: RunEffect) => void;
}

/** What follows for the run. */
export type EachNews =
  /** The step has ended; without a value what needs it will not run. */
  | { readonly kind: 'closed'; readonly at: number; readonly close: StepClose; readonly value?: Payload | undefined }
  /** The run ends. */
  | { readonly kind: 'fatal'; readonly cause: RunCause };

export class ElementEnds {
  readonly #options: ElementEndsOptions;
  readonly #calls: ElementCalls;
  readonly #lost: LostInputs;

  constructor(options: ElementEndsOptions, { calls, lost }: { readonly calls: ElementCalls; readonly lost: LostInputs }) {
    this.#options = options;
    this.#calls = calls;
    this.#lost = lost;
  }

  /** The call of an element has ended. */
  settleCall(progress: EachProgress, input: ElementSettling, time: EndTime): EachNews | undefined {
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

  /** Those that wait no more; gives the first that follows for the run, and nothing else does. */
  endAll(progress: EachProgress, ends: readonly ElementSettling[], time: EndTime): EachNews | undefined {
    return ends.flatMap((end) => this.#end(progress, end, time) ?? [])[0];
  }

  /** All have ended: the list of their results, or the end of the step. */
  goOn(progress: EachProgress, { isRunning }: EndTime): EachNews | undefined {
    const { steps, push } = this.#options;
    if (isRunning && !progress.isComplete) return undefined;
    if (isRunning && progress.hasAllValues) {
      const { mended } = progress;
      const values = mended ? [] : progress.values;
      progress.make();
      if (mended) return { kind: 'closed', at: progress.at, close: this.closeOf(progress), value: mended };
      return void push({ kind: 'makeList', step: steps.nameOf(progress.at), values });
    }
    return progress.isIdle ? { kind: 'closed', at: progress.at, close: this.closeOf(progress) } : undefined;
  }

  /** The list of the results is there, or cannot be made. */
  made(progress: EachProgress, end: StepEnd): EachNews {
    if (!end.ok) return this.refused(progress, end);
    return { kind: 'closed', at: progress.at, close: this.closeOf(progress), value: end.value };
  }

  /** There is no list to map, or none of its results. */
  refused(progress: EachProgress, { error, wire }: Extract<StepEnd, { ok: false }>): EachNews {
    const cause = { kind: 'failed', step: this.#options.steps.nameOf(progress.at), error } as const;
    progress.fail(cause, wire);
    if (this.#options.steps.checkedOf(progress.at).command.onFailure?.kind !== 'continue') return { kind: 'fatal', cause };
    return { kind: 'closed', at: progress.at, close: this.closeOf(progress) };
  }

  /** From now on nothing happens to the step. */
  closeOf(progress: EachProgress): StepClose {
    const { codec } = this.#options.settings;
    const { failure, stopped } = progress;
    const outcome = progress.close();
    if (outcome === 'done') return { outcome };
    const executed = outcome === 'failed' ? 'yes' : outcome === 'maybe' ? 'maybe' : 'no';
    const error = failure?.wire ?? codec.encodeError(new HeddleError('cancelled', { reason: stopped }, { executed }));
    return { outcome, error };
  }

  /** The next element waits for its turn, if one is left. */
  queueNext(progress: EachProgress): void {
    const unit = progress.queueNext();
    if (unit !== undefined) this.#options.schedule.queue(unit);
  }

  #end(progress: EachProgress, input: ElementSettling, time: EndTime): EachNews | undefined {
    const { recovery, steps, saga, settings } = this.#options;
    const { element } = input;
    const end = recovery().explained(progress.at, bounded(input.end, progress.bytes, settings.codec));
    const { command } = steps.checkedOf(progress.at);
    const late = !end.ok && isLate(end.error, command, time.leftMs);
    const policy = time.isRunning && !late ? command.onFailure : undefined;
    const error = end.ok ? undefined : end.wire;
    const value = end.ok ? end.value : fallbackOf(policy);
    const close = this.#calls.settle(progress, { element, outcome: outcomeOf(end), server: input.server, error, value }, time);
    if (!end.ok) {
      if (HeddleError.is(end.error, 'function_failed')) saga.spare(progress.at, element);
      const cause = { kind: 'failed', step: command.name, element, error: end.error } as const;
      progress.fail(cause, close.error ?? end.wire);
      if (time.isRunning && (late || !policy)) return { kind: 'fatal', cause: late ? { kind: 'late' } : cause };
    }
    if (time.isRunning) this.queueNext(progress);
    return this.goOn(progress, time);
  }
}
