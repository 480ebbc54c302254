/**
 * What a call needs to be routed: peers that carry its frames, a routing that chooses and accounts, and what all
 * calls of a process share. Types only.
 *
 * A server routes by its catalog (offer-routing.ts), a client by its session (session-engine.ts).
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Random } from '../../base/random.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import type { ErrorCode, HeddleError } from '../../errors.ts';
import type { Frame } from '../../wire/frame.ts';
import type { Conversation, PeerIdentity, RoomWaiter } from '../link/conversation.ts';
import type { Invocation } from '../link/invocation.ts';
import type { SleepWatch } from './sleep-watch.ts';
import type { ToldRunners } from './told-runners.ts';

/** What a call needs of whoever carries its frames: a Peer, or this process itself. */
export interface CallPeer {
  readonly isFull: boolean;
  /** Who it is, where its route does not say: of a session that was not open when it was chosen. */
  readonly identity?: PeerIdentity | undefined;
  /** Of the replies that have come from there. */
  readonly ledger: { readonly received: number };
  reserve(conversation: Conversation): number;
  release(id: number): void;
  send(frame: Frame): void;
  whenRoom(waiter: RoomWaiter): boolean;
  leaveQueue(waiter: RoomWaiter): void;
}

/** Servers (by instance) that this call has tried since its last backoff, with what came of it. */
export type Tried = ReadonlyMap<string, ErrorCode>;

/** Chooses and accounts for attempts; `Route` is whatever it likes to call one choice. */
export interface Routing<Route> {
  choose(invocation: Invocation, tried: Tried | undefined, nowMs: number): Route | HeddleError;
  /** Whether a function that nobody offers, or serves any more, was there a moment ago. */
  mayComeBack(invocation: Invocation, nowMs: number): boolean;
  /** Calls back once: when a choice may come out differently, or after `patienceMs`. Undefined: it cannot be waited for. */
  whenChanged(patienceMs: number, changed: () => void): CancelTask | undefined;
  /** When the first of the breakers lets a probe through that stand before every offer; undefined when not all are open. */
  breakersOpenUntilMs(invocation: Invocation): number | undefined;
  /** The open connection of a route, if there is one. */
  peerOf(route: Route): CallPeer | undefined;
  /** Makes a connection and tells how that ended, never at once; gives what takes the wish back. */
  reach(route: Route, done: (reached: CallPeer | HeddleError) => void): () => void;
  serverOf(route: Route): { readonly name: string; readonly instance: string };
  /** Whether the receiver of its frames must run the call itself; else it routes the call on. */
  isDirect(route: Route): boolean;
  /** Time that a frame takes there and back, as far as it is known. */
  roundTripMsOf(route: Route): number;
  /** The version to ask a route for. */
  versionOf(route: Route, invocation: Invocation): string | undefined;
  /** Servers of which others may not have heard yet that they offer the function; empty when the route is none of them. */
  newsOf(route: Route, nowMs: number): readonly string[];
  /** Strictest effect known of the function. */
  effectOf(route: Route | undefined, invocation: Invocation): Effect;
  /** Takes the price of one retry off the function's budget; false: it is spent. */
  mayPay(invocation: Invocation, nowMs: number): boolean;
  /**
   * Milliseconds in flight after which a call that asks for it may go to a second server as well; undefined: not here, or
   * not yet. Throws `bad_argument` where it must not.
   */
  hedgeAfterMs(invocation: Invocation): number | undefined;
  /** The same as `mayPay` for a hedge, which is at most every twentieth call. */
  mayHedge(invocation: Invocation, nowMs: number): boolean;
  /** Asks leave for one attempt: 0 refuses (choose another), any other number is given back to `ended`. */
  began(route: Route): number;
  ended(route: Route, permit: number, end: AttemptEnd): void;
}

export interface AttemptEnd {
  /** Undefined on success. */
  readonly code: ErrorCode | undefined;
  /** By the process' clock. */
  readonly nowMs: number;
  readonly elapsedMs: number;
  /** Microseconds of it that passed at the server that ran it, where a result says so. */
  readonly serverMicros: number | undefined;
  /** Counts from 1. */
  readonly attempt: number;
  /** The call that it was made for. */
  readonly call: Pick<Invocation, 'kind' | 'hasStreamInput' | 'caller' | 'callNumber' | 'trace'>;
}

/** What all calls of one process share. */
export interface ProcessContext {
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: DeadlineWheel;
  /** This process, as `caller` of its own calls. */
  readonly instance: string;
}

/** The same, and what one of them learns for those after it. */
export interface CallContext extends ProcessContext {
  readonly told: ToldRunners;
  readonly sleep: SleepWatch;
}

/** A call under way, as those see it who make its attempts, wait for it and ask after it. */
export interface OpenCall<Route> {
  readonly routing: Routing<Route>;
  readonly context: CallContext;
  readonly invocation: Invocation;
}
