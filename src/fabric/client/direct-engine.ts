/**
 * The calls of a direct client: its own catalog, breakers and connections, put together as a server puts its own.
 *
 * X1 a call that no server can be found for from here goes through the entry; runs and questions always do.
 * X2 while no session is open, calls go on with what was known last.
 */

import { type Clock, delay } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Random } from '../../base/random.ts';
import { Catalog } from '../../core/catalog/catalog.ts';
import { type RouteQuery, Router } from '../../core/routing/router.ts';
import { Observer } from '../../observe/observer.ts';
import type { Transport } from '../../transport/transport.ts';
import type { SessionHello } from '../../wire/frame.ts';
import type { Plan } from '../api/plan.ts';
import { Breakers } from '../call/breakers.ts';
import { CallTable } from '../call/call-table.ts';
import { OfferRouting } from '../call/offer-routing.ts';
import { WaitingRoom } from '../call/waiting-room.ts';
import { Explainer } from '../explain/explainer.ts';
import { PlacesInquiry } from '../explain/places.ts';
import type { CallEngine, CallHandle, CallSink, Invocation } from '../link/invocation.ts';
import { CatalogReplica } from './catalog-replica.ts';
import type { ClientToken } from './client-token.ts';
import { DirectLinks } from './direct-links.ts';
import { type DirectRoute, DirectRouting } from './direct-routing.ts';
import type { SessionEngine } from './session-engine.ts';
import type { SessionKeeper } from './session-keeper.ts';

export interface DirectEngineOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly wheel: DeadlineWheel;
  readonly hello: SessionHello;
  readonly token: ClientToken | undefined;
  readonly keeper: SessionKeeper;
  readonly session: SessionEngine;
}

/** How long a client that connects waits for the whole catalog, in milliseconds; calls before that go through the entry. */
const wholeWaitMs = 1_000;

export class DirectEngine implements CallEngine {
  readonly #clock: Clock;
  readonly #catalog = new Catalog();
  readonly #router: Router;
  readonly #links: DirectLinks;
  readonly #replica: CatalogReplica;
  readonly #breakers: Breakers;
  readonly #calls: CallTable<DirectRoute>;
  /** Asked over the connections that its calls take. */
  readonly #places: PlacesInquiry;

  constructor({ clock, random, transport, wheel, hello, token, keeper, session }: DirectEngineOptions) {
    const observer = new Observer();
    const catalog = this.#catalog;
    this.#clock = clock;
    this.#router = new Router({ catalog, random: random.fork('router') });
    this.#breakers = new Breakers({ catalog, clock, random: random.fork('breakers'), observer });
    this.#links = new DirectLinks({
      clock,
      random: random.fork('links'),
      transport,
      hello,
      token,
      entry: () => keeper.peer,
      urlOf: (instance) => this.#replica.urlOf(instance),
      onChanged: (instance) => this.#replica.reachChanged(instance),
      onOpened: (instance) => this.#linkOpened(instance),
    });
    this.#replica = new CatalogReplica({
      keeper,
      clock,
      catalog,
      reachOf: (instance) => this.#links.reachOf(instance),
      onGone: (instance) => this.#links.forget(instance),
    });
    keeper.tryLast((address) => this.#replica.instancesAt(address).some((one) => this.#links.hasFailed(one)));
    const { instance } = hello;
    const others = { clock, peers: () => [], unlinked: () => [], reach: this.#links.reach };
    this.#places = new PlacesInquiry({ instance, own: () => [], others: () => others });
    const offers = new OfferRouting({
      clock,
      observer,
      catalog,
      router: this.#router,
      breakers: this.#breakers,
      // Nobody waits here: the entry does.
      waitingRoom: new WaitingRoom(clock),
      links: this.#links,
      instance,
    });
    const routing = new DirectRouting(offers, session, this.#links);
    this.#calls = new CallTable(routing, { clock, random: random.fork('calls'), wheel, instance });
  }

  /** Resolves when the catalog is here, or after a while without it. */
  async open(): Promise<void> {
    const over = new AbortController();
    await Promise.race([this.#replica.whole, delay(this.#clock, wholeWaitMs, over.signal)]);
    over.abort();
  }

  start(invocation: Invocation, sink: CallSink): CallHandle {
    return this.#calls.start(invocation, sink);
  }

  /** Where a call would go from here; undefined for a function that the entry may know of. */
  explain(query: RouteQuery): Promise<Plan> | undefined {
    if (!this.#catalog.has(query.function)) return undefined;
    return new Explainer({ catalog: this.#catalog, router: this.#router, clock: this.#clock, places: this.#places }).explain(query);
  }

  /** Ends every call with `closed`. */
  close(): void {
    this.#calls.close('the client');
    this.#replica.close();
    this.#links.close();
    this.#breakers.close();
  }

  #linkOpened(instance: string): void {
    const server = this.#catalog.findServer(instance);
    if (server) this.#breakers.linkOpened(server);
  }
}
