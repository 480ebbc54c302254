/**
 * A stream for somebody who does not decode it: a client in another language, whose items go on as they are.
 *
 * Y1 it is a stream like any other: credit, sign of life, cancellation when its loop is left, `detail.lastItem` when it
 *    breaks off.
 */

import type { Payload } from '../../core/payload.ts';
import { StreamCall, type StreamCallOptions } from '../call/stream-call.ts';
import type { Invocation } from '../link/invocation.ts';

export type PayloadStreamOptions = Omit<StreamCallOptions, 'ask' | 'read' | 'parent'>;

/** What is asked: a call without the fields of its stream, which are filled in here. */
export type PayloadStreamCall = Omit<Invocation, 'kind' | 'credit' | 'hasStreamInput'>;

/**
 * The items of a stream as payloads (JSON alone where the call says `isJsonOnly`). The call starts with the loop and ends
 * with it; `signal` gives it up. `deadlineMs` of `nowMs + timeoutMsMax` is none. The loop throws a HeddleError.
 */
export function payloadStream(options: PayloadStreamOptions, call: () => PayloadStreamCall, signal?: AbortSignal): AsyncIterable<Payload> {
  const stream = new StreamCall({
    ...options,
    parent: undefined,
    read: (value) => value,
    ask: (window) => ({ invocation: { ...call(), kind: 'stream', credit: window, hasStreamInput: false }, source: undefined, signal }),
  });
  // `read` gives payloads out.
  return stream as AsyncIterable<Payload>;
}
