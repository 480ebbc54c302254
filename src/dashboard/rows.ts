/**
 * Members and offers as the page's rows: bounded, and offers of one function and version in one row.
 */

import type { Member, Offer } from '../fabric/api/api.ts';
import { type FeedMessage, type FunctionRow, functionsMax, type ServerRow, serversMax } from './feed.ts';

export function serversMessage(members: readonly Member[]): Extract<FeedMessage, { readonly kind: 'servers' }> {
  const rows = members.slice(0, serversMax).map(({ name, url, status, epoch, resources, evidence }): ServerRow => {
    return { name, url, status, epoch, resources, evidence };
  });
  return { kind: 'servers', servers: rows, more: members.length - rows.length };
}

export function functionsMessage(offers: readonly Offer[]): Extract<FeedMessage, { readonly kind: 'functions' }> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const key = `${offer.function}@${offer.version}`;
    const group = groups.get(key);
    if (group) group.push(offer);
    else groups.set(key, [offer]);
  }
  const rows = [...groups.values()].slice(0, functionsMax).map(rowOf);
  return { kind: 'functions', functions: rows, more: groups.size - rows.length };
}

function rowOf(group: readonly Offer[]): FunctionRow {
  const [first] = group;
  return {
    function: first?.function ?? '',
    version: first?.version ?? '',
    kind: first?.kind ?? 'call',
    effect: first?.effect ?? 'once',
    resources: [...new Set(group.flatMap(({ resources }) => resources))].sort(),
    servers: group.slice(0, serversMax).map(({ server }) => server),
  };
}
