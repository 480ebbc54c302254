/**
 * What a call demands of an offer beyond its function, and which offers fulfil it.
 *
 * N1 `all`, `any`, `none`, version and target are hard and never relaxed; `prefer` only ranks.
 */

import { needMismatch, needText, partsOf, preferenceOf } from './needs.ts';
import type { Need, OfferKind } from './offer.ts';
import type { Offer } from './server-state.ts';
import { comparePreferred, versionTest } from './versions.ts';

/** What is asked of a function: one result, a stream of items, or what a step of a workflow takes. */
export type AskedKind = OfferKind | 'step';

export interface OfferQuery {
  readonly function: string;
  /** Default `call`. `step`: a call, or a stream, whose bytes become one result (that it is one of bytes shows when it runs). */
  readonly kind?: AskedKind | undefined;
  /** A semver range; undefined: any. */
  readonly version?: string | undefined;
  readonly need?: Need | undefined;
  /** Name of the one server that may answer. */
  readonly target?: string | undefined;
}

/** The offers that fulfil a query. */
export interface OfferMatch {
  /** One list a version, the version to prefer first; no list is empty. */
  readonly groups: readonly (readonly Offer[])[];
  /** How many of the preferred resources an offer has; undefined when none are preferred. */
  readonly preference: ((offer: Offer) => number) | undefined;
}

/** Resources that a message names before it only counts them. */
const resourcesNamedMax = 8;

/** Linear in the offers, with one look at each. */
export function matchOffers(offers: readonly Offer[], query: OfferQuery): OfferMatch {
  const mismatch = mismatchTest(query);
  const byVersion = new Map<string, Offer[]>();
  for (const offer of offers) {
    if (mismatch(offer) !== undefined) continue;
    const group = byVersion.get(offer.record.version);
    if (group) group.push(offer);
    else byVersion.set(offer.record.version, [offer]);
  }
  const need = partsOf(query.need);
  return {
    groups: [...byVersion].sort(([a], [b]) => comparePreferred(a, b)).map(([, group]) => group),
    preference: need.prefer.length === 0 ? undefined : (offer) => preferenceOf(need, offer.resources),
  };
}

/** A function that says why an offer does not fulfil the query; undefined when it does. Parses the range once. */
export function mismatchTest(query: OfferQuery): (offer: Offer) => string | undefined {
  const need = partsOf(query.need);
  const isInRange = versionTest(query.version);
  const kind = query.kind ?? 'call';
  return (offer) => {
    if (kind !== 'step' && offer.record.kind !== kind) return kind === 'call' ? 'is a stream, not a call' : 'is a call, not a stream';
    if (query.target !== undefined && offer.server.name !== query.target) return `is not the target ${query.target}`;
    if (!isInRange(offer.record.version)) return `version ${offer.record.version} is not in ${query.version}`;
    const lack = needMismatch(need, offer.resources);
    return lack === undefined ? undefined : `${lack} (has ${resourcesText(offer.resources)})`;
  };
}

/** The demands in words: "version ^2, gpu and db, on gpu-1"; "a call" when there are none: all others are met by any. */
export function wantedText(query: OfferQuery): string {
  const texts = [
    query.kind === 'stream' ? 'a stream' : '',
    query.version === undefined ? '' : `version ${query.version}`,
    needText(partsOf(query.need)),
    query.target === undefined ? '' : `on ${query.target}`,
  ];
  return texts.filter((text) => text !== '').join(', ') || 'a call';
}

function resourcesText(resources: ReadonlySet<string>): string {
  const named = [...resources].slice(0, resourcesNamedMax);
  const left = resources.size - named.length;
  return `${named.join(', ') || 'no resources'}${left > 0 ? ` and ${left} more` : ''}`;
}
