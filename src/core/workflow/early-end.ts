/**
 * The steps of a run that ends before its time: whatever has not started never will, whatever runs is cancelled, and what does
 * not answer then may have run.
 *
 * T1 a step with an undo is not cancelled but left to end: what it has done is known best from its end.
 * T2 every step is settled once, also one that was never called.
 */

import { HeddleError } from '../../errors.ts';
import type { Dataflow, RunTime } from './dataflow.ts';
import type { Elements } from './elements.ts';
import { type RunCause, reasonOf } from './ending.ts';
import type { RunEffect, RunSettings } from './run-io.ts';
import { endGraceMs } from './run-io.ts';
import type { StepTable } from './step-table.ts';
import { stepsBehind } from './workflow.ts';

export interface EarlyEndOptions {
  readonly steps: StepTable;
  readonly elements: Elements;
  readonly flow: Dataflow;
  readonly settings: RunSettings;
  readonly push: (effect: RunEffect) => void;
}

export class EarlyEnd {
  readonly #options: EarlyEndOptions;

  constructor(options: EarlyEndOptions) {
    this.#options = options;
  }

  /** Gives until when answers of what is under way are awaited. */
  stop(cause: RunCause, time: RunTime): number {
    const { steps } = this.#options;
    this.#settleWaiting(cause, time);
    const isLeft = (at: number): boolean => cause.kind !== 'abandoned' && steps.checkedOf(at).command.compensate !== undefined;
    const called = steps.called();
    const untilMs = time.nowMs + (called.some(isLeft) ? Math.max(0, time.leftMs) : 0) + endGraceMs;
    for (const at of called) this.#stopCalled(at, { reason: reasonOf(cause), isLeft: isLeft(at) }, time);
    return untilMs;
  }

  /** No answer came in time. */
  giveUp(time: RunTime): void {
    const { steps, elements, flow, settings } = this.#options;
    const silent = new HeddleError('cancelled', { reason: 'no answer came in time' }, { executed: 'maybe' });
    const close = { outcome: 'maybe', error: settings.codec.encodeError(silent) } as const;
    for (const at of steps.called()) {
      const ofElements = elements.has(at) ? elements.giveUp(at, close.error, { ...time, isRunning: false }) : undefined;
      flow.settle(at, ofElements ?? close, time);
    }
  }

  #settleWaiting(cause: RunCause, time: RunTime): void {
    const { steps, flow, settings } = this.#options;
    const others = settings.codec.encodeError(new HeddleError('cancelled', { reason: reasonOf(cause) }, { executed: 'no' }));
    const upstream = cause.kind === 'failed' ? cause.step : undefined;
    const dependents = upstream === undefined ? undefined : stepsBehind(settings.workflow, upstream);
    for (const at of steps.waiting()) {
      const error = upstream !== undefined && dependents?.has(at) ? flow.upstreamFailed(at, upstream) : others;
      flow.settle(at, { outcome: 'not_run', error }, time);
    }
  }

  #stopCalled(at: number, how: { readonly reason: string; readonly isLeft: boolean }, time: RunTime): void {
    const { steps, elements, flow, push } = this.#options;
    if (elements.has(at)) {
      const close = elements.stop(at, how, time);
      if (close) flow.settle(at, close, time);
    } else if (!how.isLeft) push({ kind: 'cancelStep', step: steps.nameOf(at), reason: how.reason });
  }
}
