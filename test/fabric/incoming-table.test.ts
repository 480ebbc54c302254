/** What a peer has open here, and what that costs whose it is: src/fabric/link/incoming-table.ts. */
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Accounts } from '../../src/fabric/link/accounts.ts';
import { IncomingTable } from '../../src/fabric/link/incoming-table.ts';
import { callsInFlightMax } from '../../src/fabric/link/room-queue.ts';

const incoming = { cancel: () => {} };

describe('the conversations that a peer has open here', () => {
  it('are four times as many as a peer opens, and no more', () => {
    const table = new IncomingTable();
    for (let id = 1; id < 4 * callsInFlightMax; id += 1) table.add(id, incoming);
    expect(table.isFull).toBe(false);
    table.add(4 * callsInFlightMax, incoming);
    expect(table.isFull).toBe(true);
  });

  it('are paid for until each has ended, or all of them with the link', () => {
    const account = new Accounts('here', new VirtualClock(), { callsAtOnce: 3 }).of(undefined, '10.0.0.1:1');
    const table = new IncomingTable(account);
    for (const id of [1, 2, 3]) table.add(id, incoming);
    expect(account.isFull).toBe(true);
    table.take(1);
    table.take(1);
    expect([account.isFull, account.isUsed]).toEqual([false, true]);
    table.takeAll();
    expect(account.isUsed).toBe(false);
  });
});
