/**
 * Who does not say how it is doing, although it was asked: under rules a server tells only those that may observe it.
 */

import type { ServerRow } from '../feed.ts';

/** Servers are asked in turn, about 60 a second: how long until all have answered, with time to spare. */
export function patienceMs(servers: number): number {
  return 10_000 + servers * 40;
}

/** The names of those that are alive and have said nothing, once they have had `patienceMs`. */
export function silentOf(rows: readonly ServerRow[], said: ReadonlyMap<string, unknown>, askedForMs: number): readonly string[] {
  if (askedForMs < patienceMs(rows.length)) return [];
  return rows.filter(({ name, status }) => status === 'alive' && !said.has(name)).map(({ name }) => name);
}
