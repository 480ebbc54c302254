/**
 * Calls for clients in other languages: what their request says as an invocation, and its result or its items.
 *
 * K1 a client's deadline, by gRPC or in the request, is the call's; one that ends its call gives it up.
 * K2 an answer that is larger than a gRPC message may be is `bad_result`: the function ran.
 */

import { onAbort } from '../../base/aborts.ts';
import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import { checkName } from '../../core/names.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { traceContextOf } from '../../observe/tracing.ts';
import { messageBytesMax } from '../../transport/limits.ts';
import type { ForeignRequest } from '../../transport/transport.ts';
import { fromWireError } from '../../wire/error.ts';
import { decodeCallRequest, encodeCallResponse, encodeStreamItem, type ForeignCall } from '../../wire/foreign.ts';
import { checkCallOptions } from '../call/call-options.ts';
import { termsOf } from '../call/call-terms.ts';
import { type CallEngine, callTimeoutMsDefault, type Invocation, type Settlement, timeoutMsMax } from '../link/invocation.ts';
import type { Sight } from '../link/sight.ts';
import { StreamWindows } from '../stream/stream-windows.ts';
import { asJson, clientLeft } from './foreign-runs.ts';
import { payloadStream } from './payload-stream.ts';

export interface ForeignCallsOptions {
  readonly engine: CallEngine;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  /** Identity and number of a call made for a client that has none. */
  readonly nextCall: () => Pick<Invocation, 'caller' | 'callerName' | 'callNumber'>;
}

/** What gRPC adds to a message, and a server's name. */
const envelopeBytes = 1024;

export class ForeignCalls {
  readonly #options: ForeignCallsOptions;
  readonly #windows = new StreamWindows();

  constructor(options: ForeignCallsOptions) {
    this.#options = options;
  }

  /** The response message. Rejects with the call's HeddleError. */
  async call(request: ForeignRequest, sight: Sight): Promise<Uint8Array> {
    const call = decodeCallRequest(request.message);
    sight.demand('call', call.function);
    const invocation = this.#invocation(call, request, { defaultMs: callTimeoutMsDefault, identity: sight.told });
    const { outcome, server } = await this.#settled(invocation, request.signal);
    if (!outcome.ok) throw fromWireError(outcome.error);
    return encodeCallResponse(sendable(outcome.value, 'a result'), server);
  }

  /** Items as messages, pulled from the function as the client takes them. Throws what ends the stream. */
  async *stream(request: ForeignRequest, sight: Sight): AsyncIterable<Uint8Array> {
    const { engine, clock, wheel } = this.#options;
    const call = decodeCallRequest(request.message);
    sight.demand('call', call.function);
    const invocation = this.#invocation(call, request, { defaultMs: timeoutMsMax, identity: sight.told });
    const items = payloadStream({ engine, clock, wheel, windows: this.#windows }, () => invocation, request.signal);
    for await (const item of items) yield encodeStreamItem(sendable(call.isJsonOnly ? asJson(item) : item, 'an item'));
  }

  /** Throws `bad_argument`, `too_large`. */
  #invocation(
    call: ForeignCall,
    { timeoutMs: clientMs, trace }: ForeignRequest,
    { defaultMs, identity }: { readonly defaultMs: number; readonly identity: string | undefined },
  ): Invocation {
    const { function: named, args, isJsonOnly, ...given } = call;
    // Our own clients would hear `no_such_function`; bytes that are no request at all must not wait for a function without a name.
    const name = checkName('function', named, ['function']);
    const options = checkCallOptions(given);
    const { need, version, target, meta } = options;
    const timeoutMs = Math.min(options.timeoutMs ?? clientMs ?? defaultMs, clientMs ?? timeoutMsMax, timeoutMsMax);
    const { caller, callerName, callNumber } = this.#options.nextCall();
    return {
      function: name,
      kind: 'call',
      credit: 0,
      hasStreamInput: false,
      version,
      effect: undefined,
      need,
      target,
      args: { template: args, inputs: [] },
      timeoutMs,
      deadlineMs: this.#options.clock.nowMs() + timeoutMs,
      caller,
      callerName,
      callNumber,
      attempt: 1,
      paid: 0,
      lost: 0,
      meta,
      terms: termsOf(options),
      isJsonOnly,
      wantsProgress: false,
      isOverloadFinal: false,
      round: 0,
      isAgain: false,
      via: undefined,
      planned: undefined,
      runners: undefined,
      parkMs: undefined,
      parkOverBytes: undefined,
      trace: traceContextOf(trace?.traceparent, trace?.tracestate),
      identity,
      onBehalfOf: undefined,
      isStep: undefined,
    };
  }

  #settled(invocation: Invocation, signal: AbortSignal): Promise<Settlement> {
    return new Promise((resolve) => {
      const handle = this.#options.engine.start(invocation, { settled: resolve });
      onAbort(signal, () => handle.cancel(clientLeft));
    });
  }
}

/** K2. */
function sendable(value: Payload, what: string): Payload {
  if (value.bytes.length <= messageBytesMax - envelopeBytes) return value;
  const expected = `at most ${messageBytesMax} bytes in one gRPC message`;
  throw new HeddleError('bad_result', { path: [], expected, found: `${what} of ${value.bytes.length} bytes` });
}
