/**
 * The one try of a call that goes to its server together with others: leave to make it, its part of the frame, and its end.
 *
 * T1 an attempt that was given leave is accounted to its routing exactly once; what it waited for before it began says nothing
 *    of its server.
 * What follows from its end is the call's (fused-call.ts); an attempt that goes alone is attempt.ts.
 */

import type { Effect } from '../../core/catalog/offer.ts';
import type { ErrorCode } from '../../errors.ts';
import type { GroupedCall } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import { frameOf, stampedMs } from './call-frame.ts';
import type { GroupMember } from './group-member.ts';
import type { CallContext, CallPeer, Routing } from './routing-port.ts';

export interface GroupAttemptParts<Route> {
  readonly routing: Routing<Route>;
  readonly context: CallContext;
}

export class GroupAttempt<Route> {
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #member: GroupMember<Route>;
  #peer: CallPeer | undefined;
  #id = 0;
  #permit = 0;
  #sentAtMs = 0;

  constructor({ routing, context }: GroupAttemptParts<Route>, member: GroupMember<Route>) {
    this.#routing = routing;
    this.#context = context;
    this.#member = member;
  }

  get server(): { readonly name: string; readonly instance: string } {
    return this.#routing.serverOf(this.#member.route);
  }

  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  get effect(): Effect {
    return this.#routing.effectOf(this.#member.route, this.#member.invocation);
  }

  /** Asks for leave; without it nothing was begun. */
  admit(): boolean {
    this.#permit = this.#routing.began(this.#member.route);
    this.#sentAtMs = this.#context.clock.nowMs();
    return this.#permit !== 0;
  }

  /** What goes into the group's frame; `conversation` is told what comes back. */
  sendTo(peer: CallPeer, conversation: Conversation): GroupedCall {
    const { invocation, route, step, awaits, ownTimeoutMs } = this.#member;
    this.#peer = peer;
    this.#id = peer.reserve(conversation);
    const roundTripMs = this.#routing.roundTripMsOf(route);
    const call = frameOf(invocation, {
      id: this.#id,
      attempt: invocation.attempt,
      paid: invocation.paid,
      nowMs: this.#sentAtMs,
      self: this.#context.instance,
      version: this.#routing.versionOf(route, invocation),
      isDirect: true,
      credit: 0,
      roundTripMs,
      effect: this.effect,
      acked: peer.ledger.received,
      lost: invocation.lost,
    });
    return { call, step, awaits, ownTimeoutMs: stampedMs(ownTimeoutMs, roundTripMs) };
  }

  /** Asks the server to stop, whose answer is still waited for. */
  cancel(reason: string): void {
    this.#peer?.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
  }

  /** The same, and no answer is waited for. */
  giveUp(reason: string): void {
    this.cancel(reason);
    this.#peer?.release(this.#id);
  }

  /** Accounts the attempt (T1); undefined on success. */
  end(code: ErrorCode | undefined, serverMicros?: number): void {
    const permit = this.#permit;
    this.#permit = 0;
    if (permit === 0) return;
    const { route, invocation: call, awaits, wayMs } = this.#member;
    const isHead = awaits.length === 0;
    const ownMs = isHead || serverMicros === undefined ? undefined : serverMicros / 1000 + wayMs;
    const nowMs = this.#context.clock.nowMs();
    const elapsedMs = ownMs ?? nowMs - this.#sentAtMs;
    const shown = isHead ? serverMicros : undefined;
    this.#routing.ended(route, permit, { code, nowMs, elapsedMs, serverMicros: shown, attempt: call.attempt, call });
  }
}
