/**
 * What checking a workflow asks of the catalog.
 */

import type { Catalog } from '../catalog/catalog.ts';
import type { AskedKind, OfferQuery } from '../catalog/match.ts';
import type { WireCommand } from './record.ts';

export type OfferSource = Pick<Catalog, 'offersOf' | 'hasJustVanished' | 'nearest' | 'mismatchTest' | 'wantedText'>;

/** What a step asks of its function. The results of elements become one list, and a stream is no element of one. */
export function askedKindOf({ each }: Pick<WireCommand, 'each'>): AskedKind {
  return each ? 'call' : 'step';
}

/** What a command, or what undoes it, demands of an offer. */
export function queryOf(
  { function: name, version, need, target }: Pick<WireCommand, 'function' | 'version' | 'need' | 'target'>,
  kind: AskedKind,
): OfferQuery {
  return { function: name, kind, version, need, target };
}

/** Whether two steps ask for the same, as far as that is seen at a glance. */
export function isSameDemand(one: WireCommand, other: WireCommand): boolean {
  return (
    one.function === other.function &&
    one.version === other.version &&
    one.need === other.need &&
    one.target === other.target &&
    one.each === undefined &&
    other.each === undefined
  );
}

/** Equal for equal demands. Most steps ask for a function and nothing else. */
export function queryKey(query: OfferQuery): string {
  const { function: name, kind = '', version, need, target } = query;
  if (version === undefined && need === undefined && target === undefined) return `${kind}\n${name}`;
  return JSON.stringify([query.function, query.kind, query.version, query.need, query.target]);
}
