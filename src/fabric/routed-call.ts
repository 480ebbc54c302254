/**
 * One call from its start to its end: choose, wait for room, send, and on failure decide whether again.
 *
 * K1 the sink is told exactly once, at the deadline at the latest.
 * K2 `executed` of the end is the strongest over the attempts.
 * K3 one object a call, no timer and no promise of its own; the deadline lies in the shared wheel.
 * Who may take an attempt is `Routing`'s (a server's catalog, or a client's session); what may be tried again
 * is retry.ts.
 */

import { backoffMs } from '../base/backoff.ts';
import type { CancelTask } from '../base/clock.ts';
import type { WheelEntry } from '../base/deadline-wheel.ts';
import { type ErrorCode, type Executed, errorTable, HeddleError, strongest } from '../errors.ts';
import type { Evidence } from '../transport/transport.ts';
import { fromWireError, toWireError, type WireError } from '../wire/error.ts';
import type { ProgressFrame, ReplyFrame } from '../wire/frame.ts';
import { frameOf } from './call-frame.ts';
import type { Conversation, RoomWaiter } from './conversation.ts';
import type { CallHandle, CallSink, Invocation } from './invocation.ts';
import { decideRetry, retryBackoff } from './retry.ts';
import type { CallContext, CallPeer, Routing } from './routing-port.ts';

/** How long a call waits for a provider that was there a moment ago, and how often it looks, in milliseconds. */
const absentMs = 250;
const absentPollMs = 25;

export interface CallStart<Route> {
  readonly invocation: Invocation;
  readonly sink: CallSink;
  /** Called before the sink is told. */
  readonly onSettled?: ((call: RoutedCall<Route>) => void) | undefined;
}

/** A verdict of a deadline this close to our own deadline is about ours. */
const verdictMarginMs = 50;

type Phase = 'choosing' | 'reaching' | 'waiting' | 'inFlight' | 'backingOff' | 'settled';

export class RoutedCall<Route> implements Conversation, RoomWaiter, WheelEntry, CallHandle {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  /** Its number in the table of calls under way; the table writes it. */
  ticket = 0;
  readonly #routing: Routing<Route>;
  readonly #context: CallContext;
  readonly #invocation: Invocation;
  readonly #sink: CallSink;
  readonly #onSettled: ((call: RoutedCall<Route>) => void) | undefined;
  #phase: Phase = 'choosing';
  #route: Route | undefined = undefined;
  #peer: CallPeer | undefined = undefined;
  #id = 0;
  #sentAtMs = 0;
  #permit = 0;
  #attempt: number;
  #paid: number;
  #lost = 0;
  /** Until when a provider that has just vanished is waited for. */
  #absentUntilMs: number | undefined = undefined;
  #tried: Map<string, ErrorCode> | undefined = undefined;
  /** The attempt that says most about whether the function ran. */
  #strongest: WireError | undefined = undefined;
  /** Takes back what is being waited for: a connection, or the end of a backoff. */
  #takeBack: CancelTask | undefined = undefined;

  constructor(routing: Routing<Route>, context: CallContext, call: CallStart<Route>) {
    this.#routing = routing;
    this.#context = context;
    this.#invocation = call.invocation;
    this.#sink = call.sink;
    this.#onSettled = call.onSettled;
    this.#attempt = call.invocation.attempt;
    this.#paid = call.invocation.paid;
  }

  start(): this {
    this.#context.wheel.arm(this, this.#invocation.deadlineMs);
    // A nested or relayed call may come with no time left: it is not sent.
    if (this.#invocation.deadlineMs <= this.#context.clock.nowMs()) this.expire();
    else this.#next();
    return this;
  }

  cancel(reason: string): void {
    if (this.#phase === 'settled') return;
    const executed = this.#giveUp(reason);
    this.#fail(toWireError(new HeddleError('cancelled', { reason }, { executed })));
  }

  /** Ends the call because `what`, this client or server, was closed. */
  close(what: string): void {
    if (this.#phase === 'settled') return;
    const executed = this.#giveUp(`${what} was closed`) === 'no' ? 'no' : 'maybe';
    this.#fail(toWireError(new HeddleError('closed', { what }, { executed })));
  }

  expire(): void {
    if (this.#phase === 'settled') return;
    const executed = this.#giveUp('the deadline has passed', 'deadline_exceeded');
    this.#fail(this.#lateError(executed));
  }

  onReply(frame: ReplyFrame): void {
    const { outcome } = frame;
    if (outcome.ok) {
      this.#endAttempt(undefined);
      return this.#settle(frame);
    }
    const { code } = fromWireError(outcome.error);
    this.#endAttempt(code);
    if (code === 'deadline_exceeded' && this.#isOverdue()) this.#fail(this.#lateError(outcome.error.executed), frame);
    else if (this.#routing.isDirect || code === 'draining') this.#failed(outcome.error, frame);
    // An entry server has made the retries; its verdict is the call's.
    else this.#fail(outcome.error, frame);
  }

  onProgress(frame: ProgressFrame): void {
    this.#sink.progress?.(frame.value);
  }

  onLost(evidence: Evidence): void {
    if (this.#phase === 'inFlight') {
      this.#endAttempt('connection_lost');
      this.#failed(toWireError(new HeddleError('connection_lost', { server: this.#serverName() })));
    } else if (this.#phase === 'waiting') {
      this.#endAttempt('unreachable');
      this.#failed(toWireError(new HeddleError('unreachable', { address: this.#serverName(), evidence })));
    }
  }

  onRoom(): void {
    if (this.#phase === 'waiting' && this.#peer) this.#send(this.#peer);
  }

  #next(): void {
    this.#phase = 'choosing';
    const chosen = this.#routing.choose(this.#invocation, this.#tried, this.#context.clock.nowMs());
    if (HeddleError.is(chosen)) {
      this.#route = undefined;
      return this.#isAbsent(chosen) ? this.#waitForProvider() : this.#failed(toWireError(chosen));
    }
    this.#route = chosen;
    // Leave is asked for before the connection is: what waits for one dial counts as load, takes the breaker's one
    // probe with it, and fails as one.
    this.#permit = this.#routing.began(chosen);
    if (this.#permit === 0) return this.#tryAnother(chosen, 'no_route');
    this.#sentAtMs = this.#context.clock.nowMs();
    const peer = this.#routing.peerOf(chosen);
    if (peer) this.#offerTo(peer);
    else this.#reach(chosen);
  }

  /** Whether nobody offers what was offered a moment ago, and there is time left to wait for it. */
  #isAbsent(refusal: HeddleError): boolean {
    if (!HeddleError.is(refusal, 'no_such_function', 'no_matching_offer')) return false;
    const nowMs = this.#context.clock.nowMs();
    if (this.#absentUntilMs === undefined && this.#routing.mayComeBack(this.#invocation, nowMs)) this.#absentUntilMs = nowMs + absentMs;
    return this.#absentUntilMs !== undefined && nowMs < this.#absentUntilMs;
  }

  #waitForProvider(): void {
    this.#phase = 'backingOff';
    this.#takeBack = this.#context.clock.schedule(absentPollMs, () => {
      this.#takeBack = undefined;
      this.#next();
    });
  }

  #reach(route: Route): void {
    this.#phase = 'reaching';
    this.#takeBack = this.#routing.reach(route, (reached) => {
      this.#takeBack = undefined;
      if (!HeddleError.is(reached)) return this.#offerTo(reached);
      this.#endAttempt(reached.code);
      this.#failed(toWireError(reached));
    });
  }

  #offerTo(peer: CallPeer): void {
    if (!peer.isFull) return this.#send(peer);
    this.#phase = 'waiting';
    this.#peer = peer;
    if (peer.whenRoom(this)) return;
    this.#endAttempt('cancelled');
    const detail = { function: this.#invocation.function, server: this.#serverName(), retryAfterMs: retryBackoff.maxMs };
    this.#failed(toWireError(new HeddleError('overloaded', detail)));
  }

  #send(peer: CallPeer): void {
    const route = this.#route;
    if (route === undefined) return;
    this.#peer = peer;
    this.#phase = 'inFlight';
    this.#sentAtMs = this.#context.clock.nowMs();
    this.#id = peer.reserve(this);
    const attempt = this.#attempt++;
    this.#sink.started?.(this.#serverName(), attempt);
    const version = this.#routing.versionOf(route, this.#invocation);
    const { isDirect } = this.#routing;
    const sent = { id: this.#id, attempt, paid: this.#paid, nowMs: this.#sentAtMs, self: this.#context.instance, version, isDirect };
    peer.send(frameOf(this.#invocation, sent));
  }

  /** The call's own time is over as well: later hops, which had a little less, spoke first. */
  #isOverdue(): boolean {
    return this.#invocation.deadlineMs - this.#context.clock.nowMs() <= verdictMarginMs;
  }

  #lateError(executed: Executed): WireError {
    return toWireError(new HeddleError('deadline_exceeded', { timeoutMs: this.#invocation.timeoutMs }, { executed }));
  }

  /** An attempt, or the choice of one, failed: again, or the end. */
  #failed(error: WireError, frame?: ReplyFrame): void {
    if (this.#strongest === undefined || isStronger(error.executed, this.#strongest.executed)) this.#strongest = error;
    const known = fromWireError(error);
    const isRetryable = HeddleError.is(known, 'function_failed') && known.detail.retryable === true;
    const decision = decideRetry(
      { code: known.code, executed: known.executed, isRetryable },
      { effect: this.#routing.effectOf(this.#route, this.#invocation), lost: this.#lost, paid: this.#paid },
    );
    if (known.code === 'connection_lost') this.#lost += 1;
    const isFinal = decision === 'final' || (known.code === 'overloaded' && this.#invocation.isOverloadFinal);
    if (isFinal) return this.#fail(error, frame);
    if (decision === 'later') this.#backOff(known.code);
    else if (this.#route !== undefined) this.#tryAnother(this.#route, known.code);
    else this.#fail(error, frame);
  }

  #tryAnother(route: Route, because: ErrorCode): void {
    this.#tried ??= new Map();
    this.#tried.set(this.#routing.serverOf(route).instance, because);
    this.#next();
  }

  #backOff(because: ErrorCode): void {
    this.#phase = 'backingOff';
    const waitMs = backoffMs(retryBackoff, this.#paid, this.#context.random);
    this.#paid += 1;
    this.#sink.waiting?.(this.#context.clock.nowMs() + waitMs, because);
    this.#takeBack = this.#context.clock.schedule(waitMs, () => {
      this.#takeBack = undefined;
      // What was refused a moment ago may be free again: a paid retry looks at every offer.
      this.#tried = undefined;
      this.#next();
    });
  }

  /** Stops what is under way; says whether the function may have run. */
  #giveUp(reason: string, code: 'cancelled' | 'deadline_exceeded' = 'cancelled'): Executed {
    const wasInFlight = this.#phase === 'inFlight';
    if (wasInFlight) {
      this.#peer?.send({ kind: 'cancel', id: this.#id, reason });
      this.#peer?.release(this.#id);
    } else if (this.#phase === 'waiting') this.#peer?.leaveQueue(this);
    this.#endAttempt(wasInFlight ? code : 'cancelled');
    return strongest(wasInFlight ? 'maybe' : 'no', this.#strongest?.executed ?? 'no');
  }

  #endAttempt(code: ErrorCode | undefined): void {
    const permit = this.#permit;
    this.#permit = 0;
    if (this.#route === undefined || permit === 0) return;
    this.#routing.ended(this.#route, permit, { code, elapsedMs: this.#context.clock.nowMs() - this.#sentAtMs, attempt: this.#attempt - 1 });
  }

  /** Ends the call with the last error, or with the strongest where the last could not say as much (K2). */
  #fail(last: WireError, frame?: ReplyFrame): void {
    const ran = this.#strongest && isStronger(this.#strongest.executed, last.executed) ? this.#strongest : undefined;
    const canSay: readonly Executed[] = errorTable[fromWireError(last).code].executed;
    const error = ran === undefined ? last : canSay.includes(ran.executed) ? { ...last, executed: ran.executed } : ran;
    this.#settle({ outcome: { ok: false, error }, server: frame?.server, freeSlots: frame?.freeSlots });
  }

  #settle(end: Pick<ReplyFrame, 'outcome' | 'server' | 'freeSlots' | 'serverMicros'>): void {
    this.#phase = 'settled';
    this.#context.wheel.disarm(this);
    this.#takeBack?.();
    this.#onSettled?.(this);
    const server = end.server ?? (this.#route === undefined ? undefined : this.#serverName());
    this.#sink.settled({ outcome: end.outcome, server, freeSlots: end.freeSlots, serverMicros: end.serverMicros });
  }

  #serverName(): string {
    return this.#route === undefined ? 'the fabric' : this.#routing.serverOf(this.#route).name;
  }
}

function isStronger(a: Executed, b: Executed): boolean {
  return a !== b && strongest(a, b) === a;
}
