/**
 * The call of a step that goes to its server together with others: one attempt, at a server that is settled.
 *
 * F1 its sink is told once: `settled`, or `back` when there is no end and the step may be called again (by the rules of
 *    retry.ts; a step that has not begun for want of what it awaits has not even been tried).
 * F2 what it is told before the run knows that it began is held back: steps end in the order of their inputs.
 * F3 its connection lost: its server is asked what became of it, whatever its effect, so that no two steps of a group go by
 *    different runs of a third. When nobody can say, what is pure or idempotent goes back, and `once` may have run.
 * F4 given up before it began, it waits for the word of its server, who knows whether it did.
 */

import type { WheelEntry } from '../../base/deadline-wheel.ts';
import type { Effect } from '../../core/catalog/offer.ts';
import { type ErrorCode, HeddleError } from '../../errors.ts';
import { fromWireError, toWireError, type WireError } from '../../wire/error.ts';
import type { GroupedCall, ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import type { CallHandle, Invocation, Settlement } from '../link/invocation.ts';
import { lateVerdict } from '../link/verdicts.ts';
import { frameOf, stampedMs } from './call-frame.ts';
import { type GroupMember, type StepBack, triedAgain } from './group-member.ts';
import { Inquiry } from './inquiry.ts';
import { decideRetry, pauseMs } from './retry.ts';
import type { CallContext, CallPeer, Routing } from './routing-port.ts';

export class FusedCall<Route> implements Conversation, WheelEntry, CallHandle {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  ticket = 0;
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #member: GroupMember<Route>;
  readonly #onOver: (call: FusedCall<Route>) => void;
  #peer: CallPeer | undefined;
  #id = 0;
  #permit = 0;
  #sentAtMs = 0;
  #timeoutMs: number;
  #hasBegun: boolean;
  #isCancelled = false;
  #isOver = false;
  #held: (() => void) | undefined;
  #inquiry: Inquiry | undefined;

  constructor(
    parts: { routing: Routing<Route>; context: CallContext },
    member: GroupMember<Route>,
    onOver: (call: FusedCall<Route>) => void,
  ) {
    this.#routing = parts.routing;
    this.#context = parts.context;
    this.#member = member;
    this.#onOver = onOver;
    this.#timeoutMs = member.invocation.timeoutMs;
    this.#hasBegun = member.awaits.length === 0;
  }

  get invocation(): Invocation {
    return this.#member.invocation;
  }

  /** Asks for leave; without it nothing was begun. */
  admit(): boolean {
    this.#permit = this.#routing.began(this.#member.route);
    this.#sentAtMs = this.#context.clock.nowMs();
    return this.#permit !== 0;
  }

  /** Gives the leave back: it is not sent. */
  withdraw(): void {
    this.#account('cancelled');
  }

  /** What goes into the group's frame. */
  sendTo(peer: CallPeer): GroupedCall {
    const { invocation, route, step, awaits, ownTimeoutMs } = this.#member;
    const { routing, context } = { routing: this.#routing, context: this.#context };
    this.#peer = peer;
    this.#id = peer.reserve(this);
    const roundTripMs = routing.roundTripMsOf(route);
    const call = frameOf(invocation, {
      id: this.#id,
      attempt: invocation.attempt,
      paid: invocation.paid,
      nowMs: this.#sentAtMs,
      self: context.instance,
      version: routing.versionOf(route, invocation),
      isDirect: true,
      credit: 0,
      roundTripMs,
      effect: this.#effect,
      acked: peer.ledger.received,
      lost: invocation.lost,
    });
    return { call, step, awaits, ownTimeoutMs: stampedMs(ownTimeoutMs, roundTripMs) };
  }

  /** The frame is out. */
  sent(): void {
    if (this.#isOver) return;
    this.#context.wheel.arm(this, this.#member.invocation.deadlineMs);
    if (this.#hasBegun) this.#tellStarted();
  }

  /** All that it awaited is done, so it has begun. */
  begin(timeoutMs: number): void {
    if (this.#hasBegun || this.#isOver) return;
    this.#hasBegun = true;
    this.#tellStarted();
    const held = this.#held;
    this.#held = undefined;
    if (held) return held();
    const deadlineMs = Math.min(this.#member.invocation.deadlineMs, this.#context.clock.nowMs() + timeoutMs);
    this.#timeoutMs = timeoutMs;
    this.#context.wheel.disarm(this);
    this.#context.wheel.arm(this, deadlineMs);
  }

  onReply(frame: ReplyFrame): void {
    if (this.#isOver) return;
    this.#inquiry = undefined;
    const { outcome } = frame;
    if (outcome.ok) {
      this.#account(undefined, frame.serverMicros);
      return this.#whenBegun(() => this.#settle(frame));
    }
    const known = fromWireError(outcome.error);
    this.#account(known.code);
    this.#failed(known, outcome.error, frame);
  }

  onProgress(frame: ProgressFrame): void {
    if (!this.#hasBegun || this.#isOver) return;
    if (frame.pulling) this.#member.sink.pulling?.(frame.pulling);
    else this.#member.sink.progress?.(frame.value);
  }

  /** F3. */
  onLost(): void {
    if (this.#isOver) return;
    this.#account('connection_lost');
    const { route, invocation } = this.#member;
    const question = {
      id: invocation,
      round: invocation.round,
      deadlineMs: invocation.deadlineMs,
      find: () => this.#routing.peerOf(route),
      reach: (done: Parameters<Routing<Route>['reach']>[1]) => this.#routing.reach(route, done),
    };
    this.#inquiry = new Inquiry(this.#context.clock, question, {
      onReply: (frame) => this.onReply(frame),
      onProgress: (frame) => this.onProgress(frame),
      onNever: () => this.#lost('no'),
      onUnknown: () => this.#lost('maybe'),
    });
    this.#inquiry.start();
    if (this.#isCancelled) this.#giveUp('the run has ended');
  }

  cancel(reason: string): void {
    if (this.#isOver || this.#isCancelled) return;
    if (this.#held) return this.#held();
    this.#isCancelled = true;
    if (this.#hasBegun || this.#inquiry) return this.#giveUp(reason);
    this.#peer?.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
  }

  /** Steps have no streams. */
  stream(): void {}

  /** The wheel's: its own deadline, or, before it began, that of the run. */
  expire(): void {
    if (this.#isOver) return;
    if (this.#held) return this.#held();
    this.#stop('the deadline has passed', 'deadline_exceeded');
    this.#end(toWireError(lateVerdict(this.#timeoutMs, 'maybe')));
  }

  close(what: string): void {
    if (this.#isOver) return;
    this.#stop(`${what} was closed`, 'cancelled');
    this.#end(toWireError(new HeddleError('closed', { what }, { executed: 'maybe' })));
  }

  /** Forgets the call; nobody is told. */
  abandon(): void {
    this.#isOver = true;
    this.#account('cancelled');
    this.#leave();
  }

  get #effect(): Effect {
    return this.#routing.effectOf(this.#member.route, this.#member.invocation);
  }

  get #server(): { readonly name: string; readonly instance: string } {
    return this.#routing.serverOf(this.#member.route);
  }

  #tellStarted(): void {
    this.#member.sink.started?.(this.#server.name, this.#member.invocation.attempt);
  }

  /** F2. */
  #whenBegun(end: () => void): void {
    this.#context.wheel.disarm(this);
    if (this.#hasBegun || this.#isCancelled) end();
    else this.#held = end;
  }

  #giveUp(reason: string): void {
    this.#stop(reason, 'cancelled');
    this.#end(toWireError(new HeddleError('cancelled', { reason }, { executed: 'maybe' })));
  }

  /** Stops waiting for the server, which is told. */
  #stop(reason: string, code: ErrorCode): void {
    if (this.#inquiry) this.#inquiry.giveUp(reason);
    else {
      this.#peer?.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
      this.#peer?.release(this.#id);
    }
    this.#account(code);
  }

  #lost(executed: 'no' | 'maybe'): void {
    this.#inquiry = undefined;
    const error = new HeddleError('connection_lost', { server: this.#server.name }, { executed });
    this.#failed(error, toWireError(error));
  }

  #failed(known: HeddleError, wire: WireError, frame?: ReplyFrame): void {
    if (this.#isCancelled) return this.#end(wire, frame);
    if (known.code === 'upstream_failed' || known.code === 'overloaded') return this.#back({ error: wire, freeSlots: frame?.freeSlots });
    const { invocation } = this.#member;
    const isRetryable = HeddleError.is(known, 'function_failed') && known.detail.retryable === true;
    const decision = decideRetry(
      { code: known.code, executed: known.executed, isRetryable },
      { effect: this.#effect, lost: invocation.lost, paid: invocation.paid, attemptsMax: invocation.terms?.attemptsMax },
    );
    const nowMs = this.#context.clock.nowMs();
    if (decision === 'final' || (decision === 'later' && !this.#routing.mayPay(invocation, nowMs)))
      return this.#whenBegun(() => this.#end(wire, frame));
    const tried = triedAgain(invocation, { known, wire, decision, instance: this.#server.instance });
    if (decision === 'now') return this.#back({ error: wire, tried, freeSlots: frame?.freeSlots });
    const waitMs = pauseMs(known, invocation.paid, this.#context.random);
    this.#member.sink.waiting?.({ kind: 'retry', untilMs: nowMs + waitMs, because: known.code });
    const stop = this.#context.clock.schedule(waitMs, () => this.#held?.());
    this.#held = () => {
      stop();
      this.#held = undefined;
      if (this.#isOver) return;
      this.#back({ error: wire, tried, freeSlots: frame?.freeSlots });
    };
  }

  #end(error: WireError, frame?: ReplyFrame): void {
    const { server = this.#server.name, freeSlots, serverMicros } = frame ?? {};
    this.#settle({ outcome: { ok: false, error }, server, freeSlots, serverMicros });
  }

  #settle({ outcome, server, freeSlots, serverMicros }: Settlement): void {
    if (this.#isOver) return;
    this.#over();
    this.#member.sink.settled({ outcome, server: server ?? this.#server.name, freeSlots, serverMicros });
  }

  #back(back: Omit<StepBack, 'server'>): void {
    this.#over();
    this.#member.sink.back({ ...back, server: this.#server.name });
  }

  #over(): void {
    this.#isOver = true;
    this.#leave();
    this.#onOver(this);
  }

  #leave(): void {
    this.#held = undefined;
    this.#inquiry?.leave();
    this.#context.wheel.disarm(this);
  }

  #account(code: ErrorCode | undefined, serverMicros?: number): void {
    const permit = this.#permit;
    this.#permit = 0;
    if (permit === 0) return;
    const { route, invocation: call, awaits, wayMs } = this.#member;
    // What it waited for before it began says nothing of its server.
    const isHead = awaits.length === 0;
    const ownMs = isHead || serverMicros === undefined ? undefined : serverMicros / 1000 + wayMs;
    const elapsedMs = ownMs ?? this.#context.clock.nowMs() - this.#sentAtMs;
    const shown = isHead ? serverMicros : undefined;
    this.#routing.ended(route, permit, { code, elapsedMs, serverMicros: shown, attempt: call.attempt, isStreamed: false, call });
  }
}
