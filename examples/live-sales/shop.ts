/** The shop: sells films, tells whoever listens of each sale as it happens, and keeps its books. It is all in memory. */

import { EventEmitter, on } from 'node:events';
import { defineFunction } from 'heddle';
import { readFilms } from './films.ts';

export interface Sale {
  readonly order: number;
  readonly genre: string;
  readonly cents: number;
}

/** What was sold of one genre. */
export interface Tally {
  readonly genre: string;
  readonly sales: number;
}

const films = await readFilms();
const cents = 1_499;
const sold: Sale[] = [];
const till = new EventEmitter();

export const functions = {
  buy: defineFunction({
    name: 'shop.buy',
    handler: (_ctx, film: number) => {
      const wanted = films[film];
      if (!wanted) throw new Error('there is no such film');
      const sale: Sale = { order: sold.length + 1, genre: wanted.genre, cents };
      sold.push(sale);
      till.emit('sale', sale);
      return { order: sale.order, title: wanted.title };
    },
  }),
  /** Says first that it listens, then every sale until the shop closes. */
  sales: defineFunction({
    name: 'shop.sales',
    effect: 'pure',
    handler: async function* (ctx): AsyncGenerator<'listening' | Sale> {
      const heard = on(till, 'sale', { signal: ctx.signal, close: ['closed'] });
      yield 'listening';
      for await (const [sale] of heard) yield sale as Sale; // what `buy` emits
    },
  }),
  close: defineFunction({ name: 'shop.close', effect: 'idempotent', handler: (): void => void till.emit('closed') }),
  books: defineFunction({
    name: 'shop.books',
    effect: 'pure',
    handler: () => ({ sales: sold.length, cents: sold.length * cents, genres: [...new Set(sold.map(({ genre }) => genre))].sort() }),
  }),
  ofGenre: defineFunction({
    name: 'shop.ofGenre',
    effect: 'pure',
    handler: (_ctx, genre: string): Tally => ({ genre, sales: sold.filter((sale) => sale.genre === genre).length }),
  }),
};
