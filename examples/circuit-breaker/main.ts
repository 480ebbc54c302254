/**
 * An orchestrator sees a service fail and recover: each order is priced, charged and shipped by two other servers. The process
 * behind the payments is stopped, as a database that hangs; charges run into their deadline until the breaker opens, and
 * orders then fail fast and leave the service alone; the process goes on, a probe gets through, and the breaker closes.
 *
 * Run it with `npx tsx examples/circuit-breaker/main.ts`.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { type Builder, HeddleError, type Run, remote, startServer, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import type * as payments from './payments.ts';
import type * as shop from './shop.ts';

const fn = remote<typeof payments.functions & typeof shop.functions>();

interface Order {
  readonly id: string;
  readonly item: string;
}

const order = workflow('order', ({ step, compensate, input }: Builder<Order>) => {
  const price = step('price', fn('shop.price'), [input.get('item')]);
  const booked = step('charge', fn('payments.charge'), [input.get('id'), price]);
  const parcel = step('ship', fn('shop.ship'), [input.get('item'), booked]);
  // With something to undo a run stays with the server that was asked for it: the breakers below are that one's.
  compensate(parcel, fn('shop.recall'), () => [input.get('item')]);
  return parcel;
});

await using fleet = await startFleet(new URL('shop.ts', import.meta.url), [
  { name: 'shop', resources: [] },
  { name: 'payments', resources: [], module: new URL('payments.ts', import.meta.url) },
]);
await using orders = await startServer({ name: 'orders', cluster: fleet.cluster, join: fleet.servers.map(({ url }) => url) });

const opened = new Promise<void>((resolve) => {
  orders.on('breaker.opened', ({ server, code, forMs }) => {
    console.log(`  breaker of ${server} opened for ${(forMs / 1_000).toFixed(1)} s: ${code}`);
    resolve();
  });
});
orders.on('breaker.halfOpened', ({ server }) => console.log(`  breaker of ${server} lets one charge through`));
orders.on('breaker.closed', ({ server }) => console.log(`  breaker of ${server} closed`));

console.log('Three orders, one after another:');
for (const item of ['loom', 'heddle', 'shuttle']) console.log(`  ${await orders.run(order, { id: item, item }).result}`);

const { pid } = await orders.call(fn('payments.ledger'), []);
process.kill(pid, 'SIGSTOP');
console.log(`\nThe ledger, process ${pid}, stands still. Twelve orders at once:`);
const late = Promise.all(Array.from({ length: 12 }, (_, at) => endOf(orders.run(order, { id: `late-${at}`, item: 'heddle' }))));
await opened;

console.log('\nThree more orders find the breaker open, and nothing is asked of the payments:');
const refused = await Promise.all(Array.from({ length: 3 }, (_, at) => endOf(orders.run(order, { id: `refused-${at}`, item: 'loom' }))));
for (const [end, count] of countsOf(refused)) console.log(`  ${count} x ${end}`);

console.log('\nWhat came of the twelve:');
for (const [end, count] of countsOf(await late)) console.log(`  ${count} x ${end}`);

process.kill(pid, 'SIGCONT');
console.log('\nThe ledger goes on, and an order is tried again until it is done:');
const tries = await untilDone(() => endOf(orders.run(order, { id: 'refused-0', item: 'loom' })));
console.log(`  ${tries.at(-1)}, at try ${tries.length}`);

/** What a run came to, in a few words. */
async function endOf(run: Run<string>): Promise<string> {
  try {
    return await run.result;
  } catch (error) {
    if (!HeddleError.is(error, 'step_failed')) throw error;
    const { steps } = error.detail;
    return Object.entries(steps)
      .map(([step, outcome]) => `${step} ${outcome}`)
      .join(', ');
  }
}

/** What each try came to, up to the first that did not fail; at most a hundred. */
async function untilDone(attempt: () => Promise<string>): Promise<readonly string[]> {
  const ends: string[] = [];
  for (let at = 0; at < 100; at += 1) {
    const end = await attempt();
    ends.push(end);
    if (!end.includes('charge ')) break;
    await pause(100);
  }
  return ends;
}

function countsOf(ends: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return counts;
}
