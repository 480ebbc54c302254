/**
 * How the calls of steps end, and what follows for the run: it goes on from there, or ends.
 *
 * N1 a step whose server had no place for it, or that lacks an input which is made again, has not ended.
 * N2 of an end after the run's own nothing follows.
 * What follows for other steps is dataflow.ts; elements of a mapped list are element-ends.ts.
 */

import { HeddleError } from '../../errors.ts';
import type { Dataflow, EndTime } from './dataflow.ts';
import { outcomeOf, type RunCause } from './ending.ts';
import { fallbackOf } from './policies.ts';
import type { Recovery } from './recovery.ts';
import type { RunInput } from './run-io.ts';
import type { Saga } from './saga.ts';
import type { Schedule } from './schedule.ts';
import type { StepTable } from './step-table.ts';

export interface StepEndsOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  readonly saga: Saga;
  readonly flow: Dataflow;
  readonly recovery: Pick<Recovery, 'mends' | 'explained'>;
}

/** What follows for the run. */
export type StepNews =
  /** It goes on from this step, which has settled. */
  | { readonly kind: 'settled'; readonly at: number }
  /** It ends. */
  | { readonly kind: 'fatal'; readonly cause: RunCause };

export class StepEnds {
  readonly #options: StepEndsOptions;

  constructor(options: StepEndsOptions) {
    this.#options = options;
  }

  /** The call of a step is over. */
  settleCall(input: Extract<RunInput, { kind: 'stepSettled' }>, time: EndTime): StepNews | undefined {
    const { steps, schedule, flow, recovery } = this.#options;
    const at = steps.positionOf(input.step);
    flow.endCall(at, input, time.nowMs);
    if (time.isRunning && !input.end.ok && HeddleError.is(input.end.error, 'overloaded')) {
      steps.hold(at, schedule.requeue(at));
      return undefined;
    }
    if (time.isRunning && recovery.mends(at, input.end)) return undefined;
    return this.#settle(at, input, time);
  }

  /** A shipped step has not ended where it was sent: it waits again, or, when the run ends, that is how it ended. */
  takeBack({ step, error, wire, server, freeSlots }: Extract<RunInput, { kind: 'stepBack' }>, time: EndTime): void {
    const { steps, schedule, flow } = this.#options;
    const at = steps.positionOf(step);
    const end = { ok: false, error, wire } as const;
    flow.endCall(at, { end, freeSlots }, time.nowMs);
    const outcome = outcomeOf(end);
    if (!time.isRunning) flow.settle(at, { outcome, server, error: wire }, time);
    else if (steps.takeBack(at, { outcome, error: wire })) schedule.queue(at);
  }

  #settle(at: number, input: Extract<RunInput, { kind: 'stepSettled' }>, time: EndTime): StepNews | undefined {
    const { steps, saga, flow, recovery } = this.#options;
    const end = recovery.explained(at, input.end);
    const cause = end.ok ? undefined : flow.causeOf(at, end, time.leftMs);
    const policy = cause?.kind === 'failed' && time.isRunning ? steps.checkedOf(at).command.onFailure : undefined;
    const error = end.ok ? undefined : end.wire;
    const value = end.ok ? end.value : fallbackOf(policy);
    flow.settle(at, { outcome: outcomeOf(end), server: input.server, error, value }, time);
    if (!end.ok && HeddleError.is(end.error, 'function_failed')) saga.spare(at);
    if (!time.isRunning) return undefined;
    if (cause && !policy) return { kind: 'fatal', cause };
    if (cause?.kind === 'failed') flow.survived(at, cause);
    return { kind: 'settled', at };
  }
}
