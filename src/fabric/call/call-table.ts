/**
 * The calls under way of one process: a client's own, or a server's own, relayed ones and steps of runs.
 *
 * E1 every call under way is known, so that a drain can wait for them and a close can end them.
 */

import { IdMap } from '../../base/id-map.ts';
import { HeddleError } from '../../errors.ts';
import type { CallEngine, CallHandle, CallSink, Invocation } from '../link/invocation.ts';
import { failure } from '../link/responses.ts';
import type { CallHistory } from './call-history.ts';
import { FusedCall } from './fused-call.ts';
import type { GroupMember } from './group-member.ts';
import { HedgedCall } from './hedged-call.ts';
import { RoutedCall } from './routed-call.ts';
import type { CallContext, ProcessContext, Routing } from './routing-port.ts';
import { SleepWatch } from './sleep-watch.ts';
import { ToldRunners } from './told-runners.ts';

const endedCall: CallHandle = { cancel: () => {}, stream: () => {} };

/** What the table needs of a call under way. */
interface TableCall {
  readonly invocation: Invocation;
  ticket: number;
  close(what: string): void;
  abandon(): void;
}

export class CallTable<Route> implements CallEngine {
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #calls = new IdMap<TableCall>();
  #tickets = 0;
  readonly #idle = new Set<() => void>();

  constructor(routing: Routing<Route>, context: ProcessContext) {
    this.#routing = routing;
    this.#context = { ...context, told: new ToldRunners(context.clock), sleep: new SleepWatch(context.clock) };
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  /** The functions of the calls that are under way, one for each. */
  functionsInFlight(): readonly string[] {
    return [...this.#calls.values()].map(({ invocation }) => invocation.function);
  }

  /** `history`: what went wrong with the call before. */
  start(asked: Invocation, sink: CallSink, history?: CallHistory): CallHandle {
    const invocation = this.#context.told.named(asked);
    const isWhole = invocation.kind === 'call' && !invocation.hasStreamInput;
    return isWhole && invocation.terms?.hedge === true && invocation.lost === 0
      ? this.#hedge(invocation, sink)
      : this.#begin(invocation, sink, history);
  }

  /** Sends several calls to one server as one frame, all or none: undefined when they cannot go there now. */
  startGroup(members: readonly GroupMember<Route>[]): readonly FusedCall<Route>[] | undefined {
    const [first] = members;
    const peer = first && this.#routing.peerOf(first.route);
    if (!peer || peer.isFull) return undefined;
    const parts = { routing: this.#routing, context: this.#context };
    const calls = members.map((member) => new FusedCall(parts, member, this.#forget));
    const refused = calls.findIndex((call) => !call.admit());
    if (refused >= 0) {
      for (const call of calls.slice(0, refused)) call.withdraw();
      return undefined;
    }
    for (const call of calls) this.#enter(call);
    peer.send({ kind: 'group', calls: calls.map((call) => call.sendTo(peer)) });
    return calls;
  }

  /** Resolves when no call is under way. */
  idle(): Promise<void> {
    if (this.#calls.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#idle.add(resolve));
  }

  /**
   * Ends every call: those of this process with `closed`. Those that it passes on for others are dropped without a word: a
   * caller whose connection to here is gone may take them elsewhere. True when there were such.
   */
  close(what: string): boolean {
    let hasDropped = false;
    for (const call of this.#calls.values()) {
      const isOwn = call.invocation.caller === this.#context.instance;
      if (isOwn) call.close(what);
      else call.abandon();
      hasDropped ||= !isOwn;
    }
    return hasDropped;
  }

  #begin(invocation: Invocation, sink: CallSink, history?: CallHistory): RoutedCall<Route> {
    const call = new RoutedCall(this.#routing, this.#context, { invocation, sink, history, onSettled: this.#forget });
    this.#enter(call);
    return call.start();
  }

  #enter(call: TableCall): void {
    this.#tickets += 1;
    call.ticket = this.#tickets;
    this.#calls.add(call.ticket, call);
  }

  #hedge(invocation: Invocation, sink: CallSink): CallHandle {
    let afterMs: number | undefined;
    try {
      afterMs = this.#routing.hedgeAfterMs(invocation);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      sink.settled({ outcome: failure(error) });
      return endedCall;
    }
    if (afterMs === undefined) return this.#begin(invocation, sink);
    const start = (leg: Invocation, end: CallSink, history: CallHistory) => this.#begin(leg, end, history);
    return new HedgedCall({ routing: this.#routing, context: this.#context, start, afterMs }, invocation, sink).start();
  }

  /** One function for all calls: the path of a call makes no closure for its table. */
  readonly #forget = (call: TableCall): void => {
    this.#calls.take(call.ticket);
    if (this.#calls.size > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle.clear();
  };
}
