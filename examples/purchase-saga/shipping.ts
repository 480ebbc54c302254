/** The shipping service: books parcels. It is all in memory, and its first cancelling of each parcel fails. */

import { setTimeout as pause } from 'node:timers/promises';
import { defineFunction } from 'heddle';

const parcels = new Map<string, string>();
const asked = new Set<string>();

export const functions = {
  book: defineFunction({
    name: 'shipping.book',
    handler: async (_ctx, order: string, item: string) => {
      await pause(20);
      const parcel = `parcel ${parcels.size + 1} with a ${item}`;
      parcels.set(order, parcel);
      return parcel;
    },
  }),
  cancel: defineFunction({
    name: 'shipping.cancel',
    effect: 'idempotent',
    handler: (_ctx, order: string): void => {
      const isFirst = !asked.has(order);
      asked.add(order);
      if (isFirst) throw new Error('the parcel office is at lunch');
      parcels.delete(order);
    },
  }),
  books: defineFunction({ name: 'shipping.books', effect: 'pure', handler: () => ({ parcels: parcels.size }) }),
};
