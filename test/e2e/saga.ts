/**
 * Purchases while servers are killed, and what their books must say then: of each order everything, or nothing.
 */

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Builder, type Client, HeddleError, workflow } from '../../src/index.ts';
import { book, cancelParcel, charge, inStock, refund, release, reserve } from './saga-functions.ts';

interface Order {
  readonly folder: string;
  readonly order: string;
}

/** `timeoutMs` of each step: so long the undo of one waits that may have run. */
const purchaseOf = (timeoutMs: number) =>
  workflow('purchase', ({ step, compensate, input }: Builder<Order>) => {
    const [folder, order] = [input.get('folder'), input.get('order')];
    const held = step('reserve', reserve, [folder, order], { timeoutMs, need: ['shop'] });
    const parcel = step('book', book, [folder, held], { timeoutMs, need: ['shop'] });
    const paid = step('charge', charge, [folder, parcel], { timeoutMs, need: ['shop'] });
    compensate(held, release, () => [folder, order]);
    compensate(parcel, cancelParcel, () => [folder, order]);
    compensate(paid, refund, () => [folder, order]);
    return paid;
  });

/** How each of so many purchases ended: undefined when all of it was done, else the step that failed and what was undone. */
export type Ends = ReadonlyMap<string, { readonly failed: string; readonly undone: Readonly<Record<string, string>> } | undefined>;

export interface Rush {
  readonly folder: string;
  readonly orders: readonly string[];
  readonly timeoutMs: number;
  /** Called when the first of them has begun to charge, with the server that does. */
  readonly strike: (server: string) => Promise<void>;
}

/** Buys all at once. */
export async function buy(client: Client, { folder, orders, timeoutMs, strike }: Rush): Promise<Ends> {
  const purchase = purchaseOf(timeoutMs);
  const ends = new Map<string, { readonly failed: string; readonly undone: Readonly<Record<string, string>> } | undefined>();
  const runs = orders.map((order) => ({ order, run: client.run(purchase, { folder, order }) }));
  const server = await Promise.any(
    runs.map(async ({ run }) => {
      for await (const event of run.events) if (event.kind === 'step.started' && event.step === 'charge') return event.server;
      throw new Error('it was never charged');
    }),
  );
  await strike(server);
  for (const { order, run } of runs) {
    await run.result.then(
      () => ends.set(order, undefined),
      (error: unknown) => {
        if (!HeddleError.is(error, 'step_failed')) throw error;
        ends.set(order, { failed: error.detail.step, undone: error.detail.compensated ?? {} });
      },
    );
  }
  return ends;
}

/** What is wrong with the books; empty: of each order there is everything or nothing, and never more than was there. */
export async function wrongIn(folder: string, ends: Ends): Promise<readonly string[]> {
  const problems: string[] = [];
  const names = await readdir(folder);
  const slots = names.filter((name) => name.startsWith('slot-'));
  const holders = await Promise.all(slots.map((name) => readFile(join(folder, name), 'utf8')));
  if (slots.length > inStock) problems.push(`${slots.length} of ${inStock} were sold`);
  for (const name of names) if (name.startsWith('twice-')) problems.push(`${name.slice(6)} was charged twice`);
  for (const [order, end] of ends) {
    const facts = [
      holders.filter((holder) => holder === order).length,
      names.includes(`charge-${order}`),
      names.includes(`parcel-${order}`),
    ];
    const wanted = end === undefined ? [1, true, true] : [0, false, false];
    if (JSON.stringify(facts) !== JSON.stringify(wanted))
      problems.push(`${order} ended as ${JSON.stringify(end)}: ${JSON.stringify(facts)}`);
    for (const [step, outcome] of Object.entries(end?.undone ?? {}))
      if (outcome !== 'done') problems.push(`${order}: ${step} is not undone`);
  }
  return problems;
}
