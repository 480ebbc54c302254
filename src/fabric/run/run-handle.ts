/**
 * One run as its submitter holds it: `accepted`, `events` with replay, `result`, `cancel`.
 *
 * H1 its promises never raise an unhandled rejection by themselves.
 * H2 every loop over `events` begins with the first event and ends after `run.settled`; a run without events
 *    (refused, unknown) ends the loop with its error.
 * H3 a run that is given up before it was sent is never sent.
 * H4 large results are collected from the servers that keep them before the run is told to have settled.
 * H5 a run whose coordinator is gone says of each step what was told of it before.
 */

import { onAbort } from '../../base/aborts.ts';
import { type Deferred, deferred, quiet } from '../../base/deferred.ts';
import { ReplayLog } from '../../base/replay-log.ts';
import { thrownText } from '../../base/thrown.ts';
import type { Filled } from '../../core/payload.ts';
import { fill } from '../../core/workflow/fill.ts';
import type { WireRunEvent } from '../../core/workflow/record.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError, type WireError } from '../../wire/error.ts';
import { decodeValue } from '../../wire/value.ts';
import { peerValueError } from '../../wire/value-problem.ts';
import type { Run, RunEvent } from '../api/api.ts';
import { collected, isUncollected, type SettledRun, type ValueSource } from './collected-run.ts';
import type { RunEngine, RunFollower } from './run-engine.ts';
import { withToldSteps } from './told-steps.ts';

export class RunHandle implements Run<unknown>, RunFollower {
  readonly runId: string;
  readonly accepted: Promise<void>;
  readonly result: Promise<unknown>;
  readonly events = new ReplayLog<RunEvent>({ keyOf: progressKey });
  readonly #accepted: Deferred<void> = deferred();
  readonly #result: Deferred<unknown> = deferred();
  readonly #engine: RunEngine;
  readonly #values: ValueSource;
  #isSent = false;
  #onEnd: (() => void) | undefined;

  constructor(runId: string, { engine, values }: { readonly engine: RunEngine; readonly values: ValueSource }) {
    this.runId = runId;
    this.#engine = engine;
    this.#values = values;
    this.accepted = quiet(this.#accepted.promise);
    this.result = quiet(this.#result.promise);
  }

  /** Gives the run to the engine, unless it was given up before; cancels it when the signal aborts. */
  send(submit: () => void, signal: AbortSignal | undefined): void {
    if (signal?.aborted) this.#giveUp(signal.reason);
    if (this.events.isEnded) return;
    this.#isSent = true;
    submit();
    if (!this.events.isEnded) this.#onEnd = onAbort(signal, (reason) => void quiet(this.cancel(thrownText(reason))));
  }

  async cancel(reason = 'cancelled by the submitter'): Promise<void> {
    if (!this.#isSent) this.#giveUp(reason);
    if (this.events.isEnded) return;
    await this.#engine.cancel(this.runId, reason).catch((error: unknown) => {
      // It has settled meanwhile, which is what was wanted.
      if (!this.events.isEnded) throw error;
    });
  }

  onEvent(wire: WireRunEvent): void {
    if (wire.kind === 'run.settled' && isUncollected(wire)) void this.#collect(wire);
    else this.#take(wire);
  }

  onFailure(failure: HeddleError): void {
    if (this.events.isEnded) return;
    const error = withToldSteps(failure, this.events.kept());
    this.#finish(error);
    this.#accepted.reject(error);
    this.#result.reject(error);
  }

  /** H4. */
  async #collect(event: SettledRun): Promise<void> {
    try {
      this.#take(await collected(event, this.#values, { signal: new AbortController().signal }));
    } catch (error) {
      this.onFailure(known(error));
    }
  }

  #take(wire: WireRunEvent): void {
    let event: RunEvent;
    try {
      event = decodeRunEvent(wire);
    } catch (problem) {
      return this.onFailure(known(peerValueError(problem)));
    }
    this.events.push(event);
    if (event.kind === 'run.accepted') this.#accepted.resolve();
    if (event.kind === 'run.settled') this.#settle(event);
  }

  /** Nobody but this process has heard of the run. */
  #giveUp(reason: unknown): void {
    this.onFailure(new HeddleError('cancelled', { reason }, { executed: 'no', cause: reason }));
  }

  #settle(event: Extract<RunEvent, { readonly kind: 'run.settled' }>): void {
    this.#finish(undefined);
    // A run that ended had been accepted.
    this.#accepted.resolve();
    if (event.ok) this.#result.resolve(event.result);
    else this.#result.reject(event.error);
  }

  #finish(error: HeddleError | undefined): void {
    this.events.end(error);
    this.#onEnd?.();
  }
}

/** Of a step's progress the last value is enough, as the coordinator has it too. */
function progressKey(event: { readonly kind: string; readonly step?: string }): string | undefined {
  return event.kind === 'step.progress' ? event.step : undefined;
}

/** The event as users see it: values decoded, errors as HeddleErrors, the result filled. Throws ValueProblem or HeddleError. */
export function decodeRunEvent(event: WireRunEvent): RunEvent {
  switch (event.kind) {
    case 'step.progress':
      return { ...event, value: decodeValue(event.value) };
    case 'compensation.settled':
    case 'element.settled':
    case 'step.settled': {
      // Without an error it is the same in both forms: not copied.
      if (event.error === undefined) return event as RunEvent;
      return { ...event, error: decodeError(event.error) };
    }
    case 'run.settled': {
      const { kind, seq, atMs, ok, elapsedMs, error, result } = event;
      return {
        kind,
        seq,
        atMs,
        ok,
        elapsedMs,
        result: result === undefined ? undefined : decodeFilled(result),
        error: error === undefined ? undefined : decodeError(error),
      };
    }
    default:
      return event;
  }
}

/** A shape with its values put in. */
export function decodeFilled(filled: Filled): unknown {
  const fillings = filled.inputs.map(({ at, value, path, name }) => ({ at, path, name, value: decodeValue(value) }));
  return fill(decodeValue(filled.template), fillings, 'result');
}

function decodeError(error: object): HeddleError {
  // Core carries the wire form opaquely; runner and codec put nothing else there.
  return fromWireError(error as WireError);
}

function known(error: unknown): HeddleError {
  return HeddleError.is(error) ? error : new HeddleError('protocol_error', { problem: String(error) });
}
