/**
 * The undoing of a run that failed: the compensations of its steps (Garcia-Molina and Salem 1987, backward recovery).
 *
 * U1 undone is what succeeded and what may have run; never what has not, nor what its own handler refused by throwing.
 * U2 in reverse: the undo of a step starts when those of all steps that need it, directly or not, have ended.
 * U3 it starts when its step cannot run any more: at once after an answer, else `strayMs` after its call's deadline.
 * U4 each is tried up to its `attempts` times within `undoMsMax`, every try with a deadline of its own; `overloaded` is no try.
 *    One that fails for good does not keep back the others.
 * U5 it does not end with the run's deadline, nor with a cancel: only with its coordinator.
 */

import { assert, present } from '../../base/assert.ts';
import { backoffMs } from '../../base/backoff.ts';
import type { StepOutcome } from '../../error-details.ts';
import { HeddleError } from '../../errors.ts';
import type { Input, Payload } from '../payload.ts';
import { attemptsMax } from './policies.ts';
import type { CompensationEvent, Hole } from './record.ts';
import type { RunEffect, RunInput, RunSettings, StepEnd } from './run-io.ts';
import { inFlightMaxDefault } from './run-io.ts';
import type { StepTable } from './step-table.ts';

/** After the deadline of its call a handler that heeds no signal has this long to end. */
export const strayMs = 5_000;
/** Default deadline of one try. */
const tryMsDefault = 30_000;
export const undoMsMax = 600_000;
const undoBackoff = { baseMs: 100, maxMs: 10_000 };

/** How a step ended that has an undo. */
export interface UndoneStep {
  readonly outcome: StepOutcome;
  /** The deadline of its call. */
  readonly deadlineMs: number;
}

interface Undo {
  /** From then on its step cannot run any more. */
  readonly quietAtMs: number;
  state: 'idle' | 'waiting' | 'called' | 'done' | 'failed';
  untilMs: number;
  attempt: number;
  firstMs: number;
  triedMs: number;
}

export interface SagaOptions {
  readonly steps: StepTable;
  readonly settings: RunSettings;
  readonly emit: (event: CompensationEvent<object>) => void;
  readonly push: (effect: RunEffect) => void;
}

const nothing: Payload = { encoding: 'undefined', bytes: new Uint8Array(0) };

export class Saga {
  readonly #options: SagaOptions;
  readonly #undos = new Map<number, Undo>();
  readonly #waiting = new Set<number>();
  /** Steps that need it and are not undone yet, by position. */
  #left: number[] = [];
  #called = 0;
  #open = 0;
  #nowMs = 0;

  constructor(options: SagaOptions) {
    this.#options = options;
  }

  get isDone(): boolean {
    return this.#open === 0;
  }

  /** A step with an undo has settled. */
  note(at: number, { outcome, deadlineMs }: UndoneStep, nowMs: number): void {
    if (outcome === 'not_run') return;
    const quietAtMs = outcome === 'maybe' ? deadlineMs + strayMs : nowMs;
    this.#undos.set(at, { quietAtMs, state: 'idle', untilMs: 0, attempt: 0, firstMs: 0, triedMs: 0 });
  }

  /** Its handler threw: by that it has said that there is nothing to undo. */
  spare(at: number): void {
    this.#undos.delete(at);
  }

  /** The run has failed, and all its steps have settled. False: there is nothing to undo. */
  begin(nowMs: number): boolean {
    this.#nowMs = nowMs;
    this.#open = this.#undos.size;
    const { steps } = this.#options;
    const positions = steps.allNames().map((name) => steps.positionOf(name));
    this.#left = positions.map((at) => steps.checkedOf(at).neededBy.length);
    this.#reach(positions.filter((at) => this.#left[at] === 0));
    this.advance(nowMs);
    return this.#open > 0;
  }

  take(input: Extract<RunInput, { readonly kind: 'undoStarted' | 'undoSettled' }>, nowMs: number): void {
    this.#nowMs = nowMs;
    const at = this.#options.steps.positionOf(input.step);
    const undo = this.#undos.get(at);
    if (undo?.state !== 'called') return;
    if (input.kind === 'undoStarted') {
      return this.#options.emit({ kind: 'compensation.started', step: input.step, server: input.server, attempt: undo.attempt });
    }
    this.#called -= 1;
    if (!this.#waitsAgain(at, undo, input.end)) this.#settle(at, undo, input);
  }

  /** Starts what is due. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    const most = this.#options.settings.inFlightMax ?? inFlightMaxDefault;
    for (const at of this.#waiting) {
      if (this.#called >= most) return;
      const undo = present(this.#undos.get(at), 'an undo waits that is not there');
      if (undo.untilMs <= nowMs) this.#start(at, undo);
    }
  }

  nextWakeMs(): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const at of this.#waiting) wakeMs = Math.min(wakeMs, this.#undos.get(at)?.untilMs ?? wakeMs);
    return wakeMs;
  }

  /** What became of the undos, by step. */
  outcomes(): Readonly<Record<string, 'done' | 'failed'>> {
    if (this.#left.length === 0) return {};
    const said = [...this.#undos].map(([at, { state }]): [string, 'done' | 'failed'] => [
      this.#options.steps.nameOf(at),
      state === 'done' ? 'done' : 'failed',
    ]);
    return Object.fromEntries(said);
  }

  /** Nothing that needs these is left to undo: their own undos come, and where there is none, those before them. */
  #reach(positions: readonly number[]): void {
    const reached = [...positions];
    for (const at of reached) {
      const undo = this.#undos.get(at);
      if (undo?.state === 'idle') this.#await(at, undo, Math.max(this.#nowMs, undo.quietAtMs));
      else reached.push(...this.#freed(at));
    }
  }

  #freed(at: number): readonly number[] {
    return this.#options.steps.checkedOf(at).needs.filter((need) => {
      const left = present(this.#left[need], 'no step of that number') - 1;
      this.#left[need] = left;
      return left === 0;
    });
  }

  #await(at: number, undo: Undo, untilMs: number): void {
    if (undo.state === 'idle' && untilMs > this.#nowMs) {
      this.#options.emit({ kind: 'compensation.waiting', step: this.#options.steps.nameOf(at), reason: { kind: 'deadline', untilMs } });
    }
    undo.state = 'waiting';
    undo.untilMs = untilMs;
    this.#waiting.add(at);
  }

  #start(at: number, undo: Undo): void {
    const { steps, settings } = this.#options;
    const { command } = steps.checkedOf(at);
    const compensation = present(command.compensate, 'an undo of a command that has none');
    this.#waiting.delete(at);
    undo.state = 'called';
    undo.attempt += 1;
    undo.triedMs = this.#nowMs;
    if (undo.firstMs === 0) undo.firstMs = this.#nowMs;
    this.#called += 1;
    const inputs = compensation.args.holes.map((hole) => this.#inputFor(hole, command.name));
    this.#options.push({
      kind: 'startUndo',
      step: command.name,
      compensation,
      args: { template: compensation.args.value, inputs },
      timeoutMs: compensation.timeoutMs ?? tryMsDefault,
      idempotencyKey: `undo ${at} of ${settings.runId}`,
    });
  }

  /** The result of its own step is undefined where it is not known. */
  #inputFor({ at, source }: Hole, own: string): Input {
    const { steps, settings } = this.#options;
    if (source.kind === 'input') return { at, value: present(settings.input, 'a run without input'), path: source.path, name: 'the input' };
    const isKnown = source.step !== own || steps.findOutcome(own) === 'done';
    const value = isKnown ? steps.findValue(source.step) : undefined;
    assert(value !== undefined || source.step === own, 'an undo refers to a step without result');
    return { at, value: value ?? nothing, path: value ? source.path : [], name: source.step };
  }

  /** Whether it is tried again. */
  #waitsAgain(at: number, undo: Undo, end: StepEnd): boolean {
    if (end.ok || this.#nowMs - undo.firstMs >= undoMsMax) return false;
    const { error } = end;
    const isShed = HeddleError.is(error, 'overloaded');
    if (isShed) undo.attempt -= 1;
    const most = this.#options.steps.checkedOf(at).command.compensate?.attemptsMax ?? attemptsMax;
    if (!isShed && (undo.attempt >= most || !isWorthAnother(error))) return false;
    const pauseMs = backoffMs(undoBackoff, Math.max(0, undo.attempt - 1), this.#options.settings.random);
    const untilMs = this.#nowMs + Math.max(1, pauseMs, isShed ? error.detail.retryAfterMs : 0);
    const reason = { kind: 'retry', untilMs, because: error.code } as const;
    this.#options.emit({ kind: 'compensation.waiting', step: this.#options.steps.nameOf(at), reason });
    this.#await(at, undo, untilMs);
    return true;
  }

  #settle(at: number, undo: Undo, { step, end, server }: Extract<RunInput, { readonly kind: 'undoSettled' }>): void {
    undo.state = end.ok ? 'done' : 'failed';
    this.#open -= 1;
    const elapsedMs = this.#nowMs - undo.triedMs;
    const error = end.ok ? {} : { error: end.wire };
    this.#options.emit({ kind: 'compensation.settled', step, ok: end.ok, server, attempts: undo.attempt, elapsedMs, ...error });
    this.#reach(this.#freed(at));
  }
}

/** A try that could not come out otherwise is not made again. */
function isWorthAnother(error: HeddleError): boolean {
  if (HeddleError.is(error, 'function_failed')) return error.detail.retryable !== false;
  return !HeddleError.is(error, 'bad_argument', 'too_large', 'bad_result', 'closed');
}
