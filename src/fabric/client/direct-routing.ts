/**
 * How a direct client routes: by its own catalog and connections, as a server does, and through its entry where those
 * cannot say or reach.
 *
 * D1 an offer in reach is called directly.
 * D2 what the client's catalog does not have is the entry's to find, to wait for, or to refuse: its picture is a moment newer.
 * D3 a call whose only offers are out of reach from here goes through the entry, which may reach them.
 * D4 what became of a call that was lost is the entry's to find out; one that was sent directly and may run twice goes to another
 *    offer instead: the entry may not have heard yet which server is gone. From here nobody knows where an entry has sent a call,
 *    nor whether it may run twice there.
 */

import type { Effect } from '../../core/catalog/offer.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import { type ErrorCode, HeddleError } from '../../errors.ts';
import type { OfferRouting } from '../call/offer-routing.ts';
import type { AttemptEnd, CallPeer, Routing, Tried } from '../call/routing-port.ts';
import type { Invocation } from '../link/invocation.ts';
import type { DirectLinks } from './direct-links.ts';
import type { SessionRoute } from './session-engine.ts';

/** An offer to call directly, or the entry (or the next one). */
export type DirectRoute = Offer | SessionRoute;

export class DirectRouting implements Routing<DirectRoute> {
  readonly #offers: OfferRouting;
  readonly #entry: Routing<SessionRoute>;
  readonly #links: Pick<DirectLinks, 'reachOf'>;

  constructor(offers: OfferRouting, entry: Routing<SessionRoute>, links: Pick<DirectLinks, 'reachOf'>) {
    this.#offers = offers;
    this.#entry = entry;
    this.#links = links;
  }

  choose(invocation: Invocation, tried: Tried | undefined, nowMs: number): DirectRoute | HeddleError {
    if (invocation.isAgain) return this.#again(invocation, tried, nowMs);
    const chosen = this.#offers.choose(invocation, tried, nowMs);
    if (!HeddleError.is(chosen)) {
      return this.#links.reachOf(chosen.server.instance) === 'outOfReach' ? this.#throughEntry(invocation, tried, nowMs) : chosen;
    }
    const isUnknown = HeddleError.is(chosen, 'no_such_function', 'no_matching_offer') || this.#offers.mayComeBack(invocation, nowMs);
    const isWorthWaiting = (invocation.terms?.waitMs ?? 0) > 0;
    return isUnknown || isWorthWaiting || hasTried(tried, 'unreachable') ? this.#throughEntry(invocation, tried, nowMs) : chosen;
  }

  /** Its entry waits for absent providers. */
  mayComeBack(): boolean {
    return false;
  }

  whenChanged(): undefined {}

  breakersOpenUntilMs(): undefined {}

  peerOf(route: DirectRoute): CallPeer | undefined {
    return isOffer(route) ? this.#offers.peerOf(route) : this.#entry.peerOf(route);
  }

  reach(route: DirectRoute, done: (reached: CallPeer | HeddleError) => void): () => void {
    return isOffer(route) ? this.#offers.reach(route, done) : this.#entry.reach(route, done);
  }

  isDirect(route: DirectRoute): boolean {
    return isOffer(route);
  }

  serverOf(route: DirectRoute) {
    return isOffer(route) ? this.#offers.serverOf(route) : this.#entry.serverOf(route);
  }

  roundTripMsOf(route: DirectRoute): number {
    return isOffer(route) ? this.#offers.roundTripMsOf(route) : this.#entry.roundTripMsOf(route);
  }

  versionOf(route: DirectRoute, invocation: Invocation): string | undefined {
    return isOffer(route) ? this.#offers.versionOf(route) : invocation.version;
  }

  /** Its calls are its own. */
  newsOf(): readonly string[] {
    return [];
  }

  effectOf(route: DirectRoute | undefined, invocation: Invocation): Effect {
    return route !== undefined && isOffer(route) ? this.#offers.effectOf(route, invocation) : (invocation.effect ?? 'once');
  }

  mayPay(invocation: Invocation, nowMs: number): boolean {
    return this.#offers.mayPay(invocation, nowMs);
  }

  hedgeAfterMs(invocation: Invocation): number | undefined {
    return this.#offers.hedgeAfterMs(invocation);
  }

  mayHedge(invocation: Invocation, nowMs: number): boolean {
    return this.#offers.mayHedge(invocation, nowMs);
  }

  began(route: DirectRoute): number {
    return isOffer(route) ? this.#offers.began(route) : this.#entry.began(route);
  }

  ended(route: DirectRoute, permit: number, end: AttemptEnd): void {
    if (!isOffer(route)) return this.#entry.ended(route, permit, end);
    // A failed dial says that the server is out of reach from here, which is accounted where it was dialled (D3): a breaker
    // on top would keep the call from going through the entry.
    this.#offers.ended(route, permit, end.code === 'unreachable' ? { ...end, code: 'cancelled' } : end);
  }

  /** D4. */
  #again(invocation: Invocation, tried: Tried | undefined, nowMs: number): DirectRoute | HeddleError {
    const wasDirect = invocation.via === undefined;
    const other = wasDirect && tried ? this.#offers.choose(invocation, tried, nowMs) : undefined;
    const isInReach = isOffer(other) && this.#links.reachOf(other.server.instance) !== 'outOfReach';
    return isInReach && this.effectOf(other, invocation) !== 'once' ? other : this.#entry.choose(invocation, undefined, nowMs);
  }

  #throughEntry(invocation: Invocation, tried: Tried | undefined, nowMs: number): SessionRoute | HeddleError {
    // That the entry refused a direct call says nothing about what it can pass on, unless it drains.
    const asEntry = tried && new Map([...tried].filter(([, code]) => code === 'draining'));
    return this.#entry.choose(invocation, asEntry, nowMs);
  }
}

function isOffer(route: DirectRoute | HeddleError | undefined): route is Offer {
  return typeof route === 'object' && 'record' in route;
}

function hasTried(tried: Tried | undefined, code: ErrorCode): boolean {
  return tried !== undefined && [...tried.values()].includes(code);
}
