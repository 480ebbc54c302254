/**
 * How a server routes: the offer by the router, leave by the breakers, the connection by its links.
 *
 * O1 every attempt that was let out is told to router and breakers exactly once.
 * O2 an offer of this very server is served here, without a link.
 */

import type { Clock } from '../base/clock.ts';
import type { Effect } from '../core/catalog/offer.ts';
import type { Offer } from '../core/catalog/server-state.ts';
import type { AttemptOutcome, Router } from '../core/routing/router.ts';
import { type ErrorCode, HeddleError } from '../errors.ts';
import type { Breakers } from './breakers.ts';
import type { Invocation } from './invocation.ts';
import type { Links } from './links.ts';
import type { AttemptEnd, CallPeer, Routing, Tried } from './routed-call.ts';
import { stricter } from './retry.ts';

export interface OfferRoutingOptions {
  readonly clock: Clock;
  readonly router: Router;
  readonly breakers: Breakers;
  readonly links: Links;
  /** Instance of this server, and what serves its own offers. */
  readonly instance: string;
  readonly local: CallPeer;
}

export class OfferRouting implements Routing<Offer> {
  readonly #options: OfferRoutingOptions;

  constructor(options: OfferRoutingOptions) {
    this.#options = options;
  }

  choose(invocation: Invocation, tried: Tried | undefined, nowMs: number): Offer | HeddleError {
    const { router, clock } = this.#options;
    const request = tried === undefined ? invocation : { ...invocation, tried };
    return router.pick(request, nowMs) ?? router.refusal(request, { nowMs, wallMs: clock.wallMs() });
  }

  peerOf(offer: Offer): CallPeer | undefined {
    const { instance } = offer.server;
    return instance === this.#options.instance ? this.#options.local : this.#options.links.find(instance);
  }

  reach(offer: Offer, done: (reached: CallPeer | HeddleError) => void): () => void {
    return this.#options.links.whenLinked(offer.server, done);
  }

  serverOf(offer: Offer) {
    return offer.server;
  }

  addressing(offer: Offer) {
    return { version: offer.record.version, isDirect: true };
  }

  effectOf(offer: Offer | undefined, invocation: Invocation): Effect {
    if (!offer) return invocation.effect ?? 'once';
    return invocation.effect === undefined ? offer.effect : stricter(offer.effect, invocation.effect);
  }

  began(offer: Offer): number {
    const permit = this.#options.breakers.admit(offer);
    if (permit !== 0) this.#options.router.started(offer);
    return permit;
  }

  ended(offer: Offer, permit: number, end: AttemptEnd): void {
    const { router, breakers, clock } = this.#options;
    router.settled(offer, outcomeOf(end.code), end.elapsedMs, clock.nowMs());
    if (end.code === undefined) breakers.succeeded(offer, permit);
    else if (end.code === 'cancelled') breakers.abandoned(offer, permit);
    else breakers.failed(offer, permit, { code: end.code, elapsedMs: end.elapsedMs });
  }
}

/** What an attempt's end says about the server, for routing. */
function outcomeOf(code: ErrorCode | undefined): AttemptOutcome {
  switch (code) {
    case 'unreachable':
    case 'connection_lost':
    case 'protocol_error':
    case 'version_mismatch':
      return 'failed';
    case 'overloaded':
      return 'shed';
    case 'cancelled':
    case 'draining':
    case 'not_offered_here':
      return 'void';
    default:
      return 'answered';
  }
}
