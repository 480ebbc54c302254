/**
 * Clients in other languages: gRPC's own unary `Call` and server-streamed `Submit`, with JSON values.
 *
 * F1 their calls and workflows go through the same engine as everybody's; only the values' encoding differs.
 * F2 what they get back is in an encoding that they read.
 * F3 a client that ends its call gives up the call, or the run unless that is detached: it could not come back to it.
 */

import { quiet } from '../base/deferred.ts';
import { ReplayLog } from '../base/replay-log.ts';
import type { Filled, Payload } from '../core/payload.ts';
import { parseWorkflow } from '../core/workflow/parse.ts';
import type { OpaqueError, WireRunEvent } from '../core/workflow/record.ts';
import type { HeddleError } from '../errors.ts';
import type { ForeignRequest } from '../transport/transport.ts';
import { fromWireError, toWireError, type WireError } from '../wire/error.ts';
import { decodeCallRequest, decodeSubmitRequest, encodeCallResponse, encodeRunEvent, type ForeignSubmit } from '../wire/foreign.ts';
import { decodeValue, encodeValue } from '../wire/value.ts';
import { checkCallOptions, checkTimeout } from './call-options.ts';
import { type CallEngine, callTimeoutMsDefault, type Invocation, type Settlement, timeoutMsMax } from './invocation.ts';
import { checkRunId } from './run-caller.ts';
import type { RunEngine, SubmitRequest } from './run-engine.ts';
import { decodeFilled, progressKey } from './run-handle.ts';

export interface ForeignEntryOptions {
  readonly engine: CallEngine;
  readonly runs: RunEngine;
  readonly nowMs: () => number;
  /** Identity and number of a call made for a client that has none. */
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
  /** Set while no new work is taken. */
  readonly refusal: () => HeddleError | undefined;
}

export class ForeignEntry {
  readonly #options: ForeignEntryOptions;

  constructor(options: ForeignEntryOptions) {
    this.#options = options;
  }

  /** One call; the response message. Rejects with the call's HeddleError. */
  async call(request: ForeignRequest): Promise<Uint8Array> {
    this.#refuse();
    const invocation = this.#invocation(request);
    const { outcome, server } = await this.#settled(invocation, request.signal);
    if (!outcome.ok) throw fromWireError(outcome.error);
    return encodeCallResponse(outcome.value, server);
  }

  /** One run; its events as messages. Throws the HeddleError of a run that was refused. */
  async *submit(request: ForeignRequest): AsyncIterable<Uint8Array> {
    this.#refuse();
    const submitted = decodeSubmitRequest(request.message);
    const events = new ReplayLog<WireRunEvent>({ keyOf: progressKey });
    let runId: string | undefined;
    const unfollow = this.#options.runs.submit(requestOf(submitted, request.timeoutMs), {
      onEvent: (event) => {
        events.push(event);
        if (event.kind === 'run.accepted') runId = event.runId;
        if (event.kind === 'run.settled') events.end();
      },
      onFailure: (error) => events.end(error),
    });
    const giveUp = (): void => {
      unfollow();
      if (!events.isEnded && !submitted.isDetached && runId !== undefined) void quiet(this.#options.runs.cancel(runId, clientLeft));
      events.end();
    };
    request.signal.addEventListener('abort', giveUp, { once: true });
    if (request.signal.aborted) giveUp();
    try {
      for await (const event of events) yield encodeRunEvent(submitted.isJsonOnly ? inJson(event) : filled(event));
    } finally {
      request.signal.removeEventListener('abort', giveUp);
      giveUp();
    }
  }

  #refuse(): void {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
  }

  #invocation(request: ForeignRequest): Invocation {
    const call = decodeCallRequest(request.message);
    const { need, version, target, meta } = call;
    checkCallOptions({ need, version, target, meta, timeoutMs: call.timeoutMs });
    const clientMs = Math.min(request.timeoutMs ?? callTimeoutMsDefault, timeoutMsMax);
    const timeoutMs = Math.min(call.timeoutMs ?? clientMs, request.timeoutMs ?? timeoutMsMax);
    return {
      function: call.function,
      version,
      effect: undefined,
      need,
      target,
      args: { template: call.args, inputs: [] },
      timeoutMs,
      deadlineMs: this.#options.nowMs() + timeoutMs,
      ...this.#options.nextCall(),
      attempt: 1,
      paid: 0,
      lost: 0,
      meta,
      terms: undefined,
      isJsonOnly: call.isJsonOnly,
      wantsProgress: false,
      isOverloadFinal: false,
    };
  }

  #settled(invocation: Invocation, signal: AbortSignal): Promise<Settlement> {
    return new Promise((resolve) => {
      const handle = this.#options.engine.start(invocation, { settled: resolve });
      if (signal.aborted) handle.cancel(clientLeft);
      else signal.addEventListener('abort', () => handle.cancel(clientLeft), { once: true });
    });
  }
}

const clientLeft = 'the client ended its call';

function requestOf(submitted: ForeignSubmit, clientTimeoutMs: number | undefined): SubmitRequest {
  if (submitted.runId !== undefined) checkRunId(submitted.runId, 'run_id');
  checkTimeout(submitted.timeoutMs, 'request');
  const { commands, returns, references, input } = submitted;
  const parsed = parseWorkflow(commands, {
    ...(returns === undefined ? {} : { returns }),
    references,
    hasInput: input !== undefined,
    encode: (value) => encodeValue(value),
  });
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

/** The event with its result filled in: a foreign client knows no holes. */
function filled(event: WireRunEvent): WireRunEvent {
  return event.kind === 'run.settled' && event.result ? { ...event, result: plain(event.result, false) } : event;
}

/** The event with every value in JSON. */
function inJson(event: WireRunEvent): WireRunEvent {
  switch (event.kind) {
    case 'step.progress':
      return { ...event, value: asJson(event.value) };
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

function asJson(value: Payload): Payload {
  return value.encoding === 'json' ? value : encodeValue(decodeValue(value), { isJsonOnly: true });
}

function errorInJson(error: OpaqueError): OpaqueError {
  // Core carries the wire form opaquely; runner and codec put nothing else there.
  return toWireError(fromWireError(error as WireError), { isJsonOnly: true });
}
