/**
 * What checking a workflow asks of the catalog.
 */

import type { Catalog } from '../catalog/catalog.ts';
import type { OfferQuery } from '../catalog/match.ts';
import type { WireCommand } from './record.ts';

export type OfferSource = Pick<Catalog, 'offersOf' | 'hasJustVanished' | 'nearest' | 'mismatchTest' | 'wantedText'>;

/** What a command demands of an offer. */
export function queryOf({
  function: name,
  version,
  need,
  target,
}: Pick<WireCommand, 'function' | 'version' | 'need' | 'target'>): OfferQuery {
  return { function: name, version, need, target };
}

/** Equal for equal demands. */
export function queryKey(query: OfferQuery): string {
  return JSON.stringify([query.function, query.version, query.need, query.target]);
}
