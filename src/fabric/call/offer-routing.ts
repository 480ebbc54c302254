/**
 * How a server routes: the offer by the router, leave by the breakers, the connection by its links.
 *
 * O1 every attempt that was let out is told to router and breakers exactly once.
 * O2 an offer of this very server is served here, without a link.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { type Effect, stricter } from '../../core/catalog/offer.ts';
import type { FunctionStats, Offer } from '../../core/catalog/server-state.ts';
import type { Router } from '../../core/routing/router.ts';
import { noteWay } from '../../core/routing/way.ts';
import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import { type Invocation, isStreamed } from '../link/invocation.ts';
import type { Breakers } from './breakers.ts';
import { checkHedge } from './call-terms.ts';
import { RetryBudget } from './retry-budget.ts';
import type { AttemptEnd, CallPeer, Routing, Tried } from './routing-port.ts';
import { newsMsMax } from './told-runners.ts';
import type { WaitingRoom } from './waiting-room.ts';

/** No call is hedged sooner: a timer takes that long anyway. */
const hedgeAfterMsMin = 1;

export interface OfferRoutingOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly catalog: Catalog;
  readonly router: Router;
  readonly breakers: Breakers;
  readonly waitingRoom: WaitingRoom;
  readonly links: OfferLinks;
  /** Instance of this process, and what serves its own offers, if it can have any. */
  readonly instance: string;
  readonly local?: CallPeer | undefined;
}

/** The connections over which offers are reached. */
export interface OfferLinks {
  find(instance: string): CallPeer | undefined;
  /** Waits for a connection; tells `unreachable` when there will be none. Gives what takes the wish back. */
  whenLinked(server: PeerIdentity, done: (reached: CallPeer | HeddleError) => void): () => void;
}

export class OfferRouting implements Routing<Offer> {
  readonly #options: OfferRoutingOptions;
  /** Of functions of which an attempt has failed. */
  readonly #budgets = new WeakMap<FunctionStats, RetryBudget>();

  constructor(options: OfferRoutingOptions) {
    this.#options = options;
  }

  choose(invocation: Invocation, tried: Tried | undefined, nowMs: number): Offer | HeddleError {
    const { router, clock } = this.#options;
    const { planned } = invocation;
    const offer = planned === undefined || tried?.has(planned) ? undefined : router.candidateAt(invocation, planned, nowMs)?.offer;
    if (offer) return offer;
    return router.pick(invocation, tried, nowMs) ?? router.refusal(invocation, tried, { nowMs, wallMs: clock.wallMs() });
  }

  mayComeBack({ function: name }: Invocation, nowMs: number): boolean {
    const { catalog } = this.#options;
    const offers = catalog.offersOf(name);
    return offers.length === 0 ? catalog.hasJustVanished(name, nowMs) : offers.every(({ server }) => server.tier === 0);
  }

  whenChanged(patienceMs: number, changed: () => void): CancelTask | undefined {
    return this.#options.waitingRoom.enter(patienceMs, changed);
  }

  breakersOpenUntilMs(invocation: Invocation): number | undefined {
    return this.#options.router.breakersOpenUntilMs(invocation);
  }

  peerOf(offer: Offer): CallPeer | undefined {
    const { instance } = offer.server;
    return instance === this.#options.instance ? this.#options.local : this.#options.links.find(instance);
  }

  reach(offer: Offer, done: (reached: CallPeer | HeddleError) => void): () => void {
    return this.#options.links.whenLinked(offer.server, done);
  }

  isDirect(): boolean {
    return true;
  }

  serverOf(offer: Offer) {
    return offer.server;
  }

  roundTripMsOf(offer: Offer): number {
    return offer.server.roundTripMs;
  }

  versionOf(offer: Offer): string {
    return offer.record.version;
  }

  newsOf(offer: Offer, nowMs: number): readonly string[] {
    // Every relayed `once` call asks; all but those of a young offer leave here.
    if (nowMs - offer.sinceMs >= newsMsMax) return nobody;
    const young = this.#options.catalog.offersOf(offer.record.name).filter(({ sinceMs }) => nowMs - sinceMs < newsMsMax);
    return young.map(({ server }) => server.instance);
  }

  effectOf(offer: Offer | undefined, invocation: Invocation): Effect {
    if (!offer) return invocation.effect ?? 'once';
    return invocation.effect === undefined ? offer.effect : stricter(offer.effect, invocation.effect);
  }

  mayPay({ function: name }: Invocation, nowMs: number): boolean {
    return this.#budgetOf(name, nowMs)?.take(nowMs) ?? true;
  }

  hedgeAfterMs(invocation: Invocation): number | undefined {
    checkHedge({ ...invocation, effect: this.#strictestOf(invocation) });
    const p95Ms = this.#options.catalog.offersOf(invocation.function)[0]?.stats.p95Ms ?? 0;
    return p95Ms === 0 ? undefined : Math.max(p95Ms, hedgeAfterMsMin);
  }

  mayHedge(invocation: Invocation, nowMs: number): boolean {
    // An offer that came since may be another's.
    if (this.#strictestOf(invocation) === 'once') return false;
    return this.#budgetOf(invocation.function, nowMs)?.takeHedge(nowMs) ?? false;
  }

  began(offer: Offer): number {
    const permit = this.#options.breakers.admit(offer);
    if (permit !== 0) this.#options.router.started(offer);
    return permit;
  }

  ended(offer: Offer, permit: number, end: AttemptEnd): void {
    const { breakers, observer } = this.#options;
    this.#account(offer, end);
    if (observer.hearsCalls && observer.wants('attempt.settled')) this.#tell(offer, end);
    if (end.code === undefined) breakers.succeeded(offer, permit);
    else if (end.code === 'cancelled') breakers.abandoned(offer, permit);
    else breakers.failed(offer, permit, { code: end.code, elapsedMs: end.elapsedMs });
  }

  /** Among all offers that may take the call. */
  #strictestOf(invocation: Invocation): Effect {
    const offers = this.#options.catalog.matching(invocation).groups.flat();
    return offers.reduce((strictest, offer) => stricter(strictest, offer.effect), invocation.effect ?? 'pure');
  }

  #budgetOf(name: string, nowMs: number): RetryBudget | undefined {
    const stats = this.#options.catalog.offersOf(name)[0]?.stats;
    if (stats === undefined) return undefined;
    const budget = this.#budgets.get(stats) ?? new RetryBudget(stats, nowMs);
    this.#budgets.set(stats, budget);
    return budget;
  }

  /** What an attempt's end says about the server. */
  #account(offer: Offer, { code, nowMs, elapsedMs, serverMicros, call }: AttemptEnd): void {
    const { router } = this.#options;
    switch (code) {
      case 'unreachable':
      case 'connection_lost':
      case 'protocol_error':
      case 'version_mismatch':
        return router.failed(offer, elapsedMs, nowMs);
      case 'overloaded':
        this.#budgets.get(offer.stats)?.refused();
        return router.shed(offer, nowMs);
      case undefined:
        if (serverMicros !== undefined) noteWay(offer.server.way, elapsedMs - serverMicros / 1000, nowMs);
        return router.succeeded(offer, elapsedMs, nowMs);
      case 'deadline_exceeded':
        return isStreamed(call) ? router.released(offer) : router.expired(offer, elapsedMs, nowMs);
      default:
        // An error says nothing about speed: a server that fails at once must not look fast and draw all calls.
        return router.released(offer);
    }
  }

  #tell(offer: Offer, { code, elapsedMs, attempt, call }: AttemptEnd): void {
    const { name, version } = offer.record;
    const ok = code === undefined;
    this.#options.observer.emit({
      kind: 'attempt.settled',
      function: name,
      version,
      server: offer.server.name,
      attempt,
      ok,
      code,
      elapsedMs,
      callId: `${call.caller}:${call.callNumber}`,
      traceparent: call.trace?.traceparent,
    });
  }
}

const nobody: readonly string[] = [];
