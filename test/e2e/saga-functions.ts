/**
 * Services of a shop whose books are files: what a process has written before it is killed is there for the others. Every function
 * is given the folder of the books. Any number of processes may offer them at once.
 */

import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Context, defineFunction } from 'heddle';

export const inStock = 12;

/** Whether it was written: false when it was there. */
function wrote(folder: string, name: string, text: string): boolean {
  try {
    writeFileSync(join(folder, name), text, { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

/** What is late is not done any more: its undo may have begun. */
function checkTime({ remainingMs }: Pick<Context, 'remainingMs'>): void {
  if (remainingMs() <= 0) throw new Error('it is too late');
}

function slotsOf(folder: string, order: string): readonly string[] {
  const slots = readdirSync(folder).filter((name) => name.startsWith('slot-'));
  return slots.filter((name) => existsSync(join(folder, name)) && readFileSync(join(folder, name), 'utf8') === order);
}

export const reserve = defineFunction({
  name: 'stock.reserve',
  handler: async (ctx, folder: string, order: string) => {
    checkTime(ctx);
    const slot = Array.from({ length: inStock }, (_, at) => `slot-${at}`).find((name) => wrote(folder, name, order));
    if (slot === undefined) throw new Error('no loom is left');
    await pause(20);
    return order;
  },
});
export const release = defineFunction({
  name: 'stock.release',
  effect: 'idempotent',
  handler: (_ctx, folder: string, order: string): void => {
    for (const slot of slotsOf(folder, order)) rmSync(join(folder, slot), { force: true });
  },
});
export const charge = defineFunction({
  name: 'payment.charge',
  handler: async (ctx, folder: string, order: string) => {
    if (Number(order.replace(/\D/g, '')) % 5 === 0) throw new Error('the card has no money');
    checkTime(ctx);
    // A second charge of one order would be a lie of the fabric's: it shows in the books.
    if (!wrote(folder, `charge-${order}`, order)) writeFileSync(join(folder, `twice-${order}`), order);
    // Who is killed here has charged, and nobody knows.
    await pause(60);
    return order;
  },
});
export const refund = defineFunction({
  name: 'payment.refund',
  effect: 'idempotent',
  handler: (_ctx, folder: string, order: string): void => rmSync(join(folder, `charge-${order}`), { force: true }),
});
export const book = defineFunction({
  name: 'shipping.book',
  handler: async (ctx, folder: string, order: string) => {
    await pause(20);
    checkTime(ctx);
    wrote(folder, `parcel-${order}`, order);
    return order;
  },
});
export const cancelParcel = defineFunction({
  name: 'shipping.cancel',
  effect: 'idempotent',
  handler: (_ctx, folder: string, order: string): void => rmSync(join(folder, `parcel-${order}`), { force: true }),
});
