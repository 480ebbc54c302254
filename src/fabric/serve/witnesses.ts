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

/** The last that has gone of a function's offers, and the last that was `once`. */
interface Departed {
  readonly lastMs: number;
  readonly onceMs: number | undefined;
}

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
  /** When the last offers of a function went, oldest first. */
  readonly #departed = new Map<string, Departed>();
  #isOverrunUntilMs = 0;
  readonly #sinceMs: number;

  constructor(options: KnownWitnessesOptions) {
    this.#options = options;
    this.#sinceMs = options.clock.nowMs();
    options.observer.on('offer.withdrawn', ({ function: name, effect }) => this.#note(name, effect));
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
    return nowMs < this.#isOverrunUntilMs || nowMs - (this.#departed.get(name)?.lastMs ?? Number.NEGATIVE_INFINITY) <= againMsMax;
  }

  keepEnds(name: string): boolean {
    return this.#options.catalog.offersOf(name).every(({ record }) => record.effect === 'once');
  }

  /** The strictest effect among the offers of a function, also of those that have gone lately; undefined when there are none. */
  effectOf(name: string): Effect | undefined {
    const nowMs = this.#options.clock.nowMs();
    const onceMs = this.#departed.get(name)?.onceMs ?? Number.NEGATIVE_INFINITY;
    if (nowMs < this.#isOverrunUntilMs || nowMs - onceMs <= againMsMax) return 'once';
    const effects = this.#options.catalog.offersOf(name).map(({ effect }) => effect);
    return effects.length === 0 ? undefined : effects.reduce(stricter);
  }

  #note(name: string, effect: Effect): void {
    const lastMs = this.#options.clock.nowMs();
    const onceMs = effect === 'once' ? lastMs : this.#departed.get(name)?.onceMs;
    this.#departed.delete(name);
    this.#departed.set(name, { lastMs, onceMs });
    const [oldest] = this.#departed;
    if (this.#departed.size <= departedMax || oldest === undefined) return;
    this.#departed.delete(oldest[0]);
    if (lastMs - oldest[1].lastMs <= againMsMax) this.#isOverrunUntilMs = lastMs + againMsMax;
  }
}
