/** Real films with what their DVDs sold for in the United States, in dollars (vega-datasets, movies.json). */

import { readFile } from 'node:fs/promises';

interface Row {
  readonly Title: string | null;
  readonly 'Major Genre': string | null;
  readonly 'US DVD Sales': number | null;
}

export interface Film {
  readonly title: string;
  readonly genre: string;
  readonly dvdSales: number;
}

export async function readFilms(): Promise<readonly Film[]> {
  const file = new URL('../data/movies.json', import.meta.resolve('vega-datasets'));
  const rows = JSON.parse(await readFile(file, 'utf8')) as Row[]; // the published shape of that file
  return rows.flatMap(({ Title: title, 'Major Genre': genre, 'US DVD Sales': dvdSales }) =>
    title && genre && dvdSales ? [{ title: String(title), genre, dvdSales }] : [],
  );
}

/** Share of each genre in the sales of all films. */
export function sharesOf(films: readonly Film[]): ReadonlyMap<string, number> {
  const total = films.reduce((sum, { dvdSales }) => sum + dvdSales, 0);
  const shares = new Map<string, number>();
  for (const { genre, dvdSales } of films) shares.set(genre, (shares.get(genre) ?? 0) + dvdSales / total);
  return shares;
}

/** What the customer of that number wants: films in proportion to what they sold, spread evenly by the golden ratio. */
export function wishOf(customer: number, films: readonly Film[]): number {
  const total = films.reduce((sum, { dvdSales }) => sum + dvdSales, 0);
  let left = ((customer * 0.618_033_988_749_895) % 1) * total;
  const at = films.findIndex(({ dvdSales }) => {
    left -= dvdSales;
    return left < 0;
  });
  return Math.max(0, at);
}
