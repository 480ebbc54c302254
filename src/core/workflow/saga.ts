/**
 * The undoing of a run that failed: the compensations of its steps (Garcia-Molina and Salem 1987, backward recovery).
 *
 * U1 undone is what succeeded and what may have run; never what has not, nor what its own handler refused by throwing.
 * U2 in reverse: the undo of a step starts when those of all steps that need it, directly or not, have ended.
 * U3 it starts when its step cannot run any more: at once after an answer, else `strayMs` after its call's deadline.
 *    Of a step that maps a list, each element is undone by itself, all at the same time.
 * U4 each is tried up to its `attempts` times within `undoMsMax`, every try with a deadline of its own; `overloaded` is no try.
 *    One that fails for good does not keep back the others.
 * U5 it does not end with the run's deadline, nor with a cancel: only with its coordinator.
 */

import { present } from '../../base/assert.ts';
import { backoffMs } from '../../base/backoff.ts';
import type { StepOutcome } from '../../error-details.ts';
import { HeddleError } from '../../errors.ts';
import type { Input, Payload } from '../payload.ts';
import { type ElementFacts, inputFor, spread } from './hole-values.ts';
import { attemptsMax } from './policies.ts';
import type { CompensationEvent, Hole } from './record.ts';
import type { RunEffect, RunInput, RunSettings, StepEnd } from './run-io.ts';
import { inFlightMaxDefault } from './run-io.ts';
import type { StepTable } from './step-table.ts';
import { allNames } from './workflow.ts';

/** After the deadline of its call a handler that heeds no signal has this long to end. */
export const strayMs = 5_000;
/** Default deadline of one try. */
const tryMsDefault = 30_000;
const undoMsMax = 600_000;
const undoBackoff = { baseMs: 100, maxMs: 10_000 };

/** How a step ended that has an undo. */
export interface UndoneStep {
  readonly outcome: StepOutcome;
  /** The deadline of its call. */
  readonly deadlineMs: number;
  /** Of a step that maps a list: the element that ended. */
  readonly element?: ElementFacts | undefined;
}

interface Undo {
  readonly at: number;
  readonly element: ElementFacts | undefined;
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

/** Stands for the step among its elements. */
const whole = -1;

const nothing: Payload = { encoding: 'undefined', bytes: new Uint8Array(0) };

export class Saga {
  readonly #options: SagaOptions;
  /** By step, and by element; the step itself stands as `whole`. */
  readonly #undos = new Map<number, Map<number, Undo>>();
  readonly #openOf = new Map<number, number>();
  readonly #waiting = new Set<Undo>();
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
  note(at: number, { outcome, deadlineMs, element }: UndoneStep, nowMs: number): void {
    if (outcome === 'not_run') return;
    const quietAtMs = outcome === 'maybe' ? deadlineMs + strayMs : nowMs;
    const undos = this.#undos.get(at) ?? new Map<number, Undo>();
    this.#undos.set(at, undos);
    undos.set(element?.index ?? whole, { at, element, quietAtMs, state: 'idle', untilMs: 0, attempt: 0, firstMs: 0, triedMs: 0 });
  }

  /** Its handler threw: by that it has said that there is nothing to undo. */
  spare(at: number, element: number = whole): void {
    const undos = this.#undos.get(at);
    undos?.delete(element);
    if (undos?.size === 0) this.#undos.delete(at);
  }

  /** The run has failed, and all its steps have settled. False: there is nothing to undo. */
  begin(nowMs: number): boolean {
    this.#nowMs = nowMs;
    for (const [at, { size }] of this.#undos) {
      this.#open += size;
      this.#openOf.set(at, size);
    }
    const { steps } = this.#options;
    const positions = allNames(this.#options.settings.workflow).map((name) => steps.positionOf(name));
    this.#left = positions.map((at) => steps.checkedOf(at).neededBy.length);
    this.#reach(positions.filter((at) => this.#left[at] === 0));
    this.advance(nowMs);
    return this.#open > 0;
  }

  take(input: Extract<RunInput, { readonly kind: 'undoStarted' | 'undoSettled' }>, nowMs: number): void {
    this.#nowMs = nowMs;
    const undo = this.#undos.get(this.#options.steps.positionOf(input.step))?.get(input.element ?? whole);
    if (undo?.state !== 'called') return;
    if (input.kind === 'undoStarted') {
      return this.#options.emit({ kind: 'compensation.started', ...this.#nameOf(undo), server: input.server, attempt: undo.attempt });
    }
    this.#called -= 1;
    if (!this.#waitsAgain(undo, input.end)) this.#settle(undo, input);
  }

  /** Starts what is due. */
  advance(nowMs: number): void {
    this.#nowMs = nowMs;
    const most = this.#options.settings.inFlightMax ?? inFlightMaxDefault;
    for (const undo of this.#waiting) {
      if (this.#called >= most) return;
      if (undo.untilMs <= nowMs) this.#start(undo);
    }
  }

  nextWakeMs(): number {
    let wakeMs = Number.POSITIVE_INFINITY;
    for (const undo of this.#waiting) wakeMs = Math.min(wakeMs, undo.untilMs);
    return wakeMs;
  }

  /** What became of the undos, by step. */
  outcomes(): Readonly<Record<string, 'done' | 'failed'>> {
    if (this.#left.length === 0) return {};
    const said = [...this.#undos].map(([at, undos]): [string, 'done' | 'failed'] => [
      this.#options.steps.nameOf(at),
      [...undos.values()].every(({ state }) => state === 'done') ? 'done' : 'failed',
    ]);
    return Object.fromEntries(said);
  }

  /** Nothing that needs these is left to undo: their own undos come, and where there is none, those before them. */
  #reach(positions: readonly number[]): void {
    const reached = [...positions];
    for (const at of reached) {
      const undos = this.#undos.get(at);
      if (!undos) reached.push(...this.#freed(at));
      else for (const undo of undos.values()) this.#await(undo, Math.max(this.#nowMs, undo.quietAtMs));
    }
  }

  #freed(at: number): readonly number[] {
    return this.#options.steps.checkedOf(at).needs.filter((need) => {
      const left = present(this.#left[need], 'no step of that number') - 1;
      this.#left[need] = left;
      return left === 0;
    });
  }

  #await(undo: Undo, untilMs: number): void {
    if (undo.state === 'idle' && untilMs > this.#nowMs) {
      this.#options.emit({ kind: 'compensation.waiting', ...this.#nameOf(undo), reason: { kind: 'deadline', untilMs } });
    }
    undo.state = 'waiting';
    undo.untilMs = untilMs;
    this.#waiting.add(undo);
  }

  #start(undo: Undo): void {
    const { steps, settings } = this.#options;
    const { at, element } = undo;
    const { command } = steps.checkedOf(at);
    const compensation = present(command.compensate, 'an undo of a command that has none');
    this.#waiting.delete(undo);
    undo.state = 'called';
    undo.attempt += 1;
    undo.triedMs = this.#nowMs;
    if (undo.firstMs === 0) undo.firstMs = this.#nowMs;
    this.#called += 1;
    const inputs = spread(compensation.args.holes.map((hole) => this.#inputFor(hole, undo)));
    this.#options.push({
      kind: 'startUndo',
      ...this.#nameOf(undo),
      compensation,
      args: { template: compensation.args.value, inputs },
      timeoutMs: compensation.timeoutMs ?? tryMsDefault,
      idempotencyKey: `undo ${element ? `${at}.${element.index}` : at} of ${settings.runId}`,
    });
  }

  /** The result of its own step is undefined where it is not known. */
  #inputFor(hole: Hole, { at: step, element }: Undo): Input {
    const { steps, settings } = this.#options;
    const { at, source } = hole;
    const own = steps.nameOf(step);
    if (source.kind !== 'step' || source.step !== own) return inputFor(hole, { steps, input: settings.input, element });
    const value = element ? element.value : steps.findOutcome(own) === 'done' ? steps.findValue(own) : undefined;
    return { at, value: value ?? nothing, path: value ? source.path : [], name: own };
  }

  #nameOf({ at, element }: Undo): { readonly step: string; readonly element?: number } {
    const step = this.#options.steps.nameOf(at);
    return element ? { step, element: element.index } : { step };
  }

  /** Whether it is tried again. */
  #waitsAgain(undo: Undo, end: StepEnd): boolean {
    if (end.ok || this.#nowMs - undo.firstMs >= undoMsMax) return false;
    const { error } = end;
    const isShed = HeddleError.is(error, 'overloaded');
    if (isShed) undo.attempt -= 1;
    const most = this.#options.steps.checkedOf(undo.at).command.compensate?.attemptsMax ?? attemptsMax;
    if (!isShed && (undo.attempt >= most || !isWorthAnother(error))) return false;
    const pauseMs = backoffMs(undoBackoff, Math.max(0, undo.attempt - 1), this.#options.settings.random);
    const untilMs = this.#nowMs + Math.max(1, pauseMs, isShed ? error.detail.retryAfterMs : 0);
    const reason = { kind: 'retry', untilMs, because: error.code } as const;
    this.#options.emit({ kind: 'compensation.waiting', ...this.#nameOf(undo), reason });
    this.#await(undo, untilMs);
    return true;
  }

  #settle(undo: Undo, { end, server }: Extract<RunInput, { readonly kind: 'undoSettled' }>): void {
    undo.state = end.ok ? 'done' : 'failed';
    this.#open -= 1;
    const elapsedMs = this.#nowMs - undo.triedMs;
    const error = end.ok ? {} : { error: end.wire };
    const name = this.#nameOf(undo);
    this.#options.emit({ kind: 'compensation.settled', ...name, ok: end.ok, server, attempts: undo.attempt, elapsedMs, ...error });
    const left = present(this.#openOf.get(undo.at), 'an undo of a step without any') - 1;
    this.#openOf.set(undo.at, left);
    if (left === 0) this.#reach(this.#freed(undo.at));
  }
}

/** A try that could not come out otherwise is not made again. */
function isWorthAnother(error: HeddleError): boolean {
  if (HeddleError.is(error, 'function_failed')) return error.detail.retryable !== false;
  return !HeddleError.is(error, 'bad_argument', 'too_large', 'bad_result', 'closed');
}
