/**
 * Which servers can say whether a function ran, as far as this server knows them: those that offer it, and whether one that did
 * has gone (core/catalog/departures.ts). A server of which nothing is known may offer anything; one whose offer is not taken here runs
 * the calls of others.
 *
 * W1 what others have announced is known here `newsMsMax` later (handed-back.ts), if they could be heard (contact.ts): before this
 *    server has been in touch with them for so long, and of one that is cut off from here, it vouches for nobody. Nor does it know then
 *    what others offer, before it has heard of those that a call went through, and from all that it has heard of.
 */

import type { Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { type Effect, stricter } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { againMsMax } from '../call/lost-session.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Contact } from './contact.ts';
import type { Witnesses } from './reclaim.ts';

/** An offer that the rules of this server do not allow, but those of others may. */
export interface RefusedOffer {
  readonly server: PeerIdentity;
  readonly effect: Effect;
}

export interface KnownWitnessesOptions {
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly contact: Contact;
  readonly refusedOffers: (name: string) => readonly RefusedOffer[];
  readonly members: () => readonly MemberView[];
  /** Instance of this server. */
  readonly instance: string;
}

export class KnownWitnesses implements Witnesses {
  readonly #options: KnownWitnessesOptions;

  constructor(options: KnownWitnessesOptions) {
    this.#options = options;
  }

  offering(name: string): readonly PeerIdentity[] {
    const { instance } = this.#options;
    return this.#offersOf(name).flatMap(({ server }) => (server.instance === instance ? [] : [server]));
  }

  isBystander(instance: string, name: string): boolean {
    const { contact, members } = this.#options;
    const member = members().find((one) => one.instance === instance);
    if (!member || member.status === 'unreachable' || !contact.isWhole(instance)) return false;
    return this.#isRead(member) && this.#offersOf(name).every(({ server }) => server.instance !== instance);
  }

  hasDeparted(name: string): boolean {
    const { catalog, clock } = this.#options;
    return clock.nowMs() - catalog.departedOf(name).lastMs <= againMsMax;
  }

  keepEnds(name: string): boolean {
    const { catalog, refusedOffers } = this.#options;
    const announced = [...catalog.offersOf(name).map(({ record }) => record), ...refusedOffers(name)];
    return announced.every(({ effect }) => effect === 'once');
  }

  /** Whether offers may be there that have not come here yet: of the servers of these instances, or of others (W1). */
  isNewTo(instances: readonly string[]): boolean {
    const { contact, instance: self, members } = this.#options;
    if (instances.every((one) => contact.isWhole(one))) return false;
    const known = members();
    const isThere = (one: string): boolean => one === self || known.some(({ instance }) => instance === one);
    return !instances.every(isThere) || known.some((member) => member.status === 'alive' && !member.isSelf && !this.#isRead(member));
  }

  /** The strictest effect among the offers of a function, also of those that have gone lately; undefined when there are none. */
  effectOf(name: string): Effect | undefined {
    const { catalog, clock } = this.#options;
    if (clock.nowMs() - catalog.departedOf(name).onceMs <= againMsMax) return 'once';
    const effects = this.#offersOf(name).map(({ effect }) => effect);
    return effects.length === 0 ? undefined : effects.reduce(stricter);
  }

  /** One that announces functions which have not come here yet is in no catalog. */
  #isRead({ bodyHash, instance }: MemberView): boolean {
    return bodyHash === '' || this.#options.catalog.findServer(instance) !== undefined;
  }

  #offersOf(name: string): readonly RefusedOffer[] {
    const { catalog, refusedOffers } = this.#options;
    return [...catalog.offersOf(name), ...refusedOffers(name)];
  }
}
