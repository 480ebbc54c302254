/**
 * One call from its start to its end: choose, attempt, and on failure decide whether again.
 *
 * K1 the sink is told exactly once, at the deadline at the latest, unless it has left.
 * K2 `executed` of the end is the strongest over the attempts (call-history.ts).
 * K3 two objects a call, itself and its attempt; no timer and no promise of its own: the deadline lies in the shared wheel.
 * Who may take an attempt is `Routing`'s (a server's catalog, or a client's session); what may be tried again
 * is retry.ts.
 */

import type { WheelEntry } from '../../base/deadline-wheel.ts';
import { type Effect, stricter } from '../../core/catalog/offer.ts';
import { type ErrorCode, type Executed, HeddleError, strongest } from '../../errors.ts';
import { fromWireError, toWireError, type WireError } from '../../wire/error.ts';
import type { CreditFrame, Failure, ItemFrame, ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import type { CallHandle, CallSink, Invocation } from '../link/invocation.ts';
import type { StreamWord } from '../link/stream-port.ts';
import { cancelledError, isOverdue, lateVerdict, notOfferedHere } from '../link/verdicts.ts';
import { Attempt, type AttemptOwner } from './attempt.ts';
import { CallHistory, historyOf } from './call-history.ts';
import { CallWaits } from './call-waits.ts';
import { handedBack, untoldRunners } from './handed-back.ts';
import { type LosingCall, LostCall } from './lost-call.ts';
import { decideRetry, failedWith, pauseMs } from './retry.ts';
import type { CallContext, Routing } from './routing-port.ts';

export interface CallStart<Route> {
  readonly invocation: Invocation;
  readonly sink: CallSink;
  /** What went wrong before, or goes wrong beside it. */
  readonly history?: CallHistory | undefined;
  /** Called before the sink is told. */
  readonly onSettled?: ((call: RoutedCall<Route>) => void) | undefined;
}

export class RoutedCall<Route> implements AttemptOwner<Route>, LosingCall<Route>, WheelEntry, CallHandle {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  /** Its number in the table of calls under way; the table writes it. */
  ticket = 0;
  readonly routing: Routing<Route>;
  readonly context: CallContext;
  invocation: Invocation;
  effect: Effect | undefined;
  paid: number;
  credit: number;
  readonly #sink: CallSink;
  readonly #onSettled: ((call: RoutedCall<Route>) => void) | undefined;
  #isSettled = false;
  /** Part of a stream has passed: there is no second try. */
  #hasStreamed = false;
  /** The attempt under way, or the last one; undefined when nobody could be chosen. */
  #attempt: Attempt<Route> | undefined = undefined;
  #nextNumber: number;
  #history: CallHistory | undefined;
  /** Made when a connection is lost under the call. */
  #lost: LostCall<Route> | undefined = undefined;
  /** Made with the first wait between attempts. */
  #waits: CallWaits<Route> | undefined = undefined;

  constructor(routing: Routing<Route>, context: CallContext, call: CallStart<Route>) {
    this.routing = routing;
    this.context = context;
    this.invocation = call.invocation;
    this.effect = call.invocation.effect;
    this.#sink = call.sink;
    this.#onSettled = call.onSettled;
    this.#history = call.history ?? historyOf(call.invocation);
    this.#nextNumber = call.invocation.attempt;
    this.paid = call.invocation.paid;
    this.credit = call.invocation.credit;
  }

  get lost(): number {
    return this.#history?.lost ?? this.invocation.lost;
  }

  /** Instance of the server that it was sent to last. */
  get instance(): string | undefined {
    return this.#attempt?.server.instance;
  }

  start(): this {
    this.context.wheel.arm(this, this.invocation.deadlineMs);
    // A nested or relayed call may come with no time left: it is not sent.
    const nowMs = this.context.clock.nowMs();
    if (this.invocation.deadlineMs <= nowMs) this.expire();
    else this.#next(nowMs);
    return this;
  }

  cancel(reason: string): void {
    if (this.#isSettled) return;
    const executed = this.#giveUp(reason);
    if (this.#sink.hasLeft !== true) return this.#fail(cancelledError(reason, executed));
    this.#isSettled = true;
    this.#stop();
  }

  /** Ends the call because `what`, this client or server, was closed. */
  close(what: string): void {
    if (this.#isSettled) return;
    const executed = this.#giveUp(`${what} was closed`) === 'no' ? 'no' : 'maybe';
    this.#fail(toWireError(new HeddleError('closed', { what }, { executed })));
  }

  /** Forgets the call: nobody is told, neither who asked nor who runs it. Both find out when their connections to here are gone. */
  abandon(): void {
    if (this.#isSettled) return;
    this.#attempt?.leave('cancelled');
    this.#isSettled = true;
    this.#stop();
    this.#sink.dropped?.();
  }

  expire(): void {
    if (this.#isSettled) return;
    const executed = this.#giveUp('the deadline has passed', 'deadline_exceeded');
    this.#fail(toWireError(lateVerdict(this.invocation.timeoutMs, executed)));
  }

  onSending(server: string): number {
    this.#lost?.onSending();
    const number = this.#nextNumber++;
    this.#sink.started?.(server, number);
    return number;
  }

  onReply(frame: ReplyFrame): void {
    const { outcome } = frame;
    if (outcome.ok) {
      this.#attempt?.end(undefined, frame.serverMicros);
      return this.#settle(frame);
    }
    const known = fromWireError(outcome.error);
    const { code } = known;
    // One that drains has looked at nothing.
    if (code !== 'draining') this.#lost?.resolve();
    const isFromOwner = this.#attempt !== undefined && this.routing.isDirect(this.#attempt.route);
    this.#attempt?.end(code);
    const again = isFromOwner || this.#hasStreamed ? undefined : handedBack(this.invocation, outcome, this.lost);
    if (again) this.#sendAgain(again, outcome);
    else if (code === 'deadline_exceeded' && isOverdue(this.invocation.deadlineMs, this.context.clock.nowMs()))
      this.#fail(toWireError(lateVerdict(this.invocation.timeoutMs, outcome.error.executed)), frame);
    else if (isFromOwner || code === 'draining') this.#failed(outcome.error, frame, known);
    // An entry server has made the retries; its verdict is the call's.
    else this.#fail(outcome.error, frame);
  }

  onProgress(frame: ProgressFrame): void {
    if (frame.pulling) this.#sink.pulling?.(frame.pulling);
    else this.#sink.progress?.(frame.value);
  }

  onStream(frame: ItemFrame | CreditFrame): void {
    if (frame.kind === 'item' || frame.bytes > 0) this.#hasStreamed = true;
    this.#sink.streamed?.(frame);
  }

  stream(word: StreamWord): void {
    const isPassed = this.#attempt?.stream(word) ?? false;
    if (!isPassed && word.kind === 'credit') this.credit += word.bytes;
  }

  onBroken(error: HeddleError): void {
    this.#failed(toWireError(error));
  }

  onLost(error: HeddleError): void {
    const route = this.#attempt?.route;
    if (route === undefined) return;
    this.#lost ??= new LostCall<Route>(this);
    this.#lost.onLost(error, route, this.effect ?? this.routing.effectOf(route, this.invocation));
  }

  stopReaching(): boolean {
    return this.#attempt === undefined || (!this.#attempt.isInFlight && !this.#attempt.leave('cancelled'));
  }

  goOn(call: Invocation, error?: HeddleError): void {
    this.invocation = call;
    if (error) return this.#failed(toWireError(error));
    this.#noted().lost += 1;
    this.#next();
  }

  /** An entry handed it back: one that lost a server counts as a loss. */
  #sendAgain(call: Invocation, { error, mayFailOver, runners }: Failure): void {
    if (runners && call.runners) this.context.told.note(call.function, call.runners);
    if (mayFailOver === true) this.#noted().add(error, 'connection_lost');
    this.invocation = call;
    this.#next();
  }

  #next(nowMs = this.context.clock.nowMs()): void {
    const chosen = this.routing.choose(this.invocation, this.#history?.tried, nowMs);
    if (HeddleError.is(chosen)) {
      this.#attempt = undefined;
      if (!this.#waiting().forProvider(chosen)) return this.#failed(toWireError(chosen));
      return this.#history?.forgetTried();
    }
    // The strictest known at the first attempt counts, or one learned since.
    if (this.routing.isDirect(chosen)) {
      const effect = stricter(this.effect ?? 'pure', this.routing.effectOf(chosen, this.invocation));
      // Another version, or news: it was safe to run twice where it was lost, and is not there.
      if (effect === 'once' && this.#history?.mayHaveRun === true) return this.#tryAnother(chosen, 'connection_lost');
      this.effect = effect;
      // The entry may know of other offers.
    } else if (this.#history?.isHedged === true) this.invocation = { ...this.invocation, isAgain: true };
    const untold = this.effect === 'once' && this.#isRelayed ? untoldRunners(this, chosen, nowMs) : undefined;
    if (untold) return this.#tellRunners(chosen, untold);
    this.#attempt = new Attempt(this, chosen);
    if (!this.#attempt.start(nowMs)) this.#tryAnother(chosen, 'no_route');
  }

  #waiting(): CallWaits<Route> {
    this.#waits ??= new CallWaits(this, this.#sink, () => this.#next());
    return this.#waits;
  }

  get #isRelayed(): boolean {
    return this.invocation.caller !== this.context.instance;
  }

  /** Its caller is to know of `runners` first; without room for that, another server is chosen. */
  #tellRunners(route: Route, runners: readonly string[]): void {
    if (runners.length === 0) return this.#tryAnother(route, 'not_offered_here');
    this.#fail(toWireError(notOfferedHere(this.invocation, this.routing.serverOf(route).name)), undefined, { runners });
  }

  /** An attempt, or the choice of one, failed: again, or the end. */
  #failed(error: WireError, frame?: ReplyFrame, known = fromWireError(error)): void {
    const history = this.#noted();
    const { lost } = history;
    history.add(error, known.code);
    const route = this.#attempt?.route;
    const effect = this.effect ?? this.routing.effectOf(route, this.invocation);
    const decision = decideRetry(failedWith(known), { effect, lost, paid: this.paid, attemptsMax: this.invocation.terms?.attemptsMax });
    const isFinal = decision === 'final' || this.#hasStreamed || (known.code === 'overloaded' && this.invocation.isOverloadFinal);
    if (isFinal || (decision === 'later' && !this.routing.mayPay(this.invocation, this.context.clock.nowMs())))
      return this.#fail(error, frame);
    if (decision === 'later') this.#backOff(known, error, frame);
    // What was fenced may go anywhere, there included.
    else if (known.code === 'connection_lost' && known.executed === 'no') this.#next();
    else if (known.code === 'connection_lost' && this.#isRelayed) this.#fail(error, frame, { mayFailOver: true });
    else if (route !== undefined) this.#tryAnother(route, known.code);
    else this.#fail(error, frame);
  }

  #noted(): CallHistory {
    this.#history ??= new CallHistory(this.invocation.lost);
    return this.#history;
  }

  #tryAnother(route: Route, because: ErrorCode): void {
    this.#noted().avoid(this.routing.serverOf(route).instance, because);
    this.#next();
  }

  #backOff(known: HeddleError, error: WireError, frame: ReplyFrame | undefined): void {
    const waitMs = pauseMs(known, this.paid, this.context.random);
    // A server that says when it will have room has said that it will be too late.
    if (known.code === 'overloaded' && this.context.clock.nowMs() + waitMs >= this.invocation.deadlineMs) return this.#fail(error, frame);
    this.paid += 1;
    this.#history?.forgetTried();
    this.#waiting().forRetry(waitMs, known.code);
  }

  /** Stops what is under way; says whether the function may have run. */
  #giveUp(reason: string, code: 'cancelled' | 'deadline_exceeded' = 'cancelled'): Executed {
    const wasInFlight = this.#attempt?.giveUp(reason, code) ?? false;
    const isOpen = wasInFlight || this.#lost?.isOpen === true;
    this.#lost?.giveUp(reason);
    return strongest(isOpen ? 'maybe' : 'no', this.#history?.executed ?? 'no');
  }

  /** Ends the call with the last error, or with the strongest where the last could not say as much (K2). */
  #fail(last: WireError, frame?: ReplyFrame, handBack?: Pick<Failure, 'mayFailOver' | 'runners'>): void {
    const open = this.#lost?.unresolved;
    if (open) this.#noted().note(toWireError(open));
    const error = this.#history?.verdict(last) ?? last;
    const { server, freeSlots, serverMicros } = frame ?? {};
    this.#settle({ outcome: { ok: false, error, ...handBack }, server, freeSlots, serverMicros });
  }

  #settle(end: Pick<ReplyFrame, 'outcome' | 'server' | 'freeSlots' | 'serverMicros'>): void {
    this.#isSettled = true;
    this.#stop();
    const server = end.server ?? this.#attempt?.server.name;
    this.#sink.settled({ outcome: end.outcome, server, freeSlots: end.freeSlots, serverMicros: end.serverMicros });
  }

  #stop(): void {
    this.context.wheel.disarm(this);
    this.#lost?.leave();
    this.#waits?.stop();
    this.#onSettled?.(this);
  }
}
