/**
 * The calls under way of one process: a client's own, or a server's own, relayed ones and steps of runs.
 *
 * E1 every call under way is known, so that a drain can wait for them and a close can end them.
 */

import { IdMap } from '../base/id-map.ts';
import type { CallEngine, CallHandle, CallSink, Invocation } from './invocation.ts';
import { RoutedCall } from './routed-call.ts';
import type { CallContext, Routing } from './routing-port.ts';

export class CallTable<Route> implements CallEngine {
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #calls = new IdMap<RoutedCall<Route>>();
  #tickets = 0;
  readonly #idle = new Set<() => void>();

  constructor(routing: Routing<Route>, context: CallContext) {
    this.#routing = routing;
    this.#context = context;
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  start(invocation: Invocation, sink: CallSink): CallHandle {
    const call = new RoutedCall(this.#routing, this.#context, { invocation, sink, onSettled: this.#forget });
    this.#tickets += 1;
    call.ticket = this.#tickets;
    this.#calls.add(call.ticket, call);
    return call.start();
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /** Ends every call with `closed`. */
  close(what: string): void {
    for (const call of this.#calls.values()) call.close(what);
  }

  /** One function for all calls: the path of a call makes no closure for its table. */
  readonly #forget = (call: RoutedCall<Route>): void => {
    this.#calls.take(call.ticket);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  };
}
