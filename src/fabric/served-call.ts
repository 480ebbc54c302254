/**
 * One call at the server that runs it, from its frame to its reply and to the return of its handler.
 *
 * L1 it is replied to exactly once, at its deadline at the latest.
 * L2 its place is given back exactly once: when the handler has returned, be that long after the reply.
 * L3 given up, `executed` is `no` before the handler is entered, `maybe` inside it, `yes` once it has returned.
 * L4 it lies in the deadline wheel only while it waits for something: a synchronous call never does.
 * Who may run at the same time is admission.ts; values are call-values.ts, errors verdicts.ts; what a handler sees
 * is context.ts.
 */

import type { WheelEntry } from '../base/deadline-wheel.ts';
import type { Payload } from '../core/payload.ts';
import type { Executed, HeddleError } from '../errors.ts';
import { toWireError } from '../wire/error.ts';
import { type PlaceWaiter, queueWaitMs } from './admission.ts';
import { checkResult, readArguments, writeResult } from './call-values.ts';
import { type ContextCall, ServedContext } from './context.ts';
import { tellFailed, tellLogged, tellOverstayed, watchBlocking } from './handler-events.ts';
import { type Settlement, timeoutMsMax } from './invocation.ts';
import type { IncomingCall, ServedRequest, ServingHost } from './serving.ts';
import {
  cancelledVerdict,
  fullVerdict,
  lateVerdict,
  stoppingVerdict,
  thrownVerdict,
  unreadyVerdict,
  unwrittenVerdict,
} from './verdicts.ts';

/** A handler that has not returned this long after its reply (or its own timeout, if that is longer) is reported. */
const overstayMsMin = 5_000;

/**
 * `queued`: waits for a place. `preparing`: reads the arguments. `running`: in the handler. `finishing`: writes the
 * result. `abandoned`: replied to, while one of the former three still holds the place. `over`: nothing is left.
 */
type Phase = 'queued' | 'preparing' | 'running' | 'finishing' | 'abandoned' | 'over';

export class ServedCall implements WheelEntry, PlaceWaiter, ContextCall, IncomingCall {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  readonly request: ServedRequest;
  readonly deadlineMs: number;
  readonly #host: ServingHost;
  readonly #arrivedAtMs: number;
  readonly #timeoutMs: number;
  #phase: Phase = 'queued';
  #startedAtMs = 0;
  #context: ServedContext | undefined = undefined;

  constructor(host: ServingHost, request: ServedRequest, nowMs: number) {
    this.#host = host;
    this.request = request;
    this.#arrivedAtMs = nowMs;
    this.#timeoutMs = Math.min(request.frame.timeoutMs, request.served.definition.timeoutMs ?? timeoutMsMax, timeoutMsMax);
    this.deadlineMs = nowMs + this.#timeoutMs;
  }

  /** Whether the reply has been given. */
  get isSettled(): boolean {
    return this.#phase === 'over' || this.#phase === 'abandoned';
  }

  start(): void {
    // Also when what came over the wire is no number.
    if (!(this.#timeoutMs > 0)) return this.#refuse(lateVerdict(this.#timeoutMs, 'no'));
    switch (this.request.places.enter(this)) {
      case 'admitted':
        return this.#begin(this.#arrivedAtMs);
      case 'queued':
        return this.#host.wheel.arm(this, this.#arrivedAtMs + queueWaitMs(this.#timeoutMs));
      case 'full':
        return this.#refuse(this.#full());
    }
  }

  /** A place is free. The wheel may be late: a call whose time is over gives it back. */
  admitted(nowMs: number): void {
    this.#host.wheel.disarm(this);
    if (nowMs < this.deadlineMs) return this.#begin(nowMs);
    this.#startedAtMs = nowMs;
    this.#fail(lateVerdict(this.#timeoutMs, 'no'));
  }

  /** The caller gives the call up. Harmless after the reply. */
  cancel(reason: string): void {
    if (!this.isSettled) this.#abandon(cancelledVerdict(reason, this.#executed()));
  }

  /** The server stops. Harmless after the reply. */
  stop(): void {
    if (!this.isSettled) this.#abandon(stoppingVerdict(this.#host.server, this.#executed()));
  }

  /** The wheel's: end of the wait for a place, the deadline, or, after the reply, of patience with the handler. */
  expire(nowMs: number): void {
    switch (this.#phase) {
      case 'over':
        return;
      case 'abandoned':
        // The stray rule of a later issue frees the place here.
        return tellOverstayed(this.#host.observer, this.request);
      case 'queued':
        return this.#abandon(nowMs < this.deadlineMs ? this.#full() : lateVerdict(this.#timeoutMs, 'no'));
      default:
        return this.#abandon(lateVerdict(this.#timeoutMs, this.#executed()));
    }
  }

  progress(value: unknown): void {
    if (!this.request.frame.wantsProgress || this.isSettled) return;
    try {
      this.request.origin.progress?.(writeResult(value, this.request.frame.isJsonOnly));
    } catch (problem) {
      // Progress is for whoever watches: the call goes on without it.
      this.log(`progress was not sent: ${unwrittenVerdict(problem).message}`);
    }
  }

  log(message: string, fields?: Readonly<Record<string, unknown>>): void {
    tellLogged(this.#host.observer, this.request, { message, fields });
  }

  #begin(nowMs: number): void {
    this.#startedAtMs = nowMs;
    this.#phase = 'preparing';
    let args: readonly unknown[] | Promise<readonly unknown[]>;
    try {
      args = readArguments(this.request.frame.args, this.request.served.definition);
    } catch (problem) {
      return this.#unready(problem);
    }
    if (!(args instanceof Promise)) return this.#run(args);
    this.#wait();
    args.then(
      (checked) => this.#run(checked),
      (problem: unknown) => this.#unready(problem),
    );
  }

  #run(args: readonly unknown[]): void {
    if (this.#phase !== 'preparing') return this.#release();
    this.#phase = 'running';
    let result: unknown;
    try {
      result = this.#enter(args);
      if (!isThenable(result)) return this.#returned(result);
    } catch (thrown) {
      return this.#threw(thrown);
    }
    this.#wait();
    Promise.resolve(result).then(
      (value) => this.#returned(value),
      (thrown: unknown) => this.#threw(thrown),
    );
  }

  #enter(args: readonly unknown[]): unknown {
    const { handler, takesContext } = this.request.served.definition;
    const unblocked = watchBlocking(this.#host, this.request);
    try {
      if (!takesContext) return handler(...args);
      this.#context = new ServedContext(this.#host, this);
      return handler(this.#context, ...args);
    } finally {
      unblocked?.();
    }
  }

  #returned(value: unknown): void {
    if (this.#phase !== 'running') return this.#release();
    this.#phase = 'finishing';
    let checked: unknown;
    try {
      checked = checkResult(value, this.request.served.definition);
    } catch (problem) {
      return this.#unwritten(problem);
    }
    if (!(checked instanceof Promise)) return this.#write(checked);
    this.#wait();
    checked.then(
      (late: unknown) => this.#write(late),
      (problem: unknown) => this.#unwritten(problem),
    );
  }

  #write(value: unknown): void {
    if (this.#phase !== 'finishing') return this.#release();
    let payload: Payload;
    try {
      payload = writeResult(value, this.request.frame.isJsonOnly);
    } catch (problem) {
      return this.#unwritten(problem);
    }
    this.#end({ ok: true, value: payload });
  }

  #unready(problem: unknown): void {
    if (this.#phase !== 'preparing') return this.#release();
    this.#fail(unreadyVerdict(problem));
  }

  #threw(thrown: unknown): void {
    if (this.#phase !== 'running') return this.#release();
    this.#fail(thrownVerdict(thrown));
  }

  #unwritten(problem: unknown): void {
    if (this.#phase !== 'finishing') return this.#release();
    this.#fail(unwrittenVerdict(problem));
  }

  /** L3. */
  #executed(): Executed {
    if (this.#phase === 'running') return 'maybe';
    return this.#phase === 'finishing' ? 'yes' : 'no';
  }

  #fail(error: HeddleError): void {
    if (Object.hasOwn(error, 'cause')) tellFailed(this.#host.observer, this.request, error.cause);
    this.#end(this.#failure(error));
  }

  /** Replies and gives the place back. */
  #end(outcome: Settlement['outcome']): void {
    const nowMs = this.#turn('over');
    this.#reply(outcome, nowMs, true);
    this.request.places.leave(nowMs - this.#startedAtMs, nowMs);
  }

  /** Replies to a call that neither has a place nor waits for one. */
  #refuse(error: HeddleError): void {
    this.#reply(this.#failure(error), this.#turn('over'), false);
  }

  /** Replies to a call whose handler may go on, and fires its signal. The place is given back when it returns (A2). */
  #abandon(error: HeddleError): void {
    if (this.#phase === 'queued') {
      this.request.places.giveUp(this);
      return this.#refuse(error);
    }
    const nowMs = this.#turn('abandoned');
    this.#host.wheel.arm(this, nowMs + Math.max(overstayMsMin, this.#timeoutMs));
    this.#reply(this.#failure(error), nowMs, false);
    this.#context?.abort(error);
  }

  /** The handler of an abandoned call has returned at last: nobody waits for what it gave. */
  #release(): void {
    const nowMs = this.#turn('over');
    this.request.places.leave(nowMs - this.#startedAtMs, nowMs);
  }

  /** Enters a phase in which no deadline counts. */
  #turn(phase: 'over' | 'abandoned'): number {
    this.#phase = phase;
    this.#host.wheel.disarm(this);
    return this.#host.clock.nowMs();
  }

  /** Somebody else's promise decides when the call goes on: from here on the deadline must. */
  #wait(): void {
    if (this.wheelNext === undefined && !this.isSettled) this.#host.wheel.arm(this, this.deadlineMs);
  }

  #reply(outcome: Settlement['outcome'], nowMs: number, isLeaving: boolean): void {
    this.#host.onSettled(this);
    this.request.origin.settled({
      outcome,
      server: this.#host.server,
      freeSlots: this.request.places.freeSlots(isLeaving),
      serverMicros: Math.round((nowMs - this.#arrivedAtMs) * 1000),
    });
  }

  /** Of what was thrown the detail says all that may travel; the thing itself, with its own causes, stays here. */
  #failure(error: HeddleError): Settlement['outcome'] {
    return { ok: false, error: { ...toWireError(error, { isJsonOnly: this.request.frame.isJsonOnly }), cause: undefined } };
  }

  #full(): HeddleError {
    const { frame, places } = this.request;
    return fullVerdict({ function: frame.function, server: this.#host.server }, places.retryAfterMs());
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
