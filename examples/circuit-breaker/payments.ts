/** What the payments server offers: every charge is booked by a process of its own, ledger.ts. */

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { defineFunction } from 'heddle';

export interface Charge {
  readonly order: string;
  readonly cents: number;
}

export interface Booked {
  readonly order: string;
  /** Charges in the books so far. */
  readonly entry: number;
}

const ledger = fork(new URL('ledger.ts', import.meta.url));
ledger.setMaxListeners(0);
await once(ledger, 'message'); // it is ready
process.once('exit', () => ledger.kill('SIGKILL')); // also when it stands still

/** Asks the ledger; as long as its process stands still, there is no answer. */
async function book(charge: Charge, signal: AbortSignal): Promise<Booked> {
  ledger.send(charge);
  for (;;) {
    const [booked] = (await once(ledger, 'message', { signal })) as [Booked]; // the only message that ledger.ts sends
    if (booked.order === charge.order) return booked;
  }
}

export const functions = {
  charge: defineFunction({
    name: 'payments.charge',
    effect: 'idempotent',
    timeoutMs: 1_500,
    handler: (ctx, order: string, cents: number) => book({ order, cents }, ctx.signal),
  }),
  ledger: defineFunction({ name: 'payments.ledger', effect: 'pure', handler: () => ({ pid: ledger.pid ?? 0 }) }),
};
