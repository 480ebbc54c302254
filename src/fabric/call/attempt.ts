/**
 * One try of a call at one server: leave to make it, a connection, room, the frame, and its end.
 *
 * T1 an attempt that was given leave is accounted to its routing exactly once.
 * T2 its owner is told at most one end; after `giveUp` none.
 * Whether another attempt follows is the call's (routed-call.ts).
 */

import type { CancelTask } from '../../base/clock.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import { type ErrorCode, HeddleError } from '../../errors.ts';
import type { Evidence } from '../../transport/transport.ts';
import type { CreditFrame, ItemFrame, ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import type { Conversation, PeerIdentity, RoomWaiter } from '../link/conversation.ts';
import { type StreamWord, wordAsFrame } from '../link/stream-port.ts';
import { frameOf } from './call-frame.ts';
import { retryBackoff } from './retry.ts';
import type { CallPeer, OpenCall } from './routing-port.ts';

/** What an attempt needs of the call that it is made for. */
export interface AttemptOwner<Route> extends OpenCall<Route> {
  /** Paid retries so far, those of earlier hops included. */
  readonly paid: number;
  /** Connections lost under it so far, on earlier hops included. */
  readonly lost: number;
  /** Strictest effect known when it was first sent; undefined: as offered. */
  readonly effect: Effect | undefined;
  /** Bytes granted so far of the streamed result. */
  readonly credit: number;
  /** Numbers the attempt, which is sent next, as the call is then. */
  onSending(server: string): number;
  /** A reply came. The attempt is not accounted yet: whoever reads the reply calls `end`. */
  onReply(frame: ReplyFrame): void;
  onProgress(frame: ProgressFrame): void;
  onStream(frame: ItemFrame | CreditFrame): void;
  /** Its connection broke while its frame was out; it is accounted. */
  onLost(error: HeddleError): void;
  /** It ended without a reply, and is accounted. Nothing ran. */
  onBroken(error: HeddleError): void;
}

type Phase = 'fresh' | 'reaching' | 'waiting' | 'inFlight' | 'over';

export class Attempt<Route> implements Conversation, RoomWaiter {
  readonly route: Route;
  readonly #owner: AttemptOwner<Route>;
  #phase: Phase = 'fresh';
  #peer: CallPeer | undefined = undefined;
  #id = 0;
  #number = 0;
  #sentAtMs = 0;
  #permit = 0;
  #stopReaching: CancelTask | undefined = undefined;

  constructor(owner: AttemptOwner<Route>, route: Route) {
    this.#owner = owner;
    this.route = route;
  }

  /** Its frame was sent and no reply has come: the function may be running. */
  get isInFlight(): boolean {
    return this.#phase === 'inFlight';
  }

  /** Whom it was sent to, or is meant for. */
  get server(): PeerIdentity {
    return this.#peer?.identity ?? this.#owner.routing.serverOf(this.route);
  }

  /** False: leave was refused, and nothing was begun. */
  start(nowMs: number): boolean {
    const { routing } = this.#owner;
    // Leave is asked for before the connection is: what waits for one dial counts as load, takes the breaker's one
    // probe with it, and fails as one.
    this.#permit = routing.began(this.route);
    if (this.#permit === 0) return false;
    this.#sentAtMs = nowMs;
    const peer = routing.peerOf(this.route);
    if (peer) this.#offerTo(peer, nowMs);
    else this.#reach();
    return true;
  }

  onReply(frame: ReplyFrame): void {
    this.#owner.onReply(frame);
  }

  onProgress(frame: ProgressFrame): void {
    this.#owner.onProgress(frame);
  }

  onStream(frame: ItemFrame | CreditFrame): void {
    this.#owner.onStream(frame);
  }

  /** Passes a word of the caller's on. False while there is nobody to take it. */
  stream(word: StreamWord): boolean {
    if (this.#phase !== 'inFlight') return false;
    this.#peer?.send(wordAsFrame(word, this.#id));
    return true;
  }

  onLost(evidence: Evidence): void {
    if (this.#phase === 'inFlight') {
      this.end('connection_lost');
      this.#owner.onLost(new HeddleError('connection_lost', { server: this.server.name }));
    } else if (this.#phase === 'waiting') {
      this.#break(new HeddleError('unreachable', { address: this.server.name, evidence }));
    }
  }

  onRoom(): void {
    if (this.#phase === 'waiting' && this.#peer) this.#send(this.#peer, this.#owner.context.clock.nowMs());
  }

  /** Stops what is under way; says whether the frame was out. */
  giveUp(reason: string, code: 'cancelled' | 'deadline_exceeded'): boolean {
    if (this.#phase === 'inFlight') this.#peer?.send({ kind: 'cancel', id: this.#id, reason, hasLeft: true });
    return this.leave(code);
  }

  /** The same, and the server that may be running it is not told. */
  leave(code: 'cancelled' | 'deadline_exceeded'): boolean {
    const wasInFlight = this.#phase === 'inFlight';
    if (wasInFlight) this.#peer?.release(this.#id);
    else if (this.#phase === 'waiting') this.#peer?.leaveQueue(this);
    else this.#stopReaching?.();
    this.end(wasInFlight ? code : 'cancelled');
    return wasInFlight;
  }

  /** Accounts the attempt (T1); undefined on success. */
  end(code: ErrorCode | undefined, serverMicros?: number): void {
    this.#phase = 'over';
    const permit = this.#permit;
    this.#permit = 0;
    if (permit === 0) return;
    const { routing, context, invocation } = this.#owner;
    const nowMs = context.clock.nowMs();
    const elapsedMs = nowMs - this.#sentAtMs;
    routing.ended(this.route, permit, { code, nowMs, elapsedMs, serverMicros, attempt: this.#number, call: invocation });
  }

  #reach(): void {
    this.#phase = 'reaching';
    this.#stopReaching = this.#owner.routing.reach(this.route, (reached) => {
      this.#stopReaching = undefined;
      if (HeddleError.is(reached)) this.#break(reached);
      else this.#offerTo(reached, this.#owner.context.clock.nowMs());
    });
  }

  #offerTo(peer: CallPeer, nowMs: number): void {
    if (!peer.isFull) return this.#send(peer, nowMs);
    this.#phase = 'waiting';
    this.#peer = peer;
    if (peer.whenRoom(this)) return;
    const detail = { function: this.#owner.invocation.function, server: this.server.name, retryAfterMs: retryBackoff.maxMs };
    this.#break(new HeddleError('overloaded', detail), 'cancelled');
  }

  #send(peer: CallPeer, nowMs: number): void {
    this.#peer = peer;
    this.#phase = 'inFlight';
    this.#sentAtMs = nowMs;
    this.#id = peer.reserve(this);
    this.#number = this.#owner.onSending(this.server.name);
    const { routing, context, invocation, paid, lost, credit, effect } = this.#owner;
    const version = routing.versionOf(this.route, invocation);
    const isDirect = routing.isDirect(this.route);
    const roundTripMs = routing.roundTripMsOf(this.route);
    const sent = {
      id: this.#id,
      attempt: this.#number,
      paid,
      lost,
      nowMs,
      self: context.instance,
      version,
      isDirect,
      credit,
      roundTripMs,
      effect,
      acked: peer.ledger.received,
    };
    peer.send(frameOf(invocation, sent));
  }

  #break(error: HeddleError, code: ErrorCode = error.code): void {
    this.end(code);
    this.#owner.onBroken(error);
  }
}
