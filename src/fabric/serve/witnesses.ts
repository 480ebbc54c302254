/**
 * Which servers can say whether a function ran, as far as this server knows them: those that offer it, and whether one that did
 * has gone (core/catalog/departures.ts). A server of which nothing is known may offer anything.
 *
 * W1 what others have announced is known here `newsMsMax` later (handed-back.ts), if they could be heard (contact.ts): before this
 *    server has been in touch with them for so long, and of one that is cut off from here, it vouches for nobody.
 */

import type { Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { type Effect, stricter } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { againMsMax } from '../call/lost-session.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Contact } from './contact.ts';
import type { Witnesses } from './reclaim.ts';

export interface KnownWitnessesOptions {
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly contact: Contact;
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
    const { catalog, instance } = this.#options;
    return catalog.offersOf(name).flatMap(({ server }) => (server.instance === instance ? [] : [server]));
  }

  isBystander(instance: string, name: string): boolean {
    const { catalog, contact, members } = this.#options;
    const member = members().find((one) => one.instance === instance);
    if (!member || member.status === 'unreachable' || !contact.isWhole(instance)) return false;
    // One that announces functions which have not come here yet is in no catalog.
    const isKnown = member.bodyHash === '' || catalog.findServer(instance) !== undefined;
    return isKnown && catalog.offersOf(name).every(({ server }) => server.instance !== instance);
  }

  hasDeparted(name: string): boolean {
    const { catalog, clock } = this.#options;
    return clock.nowMs() - catalog.departedOf(name).lastMs <= againMsMax;
  }

  keepEnds(name: string): boolean {
    return this.#options.catalog.offersOf(name).every(({ record }) => record.effect === 'once');
  }

  /** The strictest effect among the offers of a function, also of those that have gone lately; undefined when there are none. */
  effectOf(name: string): Effect | undefined {
    const { catalog, clock } = this.#options;
    if (clock.nowMs() - catalog.departedOf(name).onceMs <= againMsMax) return 'once';
    const effects = catalog.offersOf(name).map(({ effect }) => effect);
    return effects.length === 0 ? undefined : effects.reduce(stricter);
  }
}
