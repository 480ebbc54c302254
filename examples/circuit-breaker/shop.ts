/** What the shop server offers: prices and parcels. It is all in memory. */

import { defineFunction } from 'heddle';

const cents = new Map([
  ['loom', 12_900],
  ['heddle', 1_250],
  ['shuttle', 890],
]);

export const functions = {
  price: defineFunction({
    name: 'shop.price',
    effect: 'pure',
    handler: (_ctx, item: string) => {
      const price = cents.get(item);
      if (price === undefined) throw new RangeError(`the shop sells ${[...cents.keys()].join(', ')}, and no ${item}`);
      return price;
    },
  }),
  ship: defineFunction({
    name: 'shop.ship',
    effect: 'pure',
    handler: (_ctx, item: string, booked: { readonly entry: number }) => `${item}, paid as entry ${booked.entry}`,
  }),
  recall: defineFunction({ name: 'shop.recall', effect: 'idempotent', handler: (_ctx, item: string) => `${item} comes back` }),
};
