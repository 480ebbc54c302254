/**
 * G4: what a choice and a look-up cost in catalogs of 10, 1,000 and 100,000 offers, in this process: they should cost the same.
 */

import { seededRandom } from '../../../src/base/random.ts';
import { Catalog } from '../../../src/core/catalog/catalog.ts';
import { Router } from '../../../src/core/routing/router.ts';
import { type Measurement, median, renderTable } from '../measurement.ts';

/** A server announces at most so many functions. */
const functionsMax = 2_000;
const sizes = [10, 1_000, 100_000];
const picks = 100_000;
const refused = 100;
/** Functions that are called in turns: more than a processor's cache would be needed to keep all of a large catalog in. */
const called = 10;

interface CatalogRow {
  readonly shape: string;
  readonly offers: number;
  readonly servers: number;
  /** Microseconds a choice, nothing having changed. */
  readonly pickMicros: number;
  /** The same, the whole of another server's news having come just before. */
  readonly pickAfterNewsMicros: number;
  /** Microseconds to announce that function: one list, however many others there are. */
  readonly newsMicros: number;
  /** Microseconds to refuse a name that nobody offers, near names looked for. */
  readonly refusalMicros: number;
}

type Shape = (offers: number) => { readonly servers: number; readonly functions: number };
const shapes: Readonly<Record<string, Shape>> = {
  'many functions': (offers) => ({ servers: Math.max(1, offers / functionsMax), functions: Math.min(offers, functionsMax) }),
  'many servers of ten functions': (offers) => ({ servers: offers / 10, functions: 10 }),
};

export const catalogs: Measurement = {
  title: 'choosing a server in catalogs of more offers, in this process',
  measure: ({ rounds, onProgress }) => {
    const rows = Object.entries(shapes).flatMap(([shape, of]) =>
      sizes.map((offers) => {
        onProgress(`${shape}: ${offers} offers`);
        return { shape, offers, servers: of(offers).servers, ...measureCatalog(of(offers), rounds) };
      }),
    );
    return Promise.resolve({ data: { rows }, table: tableOf(rows) });
  },
};

function measureCatalog({ servers, functions }: ReturnType<Shape>, rounds: number): Omit<CatalogRow, 'shape' | 'offers' | 'servers'> {
  const catalog = new Catalog();
  for (let server = 0; server < servers; server += 1) announce(catalog, server, functions);
  const router = new Router({ catalog, random: seededRandom('catalogs') });
  const names = Array.from({ length: Math.min(called, functions) }, (_unused, at) => `f${Math.floor((at * functions) / called)}`);
  const pick = (count: number): number => {
    const startMs = performance.now();
    for (let at = 0; at < count; at += 1) {
      if (!router.pick({ function: names[at % names.length] ?? '' }, undefined, at)) throw new Error('nobody was chosen');
    }
    return ((performance.now() - startMs) * 1_000) / count;
  };
  pick(picks);
  const steady = Array.from({ length: rounds }, () => pick(picks));
  const news: number[] = [];
  const fresh = Array.from({ length: rounds * 10 }, (_unused, at) => {
    const startMs = performance.now();
    announce(catalog, -1 - at, 1);
    news.push((performance.now() - startMs) * 1_000);
    return pick(1);
  });
  const refusals = Array.from({ length: rounds }, () => refuse(router));
  const figures = { pickMicros: median(steady), pickAfterNewsMicros: median(fresh), newsMicros: median(news) };
  return { ...figures, refusalMicros: median(refusals) };
}

function refuse(router: Router): number {
  const startMs = performance.now();
  for (let at = 0; at < refused; at += 1) {
    const query = { function: 'unknown' };
    if (router.pick(query, undefined, at)) throw new Error('somebody was chosen');
    router.refusal(query, undefined, { nowMs: at, wallMs: at });
  }
  return ((performance.now() - startMs) * 1_000) / refused;
}

function announce(catalog: Catalog, server: number, count: number): void {
  const name = `s${server}`;
  const functions = Array.from({ length: count }, (_unused, at) => ({
    name: server < 0 ? `news${server}` : `f${at}`,
    version: '1.0.0',
    effect: 'once' as const,
    kind: 'call' as const,
    resources: [],
  }));
  catalog.setOffers({ name, instance: `${name}-1`, resources: [] }, { functions }, 0);
}

function tableOf(rows: readonly CatalogRow[]): string {
  return renderTable({
    title: catalogs.title,
    head: ['shape', 'offers', 'servers', 'pick us', 'pick after news us', 'news us', 'refusal us'],
    lines: rows.map((row) => [
      row.shape,
      String(row.offers),
      String(row.servers),
      row.pickMicros.toFixed(3),
      row.pickAfterNewsMicros.toFixed(1),
      row.newsMicros.toFixed(1),
      row.refusalMicros.toFixed(0),
    ]),
    notes: [
      `${called} functions called in turns; news: another server announces one function of its own`,
      'refusal: nobody offers the function; the nearest of at most 2,000 names are looked for, for the message',
    ],
  });
}
