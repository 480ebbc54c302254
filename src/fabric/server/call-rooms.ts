/**
 * The calls of one server, wired: where they may go, what stands in their way, and which are under way. No behaviour of its own but
 * passing news on to whom it concerns.
 */

import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Catalog } from '../../core/catalog/catalog.ts';
import type { Offer } from '../../core/catalog/server-state.ts';
import { Router } from '../../core/routing/router.ts';
import type { Observer } from '../../observe/observer.ts';
import { Breakers } from '../call/breakers.ts';
import { CallTable } from '../call/call-table.ts';
import { FabricCaller } from '../call/caller.ts';
import { OfferRouting } from '../call/offer-routing.ts';
import { WaitingRoom } from '../call/waiting-room.ts';
import { Explainer } from '../explain/explainer.ts';
import { PlacesInquiry, type PlacesInquiryOptions } from '../explain/places.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import type { Links } from '../mesh/links.ts';
import type { RunnerOptions } from '../run/runner.ts';
import type { LocalPeer } from '../serve/local-peer.ts';
import type { ServerGuards } from './server-guards.ts';
import type { ServerParts } from './server-parts.ts';

export interface CallRoomsParts {
  readonly parts: Pick<ServerParts, 'clock' | 'random'>;
  readonly identity: PeerIdentity;
  readonly wheel: DeadlineWheel;
  readonly observer: Observer;
  readonly catalog: Catalog;
  readonly links: Links;
  /** What runs here needs no link. */
  readonly local: LocalPeer;
  readonly refusal: ServerGuards['callRefusal'];
  /** Whose places are taken. */
  readonly places: Pick<PlacesInquiryOptions, 'own' | 'others'>;
}

export class CallRooms {
  readonly router: Router;
  readonly breakers: Breakers;
  readonly explainer: Explainer;
  readonly table: CallTable<Offer>;
  readonly caller: FabricCaller;
  /** Who makes the next call of a run, and its number. */
  readonly nextCall: RunnerOptions['nextCall'];
  readonly #catalog: Catalog;
  readonly #waitingRoom: WaitingRoom;

  constructor({ parts, identity, wheel, observer, catalog, links, local, refusal, places }: CallRoomsParts) {
    const { clock, random } = parts;
    const { name: callerName, instance } = identity;
    this.#catalog = catalog;
    this.#waitingRoom = new WaitingRoom(clock);
    this.router = new Router({ catalog, random: random.fork('router') });
    this.breakers = new Breakers({ catalog, clock, random: random.fork('breakers'), observer, onChange: () => this.changed() });
    this.explainer = new Explainer({ catalog, router: this.router, clock, places: new PlacesInquiry({ instance, ...places }) });
    const { router, breakers } = this;
    const routing = new OfferRouting({
      clock,
      observer,
      catalog,
      router,
      breakers,
      links,
      waitingRoom: this.#waitingRoom,
      instance,
      local,
    });
    this.table = new CallTable(routing, { clock, random: random.fork('calls'), wheel, instance });
    this.caller = new FabricCaller({ engine: this.table, clock, wheel, identity, refusal });
    this.nextCall = () => ({ caller: instance, callerName, callNumber: this.caller.nextCallNumber() });
  }

  /** There are other offers, or one may be called again: calls that wait for one look anew. */
  changed(): void {
    this.#waitingRoom.changed();
  }

  linkOpened(instance: string): void {
    const server = this.#catalog.findServer(instance);
    if (server) this.breakers.linkOpened(server);
  }
}
