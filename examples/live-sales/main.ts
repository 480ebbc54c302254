/**
 * Live analytics beside a shop: a thousand customers buy films, each in proportion to what its DVD really sold, while another
 * server counts the sales as they happen. When the shop has closed, a workflow looks closer at each genre, whichever were sold, and
 * sets its share beside the real one. Run it with `npx tsx examples/live-sales/main.ts`.
 */

import { type Builder, connect, remote, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import type * as analytics from './analytics.ts';
import { readFilms, wishOf } from './films.ts';
import type * as shop from './shop.ts';

const customers = 1_000;
const atOnce = 8;
const sold = remote<typeof shop.functions>();
const counted = remote<typeof analytics.functions>();

await using fleet = await startFleet(
  new URL('shop.ts', import.meta.url),
  ['shop', 'analytics'].map((name) => ({ name, resources: [], module: new URL(`${name}.ts`, import.meta.url) })),
);
await using client = await connect(fleet.servers.map(({ url }) => url));

const films = await readFilms();
let next = 0;
async function buyOn(): Promise<void> {
  while (next < customers) {
    next += 1;
    // A shop that is too busy has sold nothing yet: the customer asks again.
    await client.call(sold('shop.buy'), [wishOf(next, films)], { retry: { attempts: 10 }, timeoutMs: 60_000 });
  }
}

/** Everybody buys, `atOnce` at a time; then the shop closes. */
async function sellOut(): Promise<void> {
  await Promise.all(Array.from({ length: atOnce }, buyOn));
  await client.call(sold('shop.close'), []);
}

console.log('Live:');
let selling: Promise<void> | undefined;
let last = { sales: 0, cents: 0 };
for await (const { sales, cents, best } of client.stream(counted('analytics.live'), [200])) {
  // The first word says that nothing can be missed any more.
  selling ??= sellOut();
  last = { sales, cents };
  console.log(`  ${String(sales).padStart(5)} sales  ${(cents / 100).toFixed(2).padStart(9)} dollars  ahead: ${best}`);
}
await selling;

const report = workflow('genres', ({ step, each }: Builder) => {
  const books = step('books', sold('shop.books'), []);
  const tallies = each('tallies', sold('shop.ofGenre'), books.get('genres'), (genre) => [genre], { parallel: 4 });
  const genres = each('shares', counted('analytics.genre'), tallies, (tally) => [tally, books.get('sales')]);
  return { books, genres };
});
const { books, genres } = await client.run(report).result;

console.log('\nShares of the genres, and what they were of the DVDs that were really sold:');
for (const { genre, sales, share, realShare } of [...genres].sort((a, b) => b.sales - a.sales)) {
  console.log(`  ${genre.padEnd(20)} ${String(sales).padStart(4)}  ${percent(share)}  ${percent(realShare)}`);
}
const missed = books.sales - last.sales;
console.log(`\nThe books say ${books.sales} sales for ${(books.cents / 100).toFixed(2)} dollars; the analytics missed ${missed} of them`);

function percent(share: number): string {
  return `${(share * 100).toFixed(1).padStart(5)} %`;
}
