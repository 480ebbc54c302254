/**
 * Which servers can say whether a function ran, as far as this server knows them: those that offer it, and whether one that did
 * has gone. A server that has never said what it offers may offer anything.
 *
 * W1 what others have announced is known here `newsMsMax` later (handed-back.ts): before this server has been here for so long,
 *    and of one that is cut off from here, it vouches for nobody.
 */

import type { Clock } from '../base/clock.ts';
import type { Catalog } from '../core/catalog/catalog.ts';
import { type Effect, stricter } from '../core/catalog/offer.ts';
import type { Observer } from '../observe/observer.ts';
import type { PeerIdentity } from './conversation.ts';
import { newsMsMax } from './handed-back.ts';
import { againMsMax } from './lost-session.ts';
import type { Witnesses } from './reclaim.ts';

/** Functions of which an offer has gone lately; with more of them, every function counts as one. */
const departedMax = 10_000;

export interface KnownWitnessesOptions {
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly observer: Observer;
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
    const { catalog, clock } = this.#options;
    const server = catalog.findServer(instance);
    if (!server || server.standing.status === 'unreachable' || clock.nowMs() - this.#sinceMs < newsMsMax) return false;
    return catalog.offersOf(name).every((offer) => offer.server !== server);
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
