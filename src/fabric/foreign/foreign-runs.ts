/**
 * Runs for clients in other languages: submitting one and watching one, their events with every value in an encoding
 * that the client reads.
 *
 * F4 a client that ends its Submit cancels the run unless that is detached: it could not come back to it. One that ends its
 *    Watch ends nothing. It may leave before another server has said that it coordinates the run: that is waited for.
 *    Of a run that failed, large results are in its error as far as that can be sent with them.
 * F5 an event that is larger than a gRPC message may be ends the stream as `bad_result`; the run goes its way.
 */

import { onAbort } from '../../base/aborts.ts';
import { quiet } from '../../base/deferred.ts';
import type { Filled, Payload } from '../../core/payload.ts';
import type { OpaqueError, WireRunEvent } from '../../core/workflow/record.ts';
import { HeddleError } from '../../errors.ts';
import { traceContextOf } from '../../observe/tracing.ts';
import { messageBytesMax } from '../../transport/limits.ts';
import type { ForeignRequest } from '../../transport/transport.ts';
import { fromWireError, toWireError, type WireError } from '../../wire/error.ts';
import { decodeSubmitRequest, encodeRunEvent, encodeWatchedEvent, type ForeignSubmit } from '../../wire/foreign.ts';
import type { ForeignWatch } from '../../wire/foreign-questions.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { checkTimeout } from '../call/call-options.ts';
import { timeoutMsMax } from '../link/invocation.ts';
import type { Sight } from '../link/sight.ts';
import { collected, isUncollected, uncollectedBytes, type ValueSource } from '../run/collected-run.ts';
import { PendingEvents } from '../run/pending-events.ts';
import { checkRunId, parsedData } from '../run/run-caller.ts';
import type { RunEngine, RunFollower, SubmitRequest, Unfollow } from '../run/run-engine.ts';
import { decodeFilled } from '../run/run-handle.ts';

/** As base64 in JSON they have a third more, and the error has to go into one message with them. */
const foreignPartialMax = messageBytesMax / 2;
/** Reason of what is given up with its client. */
export const clientLeft = 'the client ended its call';

export class ForeignRuns {
  readonly #runs: RunEngine;
  readonly #values: ValueSource;

  constructor(runs: RunEngine, values: ValueSource) {
    this.#runs = runs;
    this.#values = values;
  }

  /** One run; its events as messages. Throws the HeddleError of a run that was refused. */
  async *submit(request: ForeignRequest, sight: Sight): AsyncIterable<Uint8Array> {
    const submitted = decodeSubmitRequest(request.message);
    for (const name of functionsIn(submitted.commands)) sight.demand('submit', name);
    const trace = traceContextOf(request.trace?.traceparent, request.trace?.tracestate);
    const submission = { ...requestOf(submitted, request.timeoutMs), trace };
    const following = new Following(request.signal, (follower) => this.#runs.submit(submission, follower));
    try {
      for await (const event of this.#whole(following.events, request.signal))
        yield sendable(encodeRunEvent(submitted.isJsonOnly ? inJson(event) : filled(event)));
    } finally {
      if (submitted.isDetached) following.close();
      else following.giveUp((runId) => void quiet(this.#runs.cancel(runId, clientLeft)));
    }
  }

  /** The events of a run from one on. Throws `unknown_run`. */
  async *watch({ runId = '', fromSequence, isJsonOnly }: ForeignWatch, signal: AbortSignal): AsyncIterable<Uint8Array> {
    checkRunId(runId, 'run_id');
    const following = new Following(signal, (follower) => this.#runs.attach(runId, fromSequence, follower));
    try {
      for await (const event of this.#whole(following.events, signal))
        yield sendable(encodeWatchedEvent(isJsonOnly ? inJson(event) : filled(event)));
    } finally {
      following.close();
    }
  }

  /** The events with their large results, which a foreign client cannot collect; nothing is pulled that could not be sent (F5). */
  async *#whole(events: AsyncIterable<WireRunEvent>, signal: AbortSignal): AsyncIterable<WireRunEvent> {
    for await (const event of events) {
      if (event.kind !== 'run.settled' || !isUncollected(event)) yield event;
      else if (uncollectedBytes(event) > messageBytesMax) throw tooLarge(uncollectedBytes(event));
      else yield await collected(event, this.#values, { signal, partialMax: foreignPartialMax });
    }
  }
}

/** One client's place at one run. */
class Following {
  readonly events = new PendingEvents();
  readonly #unfollow: Unfollow;
  readonly #leaveSignal: () => void;
  /** Once the run is accepted. */
  #runId: string | undefined;
  #isOver = false;
  /** Set when nobody reads on: what ends the run. */
  #cancel: ((runId: string) => void) | undefined;

  constructor(signal: AbortSignal, follow: (follower: RunFollower) => Unfollow) {
    this.#leaveSignal = onAbort(signal, () => this.events.end());
    this.#unfollow = follow({
      onEvent: (event) => {
        if (event.kind === 'run.accepted') this.#accepted(event.runId);
        this.events.push(event);
        if (event.kind === 'run.settled') this.#over();
      },
      onFailure: (error) => this.#over(error),
    });
  }

  close(): void {
    this.#leaveSignal();
    this.#unfollow();
  }

  /** Nobody reads on: the run, unless it is over, is ended with `cancel`, as soon as its id is known; then it is not followed any more. */
  giveUp(cancel: (runId: string) => void): void {
    this.#leaveSignal();
    if (!this.#isOver && this.#runId === undefined) {
      this.events.end();
      this.#cancel = cancel;
      return;
    }
    if (!this.#isOver && this.#runId !== undefined) cancel(this.#runId);
    this.#unfollow();
  }

  #accepted(runId: string): void {
    this.#runId = runId;
    if (!this.#cancel) return;
    this.#cancel(runId);
    this.#unfollow();
  }

  #over(error?: unknown): void {
    this.#isOver = true;
    this.events.end(error);
  }
}

function requestOf(submitted: ForeignSubmit, clientTimeoutMs: number | undefined): SubmitRequest {
  if (submitted.runId !== undefined) checkRunId(submitted.runId, 'run_id');
  checkTimeout(submitted.timeoutMs, 'request');
  const { input } = submitted;
  const parsed = parsedData(submitted.commands, submitted);
  return {
    runId: submitted.runId,
    name: submitted.name,
    commands: parsed.commands,
    returns: parsed.returns,
    input: input === undefined ? undefined : encodeValue(input),
    timeoutMs: submitted.timeoutMs ?? (clientTimeoutMs === undefined ? undefined : Math.min(clientTimeoutMs, timeoutMsMax)),
    isDetached: submitted.isDetached,
    looksBare: parsed.looksBare,
  };
}

/** Of commands as they were sent: every function that one of them names. */
export function functionsIn(commands: unknown): readonly string[] {
  if (!Array.isArray(commands)) return [];
  return commands.flatMap((command: unknown) => {
    const { fun, compensate }: { fun?: unknown; compensate?: { fun?: unknown } } = Object(command);
    return [fun, compensate?.fun].filter((name) => typeof name === 'string');
  });
}

/** Only results and errors of steps can be so large: something has run. */
function sendable(message: Uint8Array): Uint8Array {
  if (message.length <= messageBytesMax) return message;
  throw tooLarge(message.length);
}

function tooLarge(found: number): HeddleError {
  const expected = `at most ${messageBytesMax} bytes in one gRPC message`;
  return new HeddleError('bad_result', { path: [], expected, found: `an event of ${found} bytes` });
}

/** The event with its result filled in: a foreign client knows no holes. */
function filled(event: WireRunEvent): WireRunEvent {
  return event.kind === 'run.settled' && event.result ? { ...event, result: plain(event.result, false) } : event;
}

/** The event with every value in JSON. */
function inJson(event: WireRunEvent): WireRunEvent {
  switch (event.kind) {
    case 'step.progress':
      return { ...event, value: asJson(event.value) };
    case 'compensation.settled':
    case 'element.settled':
    case 'step.settled':
      return event.error === undefined ? event : { ...event, error: errorInJson(event.error) };
    case 'run.settled':
      return {
        ...event,
        ...(event.result === undefined ? {} : { result: plain(event.result, true) }),
        ...(event.error === undefined ? {} : { error: errorInJson(event.error) }),
      };
    default:
      return event;
  }
}

function plain(result: Filled, isJsonOnly: boolean): Filled {
  return { template: encodeValue(decodeFilled(result), { isJsonOnly }), inputs: [] };
}

/** The value in JSON, whoever encoded it. */
export function asJson(value: Payload): Payload {
  return value.encoding === 'json' ? value : encodeValue(decodeValue(value), { isJsonOnly: true });
}

function errorInJson(error: OpaqueError): OpaqueError {
  // Core carries the wire form opaquely; runner and codec put nothing else there.
  return toWireError(fromWireError(error as WireError), { isJsonOnly: true });
}
