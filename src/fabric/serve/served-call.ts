/**
 * One call at the server that runs it, from its frame to its reply and to the return of its handler.
 *
 * L1 it is replied to exactly once, at its deadline at the latest, or given up by whoever waited for the reply.
 * L2 its place is given back exactly once: when the handler has returned, be that long after the reply; from a handler that
 *    ignores its signal it is taken `patienceMsMin` (or its own timeout, if that is longer) after the reply.
 * L3 given up, `executed` is `no` before the handler is entered, `maybe` inside it, `yes` once it has returned.
 * L4 it lies in the deadline wheel only while it waits for something: a synchronous call never does.
 * Who may run at the same time is admission.ts; what is done with a place handler-work.ts; what a handler sees
 * context.ts.
 */

import type { WheelEntry } from '../../base/deadline-wheel.ts';
import type { Payload } from '../../core/payload.ts';
import type { Executed, HeddleError } from '../../errors.ts';
import { toWireError } from '../../wire/error.ts';
import type { CallFrame, Pulling } from '../../wire/frame.ts';
import { writeResult } from '../call/call-values.ts';
import { isEndless, type Settlement, timeoutMsMax } from '../link/invocation.ts';
import type { StreamWord } from '../link/stream-port.ts';
import { cancelledVerdict, fullError, lateVerdict, stoppingVerdict, unwrittenVerdict } from '../link/verdicts.ts';
import { queueWaitMs, retryAfterMsBounds } from './admission.ts';
import { tellLogged, tellOverstayed, tellServed } from './handler-events.ts';
import { HandlerWork, type WorkingCall } from './handler-work.ts';
import type { CallOrigin, IncomingCall, ServedOffer } from './serving.ts';
import { type PlaceWaiter, type Urgency, urgencyOf } from './waiting-line.ts';

/** A handler that has not returned this long after its reply (or its own timeout, if that is longer) is a stray. */
export const patienceMsMin = 5_000;

/**
 * `queued`: waits for a place. `working`: holds one. `abandoned`: replied to, while its work still holds the place.
 * `stray`: its work goes on without a place. `over`: nothing is left.
 */
type Phase = 'queued' | 'working' | 'abandoned' | 'stray' | 'over';

export class ServedCall implements WheelEntry, PlaceWaiter, WorkingCall, IncomingCall {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  lineNext: PlaceWaiter | undefined = undefined;
  linePrevious: PlaceWaiter | undefined = undefined;
  ticket = 0;
  readonly offer: ServedOffer;
  readonly frame: CallFrame;
  readonly origin: CallOrigin;
  readonly deadlineMs: number;
  readonly arrivedAtMs: number;
  readonly #timeoutMs: number;
  #phase: Phase = 'queued';
  #startedAtMs = 0;
  #work: HandlerWork | undefined = undefined;

  constructor(offer: ServedOffer, frame: CallFrame, origin: CallOrigin) {
    const nowMs = offer.host.clock.nowMs();
    this.offer = offer;
    this.frame = frame;
    this.origin = origin;
    this.arrivedAtMs = nowMs;
    this.#timeoutMs = Math.min(frame.timeoutMs, offer.served.definition.timeoutMs ?? timeoutMsMax, timeoutMsMax);
    this.deadlineMs = nowMs + this.#timeoutMs;
  }

  /** Whether the reply has been given. */
  get isSettled(): boolean {
    return this.#phase !== 'queued' && this.#phase !== 'working';
  }

  get urgency(): Urgency {
    return urgencyOf(this.frame.terms?.priority);
  }

  /** A step has waited for room elsewhere, and does so again: for as long as its run has, it must not be passed over. */
  get isRetry(): boolean {
    return this.frame.paid > 0 && this.frame.isStep !== true;
  }

  start(): void {
    // Also when what came over the wire is no number.
    if (!(this.#timeoutMs > 0)) return this.#refuse(this.#failure(lateVerdict(this.#timeoutMs, 'no')));
    const lateMs = this.offer.host.load.latenessAt(this.arrivedAtMs, this);
    if (lateMs > 0 && !this.#isPartOfOwnWork()) return this.#refuse(this.#full(2 * lateMs));
    switch (this.offer.places.enter(this)) {
      case 'admitted':
        return this.#begin(this.arrivedAtMs);
      case 'queued':
        return this.offer.host.wheel.arm(this, this.arrivedAtMs + this.#placeWaitMs());
      case 'full':
        return this.#refuse(this.#full());
    }
  }

  /** Someone more urgent waits in its stead. */
  displaced(): void {
    this.#refuse(this.#full());
  }

  /** A place is free. The wheel may be late: a call whose time is over gives it back. */
  admitted(nowMs: number): void {
    this.offer.host.wheel.disarm(this);
    if (nowMs < this.deadlineMs) return this.#begin(nowMs);
    this.#startedAtMs = nowMs;
    this.failed(lateVerdict(this.#timeoutMs, 'no'));
  }

  /** The caller gives the call up. Harmless after the reply. */
  cancel(reason: string): void {
    if (!this.isSettled) this.#abandon(cancelledVerdict(reason, this.#executed()));
  }

  /** A word of the caller's about its streams; before the call has a place there is nothing to say. */
  stream(word: StreamWord): void {
    if (!this.isSettled) this.#work?.stream(word);
  }

  /** The server stops. Harmless after the reply. */
  stop(): void {
    if (!this.isSettled) this.#abandon(stoppingVerdict(this.offer.host.server, this.#executed()));
  }

  /** The wheel's: end of the wait for a place, the deadline, or, after the reply, of patience with the handler. */
  expire(nowMs: number): void {
    switch (this.#phase) {
      case 'over':
      case 'stray':
        return;
      case 'abandoned':
        return this.#stray(nowMs);
      case 'queued':
        this.offer.places.giveUp(this, nowMs);
        return this.#refuse(nowMs < this.deadlineMs ? this.#full() : this.#failure(lateVerdict(this.#timeoutMs, 'no')));
      case 'working':
        return this.#abandon(lateVerdict(this.#timeoutMs, this.#executed()));
    }
  }

  progress(value: unknown): void {
    if (!this.frame.wantsProgress || this.isSettled) return;
    try {
      this.origin.progress?.(writeResult(value, this.frame.isJsonOnly));
    } catch (problem) {
      // Progress is for whoever watches: the call goes on without it.
      this.log(`progress was not sent: ${unwrittenVerdict(problem).message}`);
    }
  }

  log(message: string, fields?: Readonly<Record<string, unknown>>): void {
    tellLogged(this.offer.host.observer, this, { message, fields });
  }

  pulling(pulling: Pulling): void {
    if (!this.isSettled) this.origin.pulling?.(pulling);
  }

  /** Its work's: somebody else's promise decides when it goes on, and from here on the deadline must. */
  waits(): void {
    if (this.wheelNext === undefined && !this.isSettled) this.offer.host.wheel.arm(this, this.deadlineMs);
  }

  done(value: Payload): void {
    let sent: Payload;
    try {
      sent = this.#parked(value);
    } catch (problem) {
      return this.failed(unwrittenVerdict(problem));
    }
    this.#end({ ok: true, value: sent });
  }

  /** What is sent of a result that may stay here. */
  #parked(value: Payload): Payload {
    return this.frame.parkMs === undefined ? value : (this.offer.host.handOff?.park(value, this) ?? value);
  }

  failed(error: HeddleError): void {
    this.#end(this.#failure(error));
  }

  /** The handler of an abandoned call has returned at last: nobody waits for what it gave. */
  returned(): void {
    if (this.#phase === 'stray') return this.#strayReturned();
    const nowMs = this.#turn('over');
    this.offer.places.leave(nowMs - this.#startedAtMs, nowMs);
  }

  #begin(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#phase = 'working';
    this.#work = new HandlerWork(this);
    this.#work.start();
  }

  #placeWaitMs(): number {
    return Math.min(queueWaitMs(this.#timeoutMs), this.origin.placeWaitMs ?? Number.POSITIVE_INFINITY);
  }

  /** L3. */
  #executed(): Executed {
    return this.#work?.executed ?? 'no';
  }

  /** Replies and gives the place back. */
  #end(outcome: Settlement['outcome']): void {
    const nowMs = this.#turn('over');
    this.#reply(outcome, nowMs, true);
    this.offer.places.leave(nowMs - this.#startedAtMs, nowMs);
  }

  /** Replies to a call that neither has a place nor waits for one. */
  #refuse(outcome: Settlement['outcome']): void {
    this.#reply(outcome, this.#turn('over'), false);
  }

  /** Replies to a call whose handler may go on, and fires its signal. The place is given back when it returns (A2). */
  #abandon(error: HeddleError): void {
    if (this.#phase === 'queued') {
      this.offer.places.giveUp(this, this.offer.host.clock.nowMs());
      return this.#giveUp(error, this.#turn('over'));
    }
    const nowMs = this.#turn('abandoned');
    this.#work?.leave();
    // A stream without a deadline gives its handler none to be patient for.
    const patienceMs = isEndless(this.#timeoutMs) ? patienceMsMin : Math.max(patienceMsMin, this.#timeoutMs);
    this.offer.host.wheel.arm(this, nowMs + patienceMs);
    this.#giveUp(error, nowMs);
    this.#work?.abort(error);
  }

  /** Replies, if there is still somebody to reply to: calls are given up by the thousand at once. */
  #giveUp(error: HeddleError, nowMs: number): void {
    if (this.origin.hasLeft !== true) return this.#reply(this.#failure(error), nowMs, false);
    this.offer.host.onSettled(this);
    this.#tell(error.code, nowMs);
  }

  /** The handler ignores its signal: others get the place, and if this happens often, no further calls come. */
  #stray(nowMs: number): void {
    const { host, places, served } = this.offer;
    this.#phase = 'stray';
    tellOverstayed(host.observer, this);
    const wasOverrun = places.isOverrun;
    places.strayed(nowMs);
    if (!wasOverrun && places.isOverrun) host.onOverrun(served, true);
  }

  #strayReturned(): void {
    const { host, places, served } = this.offer;
    this.#phase = 'over';
    const wasOverrun = places.isOverrun;
    places.strayReturned();
    if (wasOverrun && !places.isOverrun) host.onOverrun(served, false);
  }

  /** Enters a phase in which no deadline counts. */
  #turn(phase: 'over' | 'abandoned'): number {
    const { host } = this.offer;
    this.#phase = phase;
    host.wheel.disarm(this);
    const nowMs = host.clock.nowMs();
    host.load.saw(nowMs);
    return nowMs;
  }

  #reply(outcome: Settlement['outcome'], nowMs: number, isLeaving: boolean): void {
    this.offer.host.onSettled(this);
    this.origin.settled({
      outcome,
      server: this.offer.host.server,
      freeSlots: this.offer.places.freeSlots(isLeaving),
      serverMicros: Math.round((nowMs - this.arrivedAtMs) * 1000),
    });
    this.#tell(outcome.ok ? undefined : outcome.error.code, nowMs);
  }

  #tell(code: string | undefined, nowMs: number): void {
    const { observer } = this.offer.host;
    if (observer.hearsCalls && observer.wants('call.served')) tellServed(observer, this, { code, elapsedMs: nowMs - this.arrivedAtMs });
  }

  /** Of what was thrown the detail says all that may travel; the thing itself, with its own causes, stays here. */
  #failure(error: HeddleError): Settlement['outcome'] {
    return { ok: false, error: { ...toWireError(error, { isJsonOnly: this.frame.isJsonOnly }), cause: undefined } };
  }

  /** A call of this server's own, out of a handler or a run: what was begun here is not given up for what comes. */
  #isPartOfOwnWork(): boolean {
    return this.origin.isOwn === true && this.frame.caller === undefined;
  }

  #full(atLeastMs = 0): Settlement['outcome'] {
    const { host, places } = this.offer;
    const retryAfterMs = Math.max(places.retryAfterMs(), Math.min(Math.round(atLeastMs), retryAfterMsBounds.max));
    const detail = { function: this.frame.function, server: host.server, retryAfterMs };
    return { ok: false, error: fullError(detail, this.frame.isJsonOnly) };
  }
}
