/** The stock service: items are free, held for an order, or sold. It is all in memory. */

import { setTimeout as pause } from 'node:timers/promises';
import { defineFunction } from 'heddle';

const inStock = 12;
const held = new Set<string>();
const sold = new Set<string>();

export const functions = {
  reserve: defineFunction({
    name: 'stock.reserve',
    handler: async (_ctx, order: string, item: string) => {
      if (held.size + sold.size >= inStock) throw new Error(`no ${item} is left`);
      held.add(order);
      await pause(20);
      return order;
    },
  }),
  take: defineFunction({
    name: 'stock.take',
    effect: 'idempotent',
    handler: (_ctx, order: string) => {
      held.delete(order);
      sold.add(order);
      return sold.size;
    },
  }),
  release: defineFunction({
    name: 'stock.release',
    effect: 'idempotent',
    // Whatever became of the order, be it sold: it has nothing any more.
    handler: (_ctx, order: string) => {
      held.delete(order);
      sold.delete(order);
    },
  }),
  books: defineFunction({
    name: 'stock.books',
    effect: 'pure',
    handler: () => ({ inStock, held: held.size, sold: sold.size }),
  }),
};
