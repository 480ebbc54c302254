/**
 * The fabric as this server knows it: what the mesh says goes into the catalog, and both come out in the
 * shapes of the API.
 *
 * Y1 an offer is in the catalog from the moment its server's body is known until the server is gone.
 * Y2 every appearance and withdrawal is an event, once.
 * Y3 whoever watches the fabric hears of it through `feed`.
 */

import type { Clock } from '../../base/clock.ts';
import type { Announcer, Catalog } from '../../core/catalog/catalog.ts';
import type { CatalogBody } from '../../core/catalog/offer.ts';
import type { Offer as CatalogOffer } from '../../core/catalog/server-state.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Member, Offer } from '../api/api.ts';
import { checkOptions } from '../api/known-options.ts';
import { Contact } from '../serve/contact.ts';
import type { RefusedOffer } from '../serve/witnesses.ts';
import { CatalogFeed } from './catalog-feed.ts';
import type { OfferScreen } from './offer-screen.ts';

export interface DirectoryOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly observer: Observer;
  /** What is taken of what servers announce; absent: all. */
  readonly screen?: OfferScreen | undefined;
  /** The catalog, or what it says of a server, is different. */
  readonly onChange?: (() => void) | undefined;
}

export class Directory {
  readonly feed = new CatalogFeed();
  readonly contact: Contact;
  readonly #options: DirectoryOptions;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.contact = new Contact(options.clock);
  }

  /** The functions of a server, this one included, are known or have changed. */
  announce(server: Announcer, announced: CatalogBody): void {
    const { catalog, clock, screen } = this.#options;
    const { body, gone } = screen?.take(server, announced) ?? { body: announced, gone: [] };
    catalog.noteDeparted(gone, clock.nowMs());
    const change = catalog.setOffers(server, body, clock.nowMs());
    this.feed.offersChanged(server.instance, body);
    this.#tell('offer.appeared', change.appeared);
    this.#tell('offer.withdrawn', change.withdrawn);
    this.#options.onChange?.();
    for (const conflict of change.conflicted) this.#options.observer.emit({ kind: 'offer.conflicted', ...conflict });
  }

  /** The rules have changed: all that was announced is looked at again. */
  judgeAnew(): void {
    for (const { server, body } of this.#options.screen?.announced() ?? []) this.announce(server, body);
  }

  bodyKnown(view: MemberView, body: CatalogBody): void {
    this.announce(view, body);
    this.memberChanged(view);
  }

  memberChanged(view: MemberView): void {
    this.contact.memberChanged(view);
    this.feed.memberChanged(view);
    this.#options.catalog.setStanding(view.instance, {
      ...view,
      // To others a server that leaves takes no calls; what it has accepted before may still need its own functions.
      status: view.isSelf && view.status === 'leaving' ? 'alive' : view.status,
      isLinked: view.isLinked || view.isSelf,
    });
    this.#options.onChange?.();
  }

  memberGone(view: MemberView): void {
    const { catalog, clock, screen, onChange } = this.#options;
    this.feed.memberGone(view.instance);
    catalog.noteDeparted(screen?.forget(view.instance) ?? [], clock.nowMs());
    this.#tell('offer.withdrawn', catalog.remove(view.instance, clock.nowMs()));
    onChange?.();
  }

  /** What servers announce of a function that is not taken of them here. */
  refusedOffers(name: string): readonly RefusedOffer[] {
    return this.#options.screen?.refused(name) ?? [];
  }

  /** Every offer, by function, version and server. Throws `bad_argument` for unknown options. */
  offers(options: unknown = {}): readonly Offer[] {
    const { schemas } = checkOptions(options, ['schemas'], 'options');
    if (schemas !== undefined && typeof schemas !== 'boolean')
      throw new HeddleError('bad_argument', { path: ['options', 'schemas'], expected: 'true or false', found: typeof schemas });
    return this.#options.catalog.list().map((offer) => offerOf(offer, schemas === true));
  }

  #tell(kind: 'offer.appeared' | 'offer.withdrawn', offers: readonly CatalogOffer[]): void {
    if (!this.#options.observer.wants(kind)) return;
    for (const { record, server } of offers) {
      const { name, version, effect } = record;
      this.#options.observer.emit({ kind, function: name, version, server: server.name, effect });
    }
  }
}

/** An offer in the shape of the API. */
function offerOf({ record, server, resources }: CatalogOffer, hasSchemas: boolean): Offer {
  const { name, version, effect, kind, inputSchema, outputSchema } = record;
  return {
    function: name,
    version,
    server: server.name,
    resources: [...resources].sort(),
    effect,
    kind,
    ...(hasSchemas && inputSchema !== undefined ? { inputSchema } : {}),
    ...(hasSchemas && outputSchema !== undefined ? { outputSchema } : {}),
  };
}

/** A member in the shape of the API. */
export function memberOf(view: MemberView): Member {
  const { name, url, status, epoch, resources, evidence, root } = view;
  return { name, url, status, epoch, resources, evidence, ...(root === undefined ? {} : { root }) };
}
