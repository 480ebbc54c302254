/** The cart service: what a customer wants, and what it costs. It is all in memory, and everybody wants a loom. */

import { defineFunction } from 'heddle';

const closed = new Set<string>();

export const functions = {
  read: defineFunction({
    name: 'cart.read',
    effect: 'pure',
    handler: (_ctx, customer: string) => ({ item: 'loom', of: customer }),
  }),
  price: defineFunction({ name: 'cart.price', effect: 'pure', handler: (_ctx, item: string) => (item === 'loom' ? 12_900 : 900) }),
  close: defineFunction({
    name: 'cart.close',
    effect: 'idempotent',
    handler: (_ctx, customer: string, parcel: string) => {
      closed.add(customer);
      return `${customer} gets ${parcel}`;
    },
  }),
};
