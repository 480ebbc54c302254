/**
 * All offers known here, and the state of the servers that make them.
 *
 * C1 an offer object stays the same while its server announces that name and version, whatever else changes.
 * C2 `revision` grows with every change that can alter a choice: offers, standings, gates (by `touch`).
 * C3 a server is an instance: a restarted one of the same name starts with a clean state.
 * Which offer a call takes is core/routing; what the fabric announces, and its checks, are core/gossip and wire.
 */

import { nearest } from '../../base/nearest.ts';
import { compareTexts } from '../../base/text-order.ts';
import { type Departed, Departures } from './departures.ts';
import { FunctionIndex, groupByName } from './function-index.ts';
import { matchOffers, mismatchTest, type OfferMatch, type OfferQuery, wantedText } from './match.ts';
import type { CatalogBody, FunctionRecord } from './offer.ts';
import { newOffer, newServerState, type Offer, type ServerState, type Standing, tierOf } from './server-state.ts';

/** Who announces a body. */
export interface Announcer {
  readonly name: string;
  /** One per process. */
  readonly instance: string;
  readonly resources: readonly string[];
}

/** What an announcement changed, for events. */
export interface CatalogChange {
  readonly appeared: readonly Offer[];
  readonly withdrawn: readonly Offer[];
  /** Functions whose offers of one version announce different effects, now that `appeared` are there. */
  readonly conflicted: readonly { readonly function: string; readonly version: string }[];
}

type OffersOfServer = Map<string, Offer>;

export class Catalog {
  readonly #index = new FunctionIndex();
  readonly #departures = new Departures();
  readonly #servers = new Map<string, ServerState>();
  /** Offers of each instance, by name@version. */
  readonly #offers = new Map<string, OffersOfServer>();
  readonly #suggests: boolean;
  #revision = 1;
  #offersRevision = 1;

  /** Without `suggests` nobody is told of names that they did not know: where not everybody may know all. */
  constructor({ suggests = true }: { readonly suggests?: boolean } = {}) {
    this.#suggests = suggests;
  }

  /** Grows with every change that can alter a choice. */
  get revision(): number {
    return this.#revision;
  }

  /** Grows with every change of what is offered, and with nothing else. */
  get offersRevision(): number {
    return this.#offersRevision;
  }

  /** Says that a gate changed (fabric/call/breakers.ts). */
  touch(): void {
    this.#revision += 1;
  }

  /** Replaces what a server announces. Its first announcement makes its state: alive until `setStanding` says otherwise. */
  setOffers(server: Announcer, body: CatalogBody, nowMs: number): CatalogChange {
    const state = this.#stateOf(server);
    const before = this.#offers.get(server.instance) ?? new Map<string, Offer>();
    const after: OffersOfServer = new Map();
    const onceBefore = recordsOf([...before.values()]).filter(({ effect }) => effect === 'once');
    for (const record of body.functions) this.#announce({ record, state, before, after }, nowMs);
    this.#offers.set(server.instance, after);
    const appeared = [...after].filter(([key]) => !before.has(key)).map(([, offer]) => offer);
    const withdrawn = [...before].filter(([key]) => !after.has(key)).map(([, offer]) => offer);
    this.#index.update(appeared, withdrawn, nowMs);
    // Withdrawn and offered anew before anybody heard of it: what ran before was `once`.
    const softened = onceBefore.filter(({ name, version }) => after.get(keyOf(name, version))?.record.effect !== 'once');
    this.#departures.note([...recordsOf(withdrawn), ...softened], nowMs);
    this.#noteOffers();
    return { appeared, withdrawn, conflicted: this.#settleEffects([...after.values(), ...withdrawn], new Set(appeared)) };
  }

  /** Forgets a server and all that it offers; gives the offers that went. */
  remove(instance: string, nowMs: number): readonly Offer[] {
    const gone = [...(this.#offers.get(instance)?.values() ?? [])];
    this.#offers.delete(instance);
    if (!this.#servers.delete(instance)) return gone;
    this.#index.update([], gone, nowMs);
    this.#departures.note(recordsOf(gone), nowMs);
    this.#settleEffects(gone, new Set());
    this.#noteOffers();
    return gone;
  }

  /** What the mesh says of a server; harmless for an instance that announces nothing. */
  setStanding(instance: string, standing: Standing): void {
    const state = this.#servers.get(instance);
    if (!state) return;
    const { status, isOwnEvidence, isLinked, isFlapping, roundTripMs } = standing;
    state.standing = { status, isOwnEvidence, isLinked, isFlapping };
    if (roundTripMs !== undefined) state.roundTripMs = roundTripMs;
    const tier = tierOf(standing);
    if (tier === state.tier) return;
    state.tier = tier;
    this.#revision += 1;
  }

  /** The state of an instance that announces something. */
  findServer(instance: string): ServerState | undefined {
    return this.#servers.get(instance);
  }

  /** The offer of exactly this function and version at this instance. */
  findOffer(instance: string, name: string, version: string): Offer | undefined {
    return this.#offers.get(instance)?.get(keyOf(name, version));
  }

  /** Whether anybody offers the function now. */
  has(name: string): boolean {
    return this.#index.offersOf(name).length > 0;
  }

  /** Whether the function lost its last offer within the last 5 s: a call may wait for it to come back. */
  hasJustVanished(name: string, nowMs: number): boolean {
    return this.#index.hasJustVanished(name, nowMs);
  }

  /** Offers that were never taken here have gone. */
  noteDeparted(gone: readonly FunctionRecord[], nowMs: number): void {
    this.#departures.note(gone, nowMs);
  }

  /** When offers of the function last went. */
  departedOf(name: string): Departed {
    return this.#departures.of(name);
  }

  /** All offers of a function, a snapshot; empty when there are none. */
  offersOf(name: string): readonly Offer[] {
    return this.#index.offersOf(name);
  }

  /** All offers, by function, version and server. n log n. */
  list(): readonly Offer[] {
    const offers = [...this.#offers.values()].flatMap((ofServer) => [...ofServer.values()]);
    return offers.sort(
      (a, b) =>
        compareTexts(a.record.name, b.record.name) ||
        compareTexts(a.record.version, b.record.version) ||
        compareTexts(a.server.name, b.server.name),
    );
  }

  /** Known functions with names close to a misspelt one. Linear. */
  nearest(name: string): readonly string[] {
    return this.#suggests ? nearest(name, this.#index.names()) : [];
  }

  /** The offers that fulfil a query's demands, by version, highest first. Linear; the router caches it. */
  matching(query: OfferQuery): OfferMatch {
    return matchOffers(this.offersOf(query.function), query);
  }

  /** A function that says why an offer does not fulfil the query; undefined when it does. */
  mismatchTest(query: OfferQuery): (offer: Offer) => string | undefined {
    return mismatchTest(query);
  }

  /** The query's demands in words. */
  wantedText(query: OfferQuery): string {
    return wantedText(query);
  }

  #noteOffers(): void {
    this.#revision += 1;
    this.#offersRevision += 1;
  }

  #stateOf(server: Announcer): ServerState {
    const state = this.#servers.get(server.instance) ?? newServerState(server);
    state.resources = server.resources;
    this.#servers.set(server.instance, state);
    return state;
  }

  /** A name and version that a body lists twice counts once: the last one (an owner's own registry refuses it). */
  #announce(
    { record, state, before, after }: { record: FunctionRecord; state: ServerState; before: OffersOfServer; after: OffersOfServer },
    nowMs: number,
  ): void {
    const key = keyOf(record.name, record.version);
    const offer = before.get(key) ?? after.get(key) ?? newOffer(record, { server: state, stats: this.#index.statsOf(record.name), nowMs });
    offer.record = record;
    offer.resources = new Set([...state.resources, ...record.resources]);
    after.set(key, offer);
  }

  #settleEffects(touched: readonly Offer[], appeared: ReadonlySet<Offer>): CatalogChange['conflicted'] {
    const conflicted: { function: string; version: string }[] = [];
    const news = new Set([...appeared].map(({ record }) => keyOf(record.name, record.version)));
    for (const [name, offers] of groupByName(touched)) {
      for (const version of this.#index.settleEffects(name, offers)) {
        if (news.has(keyOf(name, version))) conflicted.push({ function: name, version });
      }
    }
    return conflicted;
  }
}

function recordsOf(offers: readonly Offer[]): readonly FunctionRecord[] {
  return offers.map(({ record }) => record);
}

/** Names hold no control characters and versions no `@`: no two pairs give one key. */
function keyOf(name: string, version: string): string {
  return `${version}@${name}`;
}
