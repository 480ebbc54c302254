/** Servers and offers as tests of catalog, routing and breakers need them. */

import { Catalog } from '../../../src/core/catalog/catalog.ts';
import type { CatalogBody, FunctionRecord } from '../../../src/core/catalog/offer.ts';
import type { Offer } from '../../../src/core/catalog/server-state.ts';

export function record(name: string, more: Partial<FunctionRecord> = {}): FunctionRecord {
  return { name, version: '1.0.0', effect: 'once', kind: 'call', resources: [], ...more };
}

export function body(...functions: readonly FunctionRecord[]): CatalogBody {
  return { functions };
}

/** A server whose instance is `i-<name>`. */
export function announcer(
  name: string,
  resources: readonly string[] = [],
): { readonly name: string; readonly instance: string; readonly resources: readonly string[] } {
  return { name, instance: `i-${name}`, resources };
}

/** A catalog in which each of the named servers offers `work` 1.0.0. */
export function catalogOf(...names: readonly string[]): Catalog {
  const catalog = new Catalog();
  for (const name of names) catalog.setOffers(announcer(name), body(record('work')), 0);
  return catalog;
}

/** The offer of `work` 1.0.0 by a server of `catalogOf`. */
export function offerOf(catalog: Catalog, server: string, name = 'work', version = '1.0.0'): Offer {
  const offer = catalog.findOffer(`i-${server}`, name, version);
  if (!offer) throw new Error(`no offer of ${name} by ${server}`);
  return offer;
}
