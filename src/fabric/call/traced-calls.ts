/**
 * Calls as spans: one where a call is made, one at each server that passes it on, and one where it runs.
 *
 * C1 a call's span is under that of the code that makes it: an active one, the handler's of a nested call, or the step's.
 * C2 what is sent on names the span as its parent; without a tracer here the context that came goes on as it is.
 * C3 with no tracer provider in the process a call is started as if this file were not there.
 */

import type { Payload } from '../../core/payload.ts';
import { type LiveSpan, type SpanStart, Tracing } from '../../observe/tracing.ts';
import type { CallFrame, Pulling } from '../../wire/frame.ts';
import type { CallEngine, CallHandle, CallSink, CallWait, Invocation, Settlement } from '../link/invocation.ts';
import type { StreamWord } from '../link/stream-port.ts';
import type { CallOrigin } from '../serve/serving.ts';

/** An engine whose calls are spans; `isMadeHere`: the calls of this process, not those that it passes on. */
export class TracedEngine implements CallEngine {
  readonly #inner: CallEngine;
  readonly #isMadeHere: boolean;
  readonly #tracing = new Tracing();

  constructor(inner: CallEngine, isMadeHere: boolean) {
    this.#inner = inner;
    this.#isMadeHere = isMadeHere;
  }

  start(invocation: Invocation, sink: CallSink): CallHandle {
    if (!this.#tracing.isOn) return this.#inner.start(invocation, sink);
    const span = this.#tracing.begin({
      name: this.#isMadeHere ? invocation.function : `route ${invocation.function}`,
      kind: this.#isMadeHere ? 'client' : 'server',
      attributes: attributesOf(invocation),
      parent: invocation.trace,
      isCalledHere: this.#isMadeHere,
    });
    return this.#inner.start({ ...invocation, trace: span.context }, new TracedOrigin(sinkAsOrigin(sink, invocation), span));
  }
}

/** A call that is about to run here, as a span: its frame and its origin from then on. */
export function servedUnderSpan(
  tracing: Tracing,
  { frame, origin, server }: Served,
): { readonly frame: CallFrame; readonly origin: CallOrigin } {
  const caller = frame.callerName ?? origin.callerName;
  const id = { function: frame.function, caller: frame.caller ?? origin.callerInstance, callNumber: frame.callNumber };
  const start: SpanStart = {
    name: frame.function,
    kind: 'server',
    attributes: { ...attributesOf(id), 'heddle.server': server, 'heddle.caller': caller, 'heddle.attempt': frame.attempt },
    parent: frame.trace,
    isCalledHere: false,
  };
  const span = tracing.begin(start);
  return { frame: { ...frame, trace: span.context }, origin: new TracedOrigin(origin, span) };
}

interface Served {
  readonly frame: CallFrame;
  readonly origin: CallOrigin;
  readonly server: string;
}

/** Passes everything on, and ends the span with the call. */
class TracedOrigin implements CallOrigin {
  readonly span: LiveSpan;
  readonly #inner: CallOrigin;

  constructor(inner: CallOrigin, span: LiveSpan) {
    this.#inner = inner;
    this.span = span;
  }

  get callerName(): string {
    return this.#inner.callerName;
  }

  get callerInstance(): string {
    return this.#inner.callerInstance;
  }

  get isOwn(): boolean | undefined {
    return this.#inner.isOwn;
  }

  get hasLeft(): boolean | undefined {
    return this.#inner.hasLeft;
  }

  get placeWaitMs(): number | undefined {
    return this.#inner.placeWaitMs;
  }

  settled(settlement: Settlement): void {
    const { outcome, server } = settlement;
    const executed = outcome.ok ? undefined : outcome.error.executed;
    this.span.end(outcome.ok ? undefined : outcome.error.code, { 'heddle.server': server, 'heddle.executed': executed });
    this.#inner.settled(settlement);
  }

  dropped(): void {
    this.span.end('closed');
    this.#inner.dropped?.();
  }

  progress(value: Payload): void {
    this.#inner.progress?.(value);
  }

  pulling(pulling: Pulling): void {
    this.#inner.pulling?.(pulling);
  }

  streamed(word: StreamWord): void {
    this.#inner.streamed?.(word);
  }

  started(server: string, attempt: number): void {
    this.span.note('attempt', { 'heddle.server': server, 'heddle.attempt': attempt });
    this.#inner.started?.(server, attempt);
  }

  waiting(reason: CallWait): void {
    this.span.note('waiting', { 'heddle.because': reason.kind });
    this.#inner.waiting?.(reason);
  }
}

/** The one class serves both ends of a call. */
function sinkAsOrigin(sink: CallSink, { caller, callerName }: Invocation): CallOrigin {
  return {
    callerName,
    callerInstance: caller,
    settled: (settlement) => sink.settled(settlement),
    dropped: () => sink.dropped?.(),
    progress: (value) => sink.progress?.(value),
    pulling: (pulling) => sink.pulling?.(pulling),
    streamed: (word) => sink.streamed?.(word),
    started: (server, attempt) => sink.started?.(server, attempt),
    waiting: (reason) => sink.waiting?.(reason),
  };
}

function attributesOf(call: Pick<Invocation, 'function' | 'caller' | 'callNumber'>): SpanStart['attributes'] {
  return { 'rpc.system': 'heddle', 'rpc.method': call.function, 'heddle.call_id': `${call.caller}:${call.callNumber}` };
}
