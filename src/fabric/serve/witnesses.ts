/**
 * Which servers can say whether a function ran, as far as this server knows them: those that offer it, and whether one that did
 * has gone. A server of which nothing is known may offer anything.
 *
 * W1 what others have announced is known here `newsMsMax` later (handed-back.ts): before this server has been here for so long,
 *    and of one that is cut off from here, it vouches for nobody.
 */

import type { Clock } from '../../base/clock.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import { type Effect, stricter } from '../../core/catalog/offer.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import type { Observer } from '../../observe/observer.ts';
import { againMsMax } from '../call/lost-session.ts';
import { newsMsMax } from '../call/told-runners.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Witnesses } from './reclaim.ts';

/** Functions of which an offer has gone lately; with more of them, every function counts as one. */
const departedMax = 10_000;

export interface KnownWitnessesOptions {
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly observer: Observer;
  readonly members: () => readonly MemberView[];
  /** Instance of this server. */
  readonly instance: string;
}

export class KnownWitnesses implements Witnesses {
  readonly #options: KnownWitnessesOptions;
  /** When the last offer of a function went, oldest first. */
  readonly #departed = new Map<string, number>();
  #isOverrunUntilMs = 0;
  readonly #sinceMs: number;

  constructor(options: KnownWitnessesOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
    options.observer.on('offer.withdrawn', ({ function: name }) => this.#note(name));
  }

  offering(name: string): readonly PeerIdentity[] {
    const { catalog, instance } = this.#options;
    return catalog.offersOf(name).flatMap(({ server }) => (server.instance === instance ? [] : [server]));
  }

  isBystander(instance: string, name: string): boolean {
    const { catalog, clock, members } = this.#options;
    const member = members().find((one) => one.instance === instance);
    if (!member || member.status === 'unreachable' || clock.nowMs() - this.#sinceMs < newsMsMax) return false;
    // One that announces functions which have not come here yet is in no catalog.
    const isKnown = member.bodyHash === '' || catalog.findServer(instance) !== undefined;
    return isKnown && catalog.offersOf(name).every(({ server }) => server.instance !== instance);
  }

  hasDeparted(name: string): boolean {
    const nowMs = this.#options.clock.nowMs();
    return nowMs < this.#isOverrunUntilMs || nowMs - (this.#departed.get(name) ?? Number.NEGATIVE_INFINITY) <= againMsMax;
  }

  /** The strictest effect among the offers of a function; undefined when there are none. */
  effectOf(name: string): Effect | undefined {
    const effects = this.#options.catalog.offersOf(name).map(({ effect }) => effect);
    return effects.length === 0 ? undefined : effects.reduce(stricter);
  }

  #note(name: string): void {
    const nowMs = this.#options.clock.nowMs();
    this.#departed.delete(name);
    this.#departed.set(name, nowMs);
    const [oldest] = this.#departed;
    if (this.#departed.size <= departedMax || oldest === undefined) return;
    this.#departed.delete(oldest[0]);
    if (nowMs - oldest[1] <= againMsMax) this.#isOverrunUntilMs = nowMs + againMsMax;
  }
}
