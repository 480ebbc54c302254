/**
 * A direct client's own picture of the fabric: told by the server of its session, kept when that is lost, and put right by
 * the next one.
 *
 * J1 what was told last stands until another feed is whole; what that one did not name is gone then.
 * J2 what others say of a server is hearsay: what the client finds out over its own connections comes before it.
 * The catalog that it writes is the router's; how servers are reached is direct-links.ts.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { CatalogNews, CatalogServer } from '../../core/catalog/news.ts';
import type { CatalogBody } from '../../core/catalog/offer.ts';
import type { Standing } from '../../core/catalog/server-state.ts';
import { HeddleError } from '../../errors.ts';
import type { Peer } from '../link/peer.ts';
import type { Reach } from './direct-links.ts';
import type { SessionKeeper } from './session-keeper.ts';
import { watchCatalog } from './session-watch.ts';

export interface CatalogReplicaOptions {
  readonly keeper: SessionKeeper;
  readonly clock: Clock;
  readonly catalog: Catalog;
  readonly reachOf: (instance: string) => Reach;
  /** The instance is no more. */
  readonly onGone: (instance: string) => void;
}

interface Known {
  readonly server: CatalogServer;
  readonly offers: CatalogBody;
}

/** After a server had no feed for us, in milliseconds. */
const retryMs = 1_000;
/** After the session's token had ended, likewise: the next one may come, and each try until then is told at the server. */
const tokenRetryMs = 30_000;
const noOffers: CatalogBody = { functions: [] };

export class CatalogReplica {
  readonly #options: CatalogReplicaOptions;
  readonly #known = new Map<string, Known>();
  /** Instances that the feed has named so far; undefined once it was whole. */
  #named: Set<string> | undefined;
  readonly #whole: Deferred<void> = deferred();
  #stopWatch: (() => void) | undefined;
  #cancelRetry: CancelTask | undefined;
  #leaveKeeper: (() => void) | undefined;
  #isClosed = false;

  constructor(options: CatalogReplicaOptions) {
    this.#options = options;
    this.#awaitSession();
  }

  /** Resolves when a first feed has told everything. */
  get whole(): Promise<void> {
    return this.#whole.promise;
  }

  /** Where an instance listens, as its own server says. */
  urlOf(instance: string): string | undefined {
    return this.#known.get(instance)?.server.url;
  }

  /** The instances that listen there, as their servers say: one, while none is replaced. Linear in the servers. */
  instancesAt(url: string): readonly string[] {
    return [...this.#known].flatMap(([instance, { server }]) => (server.url === url ? [instance] : []));
  }

  /** What is known here of the way to an instance is different. */
  reachChanged(instance: string): void {
    const known = this.#known.get(instance);
    if (known) this.#options.catalog.setStanding(instance, this.#standingOf(known.server));
  }

  close(): void {
    this.#isClosed = true;
    this.#cancelRetry?.();
    this.#leaveKeeper?.();
    this.#stopWatch?.();
  }

  /** Every further session brings a feed of its own, also when the one before still works: its server is about to drain. */
  #awaitSession(): void {
    this.#leaveKeeper = this.#options.keeper.whenOpen((peer) => {
      this.#leaveKeeper = undefined;
      if (!peer || this.#isClosed) return;
      this.#watch(peer);
      this.#awaitSession();
    });
  }

  #watch(peer: Peer): void {
    this.#cancelRetry?.();
    this.#stopWatch?.();
    this.#named = new Set();
    this.#stopWatch = watchCatalog(peer, { onNews: (news) => this.#take(news), onEnd: (error) => this.#ended(peer, error) });
  }

  /** It has enough watchers, say, or drains: the next session may come, or not. */
  #ended(peer: Peer, error: HeddleError): void {
    if (this.#isClosed || this.#options.keeper.peer !== peer || peer.closed !== undefined) return;
    const waitMs = HeddleError.is(error, 'unauthenticated') ? tokenRetryMs : retryMs;
    this.#cancelRetry = this.#options.clock.schedule(waitMs, () => {
      if (this.#options.keeper.peer === peer) this.#watch(peer);
    });
  }

  #take({ gone, servers, isWhole }: CatalogNews): void {
    for (const instance of gone) this.#forget(instance);
    for (const server of servers) this.#learn(server);
    if (!isWhole || !this.#named) return;
    for (const instance of [...this.#known.keys()]) if (!this.#named.has(instance)) this.#forget(instance);
    this.#named = undefined;
    this.#whole.resolve();
  }

  #learn(server: CatalogServer): void {
    const { catalog, clock } = this.#options;
    const { instance } = server;
    const before = this.#known.get(instance);
    const offers = server.offers ?? before?.offers ?? noOffers;
    this.#named?.add(instance);
    this.#known.set(instance, { server, offers });
    if (before?.offers !== offers || before.server.resources.join() !== server.resources.join()) {
      catalog.setOffers(server, offers, clock.nowMs());
    }
    catalog.setStanding(instance, this.#standingOf(server));
  }

  #forget(instance: string): void {
    this.#named?.delete(instance);
    if (!this.#known.delete(instance)) return;
    this.#options.catalog.remove(instance, this.#options.clock.nowMs());
    this.#options.onGone(instance);
  }

  #standingOf({ instance, status }: CatalogServer): Standing {
    switch (this.#options.reachOf(instance)) {
      case 'leaving':
        return { status: 'leaving', isOwnEvidence: true, isLinked: false };
      case 'linked':
        return { status, isOwnEvidence: false, isLinked: true };
      case 'outOfReach':
        // The owner's own word is stronger than a failed dial.
        return { status: status === 'leaving' || status === 'left' ? status : 'unreachable', isOwnEvidence: true, isLinked: false };
      case 'unknown':
        return { status, isOwnEvidence: false, isLinked: false };
    }
  }
}
