/** Delays of real flights (vega-datasets): 20,000 of them in the United States in early 2001. */

import { readFile } from 'node:fs/promises';
import { rollups } from 'd3-array';

interface Flight {
  readonly date: string;
  /** Minutes late at the destination; negative: early. */
  readonly delay: number;
  readonly distance: number;
  readonly origin: string;
  readonly destination: string;
}

/** What a number of flights from one airport come to; sums of these can be added up. */
export interface Tally {
  readonly origin: string;
  readonly flights: number;
  readonly minutesLate: number;
}

export async function readFlights(): Promise<readonly Flight[]> {
  const file = new URL('../data/flights-20k.json', import.meta.resolve('vega-datasets'));
  return JSON.parse(await readFile(file, 'utf8')) as Flight[]; // the published shape of that file
}

/** The tallies of some flights, an airport each. */
export function tally(flights: readonly Flight[]): Tally[] {
  return addUp(flights.map(({ origin, delay }) => ({ origin, flights: 1, minutesLate: delay })));
}

/** One tally an airport, busiest first. */
export function addUp(tallies: readonly Tally[]): Tally[] {
  const merged = rollups(
    tallies,
    (group) => group.reduce((sum, one) => ({ flights: sum.flights + one.flights, minutesLate: sum.minutesLate + one.minutesLate }), none),
    ({ origin }) => origin,
  );
  return merged.map(([origin, sums]) => ({ origin, ...sums })).toSorted((a, b) => b.flights - a.flights || (a.origin < b.origin ? -1 : 1));
}

const none = { flights: 0, minutesLate: 0 };
