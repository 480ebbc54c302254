/**
 * From a frame to the handler and back: finds the function, admits the call, and keeps account of those under way.
 *
 * S1 every dispatched call is replied to exactly once, at its deadline at the latest.
 * S2 `executed` of a reply is exact: `no` until the handler is entered, `yes` once it has returned, between them `maybe`.
 * S3 with a synchronous handler and schemas a call makes no promise, no timer and no AbortController; its reply is given
 *    before `dispatch` returns.
 * S4 no value and no stack leaves in an error: stacks go to the observer here.
 * One call's life is served-call.ts; who may run at the same time is admission.ts; where replies go is the origin's.
 */

import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Random } from '../../base/random.ts';
import { wrongKind } from '../../core/function.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import { Tracing } from '../../observe/tracing.ts';
import { toWireError } from '../../wire/error.ts';
import type { CallFrame } from '../../wire/frame.ts';
import { servedUnderSpan } from '../call/traced-calls.ts';
import type { HandOff } from '../hand-off/hand-off.ts';
import { StreamWindows } from '../stream/stream-windows.ts';
import { Places, type PlacesAt } from './admission.ts';
import { LoopLoad } from './loop-load.ts';
import type { Registry, ServedFunction } from './registry.ts';
import { ServedCall } from './served-call.ts';
import type { CallOrigin, CallUnderWay, IncomingCall, NestedCall, NestedStream, ServedOffer, ServingHost } from './serving.ts';

export interface DispatcherOptions {
  readonly registry: Registry;
  /** Name of this server. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly wheel: DeadlineWheel;
  readonly observer: Observer;
  /** Carries `ctx.call`. */
  readonly nestedCall: NestedCall;
  /** Says what is offered, after it has changed. */
  readonly announce: () => void;
  /** Carries `ctx.stream`. */
  readonly nestedStream: NestedStream;
  /** Of large arguments and results. */
  readonly handOff?: HandOff | undefined;
}

/** What a refused call is from then on. */
const settledCall: IncomingCall = { isSettled: true, cancel: () => {}, stream: () => {}, stop: () => {} };

export class Dispatcher {
  readonly #registry: Registry;
  readonly #host: ServingHost;
  readonly #announce: () => void;
  readonly #tracing = new Tracing();
  /** Kept while a function is offered or one of its calls is under way. */
  readonly #offers = new WeakMap<ServedFunction, ServedOffer>();
  /** Calls that outlasted their dispatch and have no reply yet. */
  readonly #underWay = new Set<CallUnderWay>();
  #isDraining = false;
  #idle: Deferred<void> | undefined;

  constructor(options: DispatcherOptions) {
    this.#registry = options.registry;
    this.#announce = options.announce;
    const load = new LoopLoad(options.clock, options.observer);
    this.#host = {
      ...options,
      load,
      windows: new StreamWindows(),
      onSettled: (call) => this.#onSettled(call),
      onOverrun: (served, isOverrun) => this.#onOverrun(served, isOverrun),
    };
  }

  get load(): LoopLoad {
    return this.#host.load;
  }

  /** Calls without a reply. A handler that goes on after its reply does not count. */
  get inFlight(): number {
    return this.#underWay.size;
  }

  /** Of those: the functions that they are of, one for each. */
  functionsInFlight(): readonly string[] {
    return [...this.#underWay].map(({ frame }) => frame.function);
  }

  /** Of every function that is offered here and has been called: how many of its calls hold a place, and how many wait. */
  places(): readonly { readonly function: string; readonly inFlight: number; readonly waiting: number }[] {
    return this.#registry.served().flatMap((served) => {
      const places = this.#offers.get(served)?.places;
      return places ? [{ function: served.definition.name, inFlight: places.held, waiting: places.waiting }] : [];
    });
  }

  /** How the places of one function are, by version; nothing where it is not offered. Linear in what is offered. */
  placesOf(name: string): readonly PlacesAt[] {
    const { server, clock } = this.#host;
    const versions = this.#registry.served().filter(({ definition }) => definition.name === name);
    return versions.map((served) => ({
      server,
      version: served.definition.version,
      ...this.#offerOf(served).places.describe(clock.nowMs()),
    }));
  }

  /** Serves one call. `frame.version` is exact; absent: the highest offered here. The origin may be told the end at once. */
  dispatch(frame: CallFrame, origin: CallOrigin): IncomingCall {
    const { server } = this.#host;
    if (this.#isDraining && origin.isOwn !== true) return this.#refuse(frame, origin, new HeddleError('draining', { server }));
    const served = this.#registry.find(frame.function, frame.version);
    if (!served) {
      const detail = { function: frame.function, version: frame.version ?? '*', server };
      return this.#refuse(frame, origin, new HeddleError('not_offered_here', detail));
    }
    const kind = frame.isStream ? 'stream' : 'call';
    // A step takes the bytes of a stream as one result, which stays here.
    const isGathered = kind === 'call' && frame.parkMs !== undefined && this.#host.handOff !== undefined;
    if (served.definition.kind !== kind && !isGathered) return this.#refuse(frame, origin, wrongKind(frame.function, kind));
    const call = this.#callOf(served, frame, origin);
    call.start();
    if (!call.isSettled) this.#underWay.add(call);
    return call;
  }

  /** Refuses every further call of others with `draining`; those under way go on, and what they need here is served. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Resolves when no call is without a reply. */
  idle(): Promise<void> {
    if (this.#underWay.size === 0) return Promise.resolve();
    this.#idle ??= deferred();
    return this.#idle.promise;
  }

  /** Ends every call: one that has not run with `draining`, one that may have with `connection_lost` and its signal. */
  abortAll(): void {
    for (const call of [...this.#underWay]) call.stop();
  }

  /** Drops the timer. */
  close(): void {
    this.#host.load.close();
  }

  #callOf(served: ServedFunction, frame: CallFrame, origin: CallOrigin): ServedCall {
    if (!this.#tracing.isOn) return new ServedCall(this.#offerOf(served), frame, origin);
    const traced = servedUnderSpan(this.#tracing, { frame, origin, server: this.#host.server });
    return new ServedCall(this.#offerOf(served), traced.frame, traced.origin);
  }

  #refuse(frame: CallFrame, origin: CallOrigin, error: HeddleError): IncomingCall {
    origin.settled({ outcome: { ok: false, error: toWireError(error, { isJsonOnly: frame.isJsonOnly }) }, server: this.#host.server });
    return settledCall;
  }

  #offerOf(served: ServedFunction): ServedOffer {
    const known = this.#offers.get(served);
    if (known) return known;
    const { concurrency, uses } = served.definition;
    const pool = this.#registry.slots;
    const places = new Places({ limit: concurrency, uses: uses && pool.usesOf(uses), pool });
    const offer = { host: this.#host, served, places };
    this.#offers.set(served, offer);
    return offer;
  }

  /** Handlers that ignore their signal have taken all places of a function, or one of them has returned. */
  #onOverrun(served: ServedFunction, isOverrun: boolean): void {
    if (!this.#registry.suspend(served, isOverrun)) return;
    const { name, version } = served.definition;
    this.#host.observer.emit({ kind: isOverrun ? 'offer.suspended' : 'offer.resumed', function: name, version });
    this.#announce();
  }

  #onSettled(call: CallUnderWay): void {
    if (!this.#underWay.delete(call) || this.#underWay.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }
}
