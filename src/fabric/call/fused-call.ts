/**
 * The call of a step that goes to its server together with others: one attempt, at a server that is settled.
 *
 * F1 its sink is told once: `settled`, or `back` when there is no end and the step may be called again (by the rules of
 *    retry.ts; a step that has not begun for want of what it awaits has not even been tried).
 * F2 what it is told before the run knows that it began is held back: steps end in the order of their inputs.
 * F3 its connection lost: its server is asked what became of it, whatever its effect, so that no two steps of a group go by
 *    different runs of a third. When nobody can say, what is pure or idempotent goes back, and `once` may have run.
 * F4 given up before it began, it waits for the word of its server, who knows whether it did.
 * How the attempt is made and accounted is group-attempt.ts.
 */

import type { WheelEntry } from '../../base/deadline-wheel.ts';
import { type ErrorCode, HeddleError } from '../../errors.ts';
import { fromWireError, toWireError, type WireError } from '../../wire/error.ts';
import type { GroupedCall, ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import type { CallHandle, Invocation, Settlement } from '../link/invocation.ts';
import { lateVerdict } from '../link/verdicts.ts';
import { GroupAttempt, type GroupAttemptParts } from './group-attempt.ts';
import { type GroupMember, type StepBack, triedAgain } from './group-member.ts';
import { Inquiry, questionAt } from './inquiry.ts';
import { decideRetry, failedWith, pauseMs } from './retry.ts';
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
  readonly #attempt: GroupAttempt<Route>;
  #timeoutMs: number;
  #hasBegun: boolean;
  #isCancelled = false;
  #isOver = false;
  #held: (() => void) | undefined;
  #inquiry: Inquiry | undefined;

  constructor(parts: GroupAttemptParts<Route>, member: GroupMember<Route>, onOver: (call: FusedCall<Route>) => void) {
    this.#routing = parts.routing;
    this.#context = parts.context;
    this.#member = member;
    this.#onOver = onOver;
    this.#attempt = new GroupAttempt(parts, member);
    this.#timeoutMs = member.invocation.timeoutMs;
    this.#hasBegun = member.awaits.length === 0;
  }

  get invocation(): Invocation {
    return this.#member.invocation;
  }

  /** Asks for leave; without it nothing was begun. */
  admit(): boolean {
    return this.#attempt.admit();
  }

  /** Gives the leave back: it is not sent. */
  withdraw(): void {
    this.#attempt.end('cancelled');
  }

  /** What goes into the group's frame. */
  sendTo(peer: CallPeer): GroupedCall {
    return this.#attempt.sendTo(peer, this);
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
      this.#attempt.end(undefined, frame.serverMicros);
      return this.#whenBegun(() => this.#settle(frame));
    }
    const known = fromWireError(outcome.error);
    this.#attempt.end(known.code);
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
    this.#attempt.end('connection_lost');
    const { route, invocation } = this.#member;
    // What waits for others has the time of its run: that does not say when it was sent.
    const question = { ...questionAt(route, { invocation, routing: this.#routing }), sinceMs: this.#attempt.sentAtMs };
    this.#inquiry = new Inquiry(this.#context, question, {
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
    this.#attempt.cancel(reason);
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
    this.#attempt.end('cancelled');
    this.#leave();
  }

  #tellStarted(): void {
    this.#member.sink.started?.(this.#attempt.server.name, this.#member.invocation.attempt);
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
    else this.#attempt.giveUp(reason);
    this.#attempt.end(code);
  }

  #lost(executed: 'no' | 'maybe'): void {
    this.#inquiry = undefined;
    const error = new HeddleError('connection_lost', { server: this.#attempt.server.name }, { executed });
    this.#failed(error, toWireError(error));
  }

  #failed(known: HeddleError, wire: WireError, frame?: ReplyFrame): void {
    if (this.#isCancelled) return this.#end(wire, frame);
    if (known.code === 'upstream_failed' || known.code === 'overloaded') return this.#back({ error: wire, freeSlots: frame?.freeSlots });
    const { invocation } = this.#member;
    const { lost, paid, terms } = invocation;
    const decision = decideRetry(failedWith(known), { effect: this.#attempt.effect, lost, paid, attemptsMax: terms?.attemptsMax });
    const nowMs = this.#context.clock.nowMs();
    if (decision === 'final' || (decision === 'later' && !this.#routing.mayPay(invocation, nowMs)))
      return this.#whenBegun(() => this.#end(wire, frame));
    const tried = triedAgain(invocation, { known, wire, decision, instance: this.#attempt.server.instance });
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
    const { server = this.#attempt.server.name, freeSlots, serverMicros } = frame ?? {};
    this.#settle({ outcome: { ok: false, error }, server, freeSlots, serverMicros });
  }

  #settle({ outcome, server, freeSlots, serverMicros }: Settlement): void {
    if (this.#isOver) return;
    this.#over();
    this.#member.sink.settled({ outcome, server: server ?? this.#attempt.server.name, freeSlots, serverMicros });
  }

  #back(back: Omit<StepBack, 'server'>): void {
    this.#over();
    this.#member.sink.back({ ...back, server: this.#attempt.server.name });
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
}
