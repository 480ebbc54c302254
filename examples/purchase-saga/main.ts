/**
 * A purchase as a saga: eight steps over five services, of which three say what undoes them. Thirty customers buy at once what is
 * there twelve times, and every third has no money. What a purchase that fails has done is undone in reverse, and in the end the
 * books of stock, payment and shipping agree.
 *
 * Run it with `npx tsx examples/purchase-saga/main.ts`.
 */

import { type Builder, HeddleError, type RunEvent, remote, startServer, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import type * as auth from './auth.ts';
import type * as cart from './cart.ts';
import type * as payment from './payment.ts';
import type * as shipping from './shipping.ts';
import type * as stock from './stock.ts';

const accounts = remote<typeof auth.functions & typeof cart.functions>();
const goods = remote<typeof stock.functions>();
const money = remote<typeof payment.functions>();
const parcels = remote<typeof shipping.functions>();

interface Session {
  readonly order: string;
  readonly token: string;
}

const purchase = workflow('purchase', ({ step, compensate, input }: Builder<Session>) => {
  const order = input.get('order');
  const customer = step('session', accounts('auth.check'), [input.get('token')]);
  const wanted = step('cart', accounts('cart.read'), [customer]);
  const price = step('price', accounts('cart.price'), [wanted.get('item')]);
  const held = step('reserve', goods('stock.reserve'), [order, wanted.get('item')], { timeoutMs: 5_000 });
  const parcel = step('book', parcels('shipping.book'), [held, wanted.get('item')], { timeoutMs: 5_000 });
  const paid = step('charge', money('payment.charge'), [order, customer, price], { after: [parcel], timeoutMs: 5_000 });
  step('take', goods('stock.take'), [paid.get('order')]);
  compensate(held, goods('stock.release'), () => [order]);
  compensate(parcel, parcels('shipping.cancel'), () => [order]);
  compensate(paid, money('payment.refund'), () => [order]);
  return step('receipt', accounts('cart.close'), [customer, parcel], { after: [paid] });
});

await using fleet = await startFleet(
  new URL('auth.ts', import.meta.url),
  ['auth', 'cart', 'stock', 'payment', 'shipping'].map((name) => ({ name, resources: [], module: new URL(`${name}.ts`, import.meta.url) })),
);
await using shop = await startServer({ name: 'shop', cluster: fleet.cluster, join: fleet.servers.map(({ url }) => url) });

/** What one customer sees: how the purchase ended, and what was undone. */
async function buy(number: number): Promise<{ readonly end: string; readonly events: readonly RunEvent[] }> {
  const run = shop.run(purchase, { order: `order-${number}`, token: `token-of-customer-${number}` });
  const events: RunEvent[] = [];
  for await (const event of run.events) events.push(event);
  const end = await run.result.then(
    () => 'bought',
    (error: unknown) => {
      if (!HeddleError.is(error, 'step_failed')) throw error;
      return `${error.detail.step} failed, undone: ${Object.keys(error.detail.compensated ?? {}).join(' and ') || 'nothing'}`;
    },
  );
  return { end, events };
}

console.log('A customer without money:');
for (const event of (await buy(99)).events) {
  if (event.kind === 'step.settled') console.log(`  ${event.step} ${event.outcome.replace('_', ' ')}`);
  if (event.kind === 'compensation.settled') console.log(`  ${event.step} ${event.ok ? 'undone' : 'not undone'} at try ${event.attempts}`);
}

console.log('\nThirty customers at once:');
const ends = await Promise.all(Array.from({ length: 30 }, (_, at) => buy(at + 1)));
const counts = new Map<string, number>();
for (const { end } of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
for (const [end, count] of [...counts].sort()) console.log(`  ${count} x ${end}`);

console.log('\nThe books:');
console.log('  stock', JSON.stringify(await shop.call(goods('stock.books'), [])));
console.log('  payment', JSON.stringify(await shop.call(money('payment.books'), [])));
console.log('  shipping', JSON.stringify(await shop.call(parcels('shipping.books'), [])));
