/**
 * The process behind the payments, as a database would be: books a charge once however often it is asked. It keeps its books in
 * memory, and ends with the server that started it.
 */

import type { Booked, Charge } from './payments.ts';

const books = new Map<string, number>();

process.on('message', ({ order, cents }: Charge) => {
  books.set(order, cents);
  process.send?.({ order, entry: books.size } satisfies Booked);
});
process.send?.('ready');
process.once('disconnect', () => process.exit());
