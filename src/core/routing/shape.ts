/**
 * The shape of a query: a text that is equal for equal demands, the key under which a choice's lists are cached.
 */

import type { OfferQuery } from '../catalog/match.ts';
import type { Need } from '../catalog/offer.ts';

const kindMarks = { call: '', stream: '\u0001', step: '\u0002' } as const;
const partNames = ['all', 'any', 'none', 'prefer'] as const;

/** "" for a query without demands. Names and resources hold no control characters, so the parts cannot run together. */
export function shapeOf(query: OfferQuery): string {
  const kind = kindMarks[query.kind ?? 'call'];
  if (query.version === undefined && query.target === undefined && query.need === undefined) return kind;
  return `${kind}${query.version ?? ''}\0${query.target ?? ''}\0${needShape(query.need)}`;
}

function needShape(need: Need | undefined): string {
  if (need === undefined) return '';
  if (isList(need)) return need.join('\n');
  return partNames.map((name) => need[name]?.join('\n') ?? '').join('\0');
}

function isList(need: Need): need is readonly string[] {
  return Array.isArray(need);
}
