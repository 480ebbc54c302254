/**
 * The calls under way of one process: a client's own, or a server's own, relayed ones and steps of runs.
 *
 * E1 every call under way is known, so that a drain can wait for them and a close can end them.
 */

import type { Payload } from '../core/payload.ts';
import type { ErrorCode } from '../errors.ts';
import type { CallEngine, CallHandle, CallSink, Invocation, Settlement } from './invocation.ts';
import { RoutedCall } from './routed-call.ts';
import type { CallContext, Routing } from './routing-port.ts';

export class CallTable<Route> implements CallEngine {
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #calls = new Set<TrackedCall<Route>>();
  readonly #idle = new Set<() => void>();

  constructor(routing: Routing<Route>, context: CallContext) {
    this.#routing = routing;
    this.#context = context;
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  start(invocation: Invocation, sink: CallSink): CallHandle {
    const tracked: TrackedCall<Route> = new TrackedCall(sink, () => this.#forget(tracked));
    this.#calls.add(tracked);
    const call = new RoutedCall(this.#routing, this.#context, { invocation, sink: tracked });
    tracked.call = call;
    return call.start();
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Ends every call with `closed`. */
  close(what: string): void {
    for (const { call } of [...this.#calls]) call?.close(what);
  }

  #forget(tracked: TrackedCall<Route>): void {
    this.#calls.delete(tracked);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  }
}

/** A sink that says when its call is over. */
class TrackedCall<Route> implements CallSink {
  call: RoutedCall<Route> | undefined;
  readonly #sink: CallSink;
  readonly #over: () => void;

  constructor(sink: CallSink, over: () => void) {
    this.#sink = sink;
    this.#over = over;
  }

  settled(settlement: Settlement): void {
    this.#over();
    this.#sink.settled(settlement);
  }

  progress(value: Payload): void {
    this.#sink.progress?.(value);
  }

  started(server: string, attempt: number): void {
    this.#sink.started?.(server, attempt);
  }

  waiting(untilMs: number, because: ErrorCode): void {
    this.#sink.waiting?.(untilMs, because);
  }
}
