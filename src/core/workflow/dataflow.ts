/**
 * What the end of a step means for the steps that need it: they may go, or they never will.
 *
 * D1 a step that settled with a result, be that a fallback, sets free what needs it; one without takes with it all that need it,
 *    each of them settled as `not_run` for the step that failed first.
 * D2 every settling is told, once, as what the step came to over all its calls, and noted for the undoing of the run.
 * When steps start is schedule.ts; what ends the whole run is run.ts.
 */

import { present } from '../../base/assert.ts';
import { HeddleError, type StepOutcome } from '../../errors.ts';
import { type Payload, sizeOf } from '../payload.ts';
import { type FailedStep, isLate } from './ending.ts';
import type { Leases } from './leases.ts';
import { fallbackOf } from './policies.ts';
import type { OpaqueError, RunEventBody } from './record.ts';
import type { RunInput, RunSettings, StepEnd } from './run-io.ts';
import type { Saga } from './saga.ts';
import type { Schedule } from './schedule.ts';
import type { StepStarter } from './step-start.ts';
import type { StepTable } from './step-table.ts';

export interface DataflowOptions {
  readonly steps: StepTable;
  readonly schedule: Schedule;
  /** A step has all that it needs. */
  readonly onReady: (at: number) => void;
  readonly starter: StepStarter;
  readonly saga: Saga;
  readonly leases: Leases;
  readonly settings: RunSettings;
  readonly emit: (event: RunEventBody<Payload, OpaqueError>) => void;
}

/** A moment of the run. */
export interface RunTime {
  readonly nowMs: number;
  /** Milliseconds until its deadline. */
  readonly leftMs: number;
}

/** One at which a call ends, or more may begin. */
export interface EndTime extends RunTime {
  /** More may start, and failures have consequences. */
  readonly isRunning: boolean;
}

/** How a step ended, beside its value. */
export interface StepClose {
  readonly outcome: StepOutcome;
  readonly server?: string | undefined;
  readonly error?: OpaqueError | undefined;
}

/** What a settled step leaves beside what its event says. */
interface Beyond {
  readonly value?: Payload | undefined;
  /** The run goes on without it. */
  readonly isSkipped?: boolean;
}

export class Dataflow {
  readonly #options: DataflowOptions;
  /** Of steps that the run did not end with, and of those that could not run for them: the step that failed. */
  readonly #failed = new Map<number, FailedStep>();

  constructor(options: DataflowOptions) {
    this.#options = options;
  }

  /** The step for which this one has no result. */
  failureOf(at: number): FailedStep {
    return present(this.#failed.get(at), 'a step without result, and no step that failed');
  }

  /** The run goes on although this step failed. */
  survived(at: number, cause: FailedStep): void {
    this.#failed.set(at, cause);
  }

  /** The call of a step is over: what its place and its lane learn from it. */
  endCall(at: number, how: Pick<Extract<RunInput, { kind: 'stepSettled' }>, 'end' | 'freeSlots'>, nowMs: number): void {
    const { steps, schedule } = this.#options;
    if (steps.hasBegun(at)) schedule.ended(at, how, nowMs);
    else schedule.leftUnbegun();
  }

  /** Why a step failed: by itself, or because the run ran out of time. */
  causeOf(at: number, end: Extract<StepEnd, { ok: false }>, leftMs: number): FailedStep | { readonly kind: 'late' } {
    const { command } = this.#options.steps.checkedOf(at);
    if (isLate(end.error, command, leftMs)) return { kind: 'late' };
    return { kind: 'failed', step: command.name, error: end.error };
  }

  /** The server of a called step waits for bytes, or not any more. */
  pulls({ step, of, server }: Extract<RunInput, { kind: 'stepPulling' }>): void {
    const { steps, emit } = this.#options;
    const reason = server === undefined ? undefined : ({ kind: 'hand_off', step: of, server } as const);
    steps.pulls(steps.positionOf(step), reason);
    if (reason) emit({ kind: 'step.waiting', step, reason });
  }

  /** D1, from a step that has just settled on. */
  goOnFrom(at: number, time: RunTime): void {
    const { steps } = this.#options;
    if (steps.hasValue(at)) return this.#release(at, time);
    const settled = [at];
    for (const next of settled) {
      if (steps.hasValue(next)) this.#release(next, time);
      else for (const dependent of steps.waitingDependents(next)) settled.push(this.#skip(dependent, next, time));
    }
  }

  settle(at: number, how: StepClose & Beyond, { nowMs, leftMs }: RunTime): void {
    const { steps, saga, leases, emit } = this.#options;
    const { value, isSkipped } = how;
    const { outcome, server, error } = steps.sum(at, how);
    const elapsedMs = steps.settle(at, { outcome, value }, nowMs);
    const { compensate, each, onFailure, timeoutMs = Number.POSITIVE_INFINITY } = steps.checkedOf(at).command;
    const isEnd = !value && !onFailure && !isSkipped;
    leases.settled(at, { value, isEnd }, nowMs);
    const ok = outcome === 'done';
    if (compensate && !each) {
      const deadlineMs = nowMs + Math.min(timeoutMs - elapsedMs, leftMs);
      saga.note(at, { outcome, deadlineMs }, nowMs);
    }
    const bytes = value && ok ? sizeOf(value) : undefined;
    const usedFallback = value && !ok ? true : undefined;
    emit({ kind: 'step.settled', step: steps.nameOf(at), ok, outcome, server, elapsedMs, bytes, error, usedFallback });
  }

  upstreamFailed(at: number, upstream: string): OpaqueError {
    const { steps, settings } = this.#options;
    return settings.codec.encodeError(new HeddleError('upstream_failed', { step: steps.nameOf(at), upstream }));
  }

  #release(done: number, { nowMs, leftMs }: RunTime): void {
    const { steps, onReady, starter } = this.#options;
    const { ready, begun } = steps.release(done, nowMs);
    for (const next of ready) onReady(next);
    for (const next of begun) starter.begin(next, leftMs);
  }

  /** A step whose input will never be there. */
  #skip(at: number, upstream: number, time: RunTime): number {
    const { steps } = this.#options;
    const root = this.failureOf(upstream);
    this.#failed.set(at, root);
    const { each, onFailure } = steps.checkedOf(at).command;
    // Of a step that maps a list it stands for an element, and there are none.
    const value = each ? undefined : fallbackOf(onFailure);
    this.settle(at, { outcome: 'not_run', error: this.upstreamFailed(at, root.step), value, isSkipped: true }, time);
    return at;
  }
}
