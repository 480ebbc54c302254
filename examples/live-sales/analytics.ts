/** The analytics beside the shop: counts its sales as they happen, and looks closer at one genre when asked. */

import { defineFunction, remote } from 'heddle';
import { readFilms, sharesOf } from './films.ts';
import type { functions as shop, Tally } from './shop.ts';

const fn = remote<typeof shop>();
const shares = sharesOf(await readFilms());

export interface Standing {
  readonly sales: number;
  readonly cents: number;
  /** The genre that sells best so far. */
  readonly best: string;
}

export interface GenreReport extends Tally {
  /** Of all sales of the shop, and of what the films really sold, from 0 to 1. */
  readonly share: number;
  readonly realShare: number;
}

export const functions = {
  live: defineFunction({
    name: 'analytics.live',
    handler: async function* (ctx, every: number): AsyncGenerator<Standing> {
      const counts = new Map<string, number>();
      let sales = 0;
      let cents = 0;
      const standing = (): Standing => ({ sales, cents, best: [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? 'nothing' });
      for await (const sale of ctx.stream(fn('shop.sales'), [])) {
        if (sale !== 'listening') {
          sales += 1;
          cents += sale.cents;
          counts.set(sale.genre, (counts.get(sale.genre) ?? 0) + 1);
        }
        if (sales % every === 0) yield standing();
      }
      yield standing();
    },
  }),
  genre: defineFunction({
    name: 'analytics.genre',
    effect: 'pure',
    handler: (_ctx, { genre, sales }: Tally, all: number): GenreReport => ({
      genre,
      sales,
      share: sales / all,
      realShare: shares.get(genre) ?? 0,
    }),
  }),
};
