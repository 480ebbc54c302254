/** The payment service: charges cards, and refuses those of every third customer. It is all in memory. */

import { setTimeout as pause } from 'node:timers/promises';
import { defineFunction } from 'heddle';

const charges = new Map<string, number>();

export const functions = {
  charge: defineFunction({
    name: 'payment.charge',
    handler: async (_ctx, order: string, customer: string, cents: number) => {
      await pause(20);
      if (Number(customer.replace(/\D/g, '')) % 3 === 0) throw new Error(`the card of ${customer} has not ${cents / 100} euros`);
      charges.set(order, cents);
      return { order, cents };
    },
  }),
  refund: defineFunction({
    name: 'payment.refund',
    effect: 'idempotent',
    handler: (_ctx, order: string): void => void charges.delete(order),
  }),
  books: defineFunction({
    name: 'payment.books',
    effect: 'pure',
    handler: () => ({ charges: charges.size, cents: [...charges.values()].reduce((sum, cents) => sum + cents, 0) }),
  }),
};
