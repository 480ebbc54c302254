/**
 * Fault 30 with a server process: callers that abort all their calls at once, those in flight and those that wait for room.
 * The server offers `park`, `parked`, `heap` and `cpu` (load-functions.ts).
 */

import { setTimeout as pause } from 'node:timers/promises';
import { nextTurn } from '../../src/base/clock.ts';
import { type Client, HeddleError } from '../../src/index.ts';
import { tell, within } from '../within.ts';
import { connected } from './connected.ts';

export interface GivingUp {
  readonly clients: number;
  readonly callsEach: number;
}

export interface GivenUp {
  /** Calls by what their callers were told. */
  readonly told: Readonly<Record<string, number>>;
  /** Handlers that ran when the callers gave up. */
  readonly running: number;
  /** Processor time of giving up, for each call: of this process, and of the server for each handler. */
  readonly clientMicros: number;
  readonly serverMicros: number;
  /** Bytes on the server's heap before the calls and after them. */
  readonly heapBefore: number;
  readonly heapAfter: number;
}

/** Of one session so many calls are in flight. */
const inFlightMax = 1_024;
/** So many calls are made at once: more would be an overload, and refused. */
const portion = 256;

export async function giveUpAtOnce(url: string, { clients, callsEach }: GivingUp): Promise<GivenUp> {
  const watcher = await connected(url);
  const ask = async (what: string): Promise<number> => Number(await watcher.call(what, [], { priority: 'critical', timeoutMs: 60_000 }));
  const heapBefore = await ask('heap');
  const callers: Client[] = [];
  while (callers.length < clients) callers.push(await connected(url));
  const givers = callers.map(() => new AbortController());
  const calls: Promise<string>[] = [];
  let running = 0;
  for (const [at, caller] of callers.entries()) {
    const signal = givers[at]?.signal ?? AbortSignal.abort();
    for (let made = 0; made < callsEach; made += portion) {
      const count = Math.min(portion, callsEach - made);
      for (let n = 0; n < count; n += 1) calls.push(parked(caller, signal));
      running += Math.max(0, Math.min(inFlightMax - made, count));
      while (made < inFlightMax && (await ask('parked')) < running) await pause(1); // what another process does
    }
  }
  const cpuBefore = { here: process.cpuUsage(), there: await ask('cpu') };
  const startMs = performance.now();
  for (const giver of givers) {
    giver.abort();
    // As from processes of their own: what one has said is on its way while the next gives up.
    await nextTurn();
  }
  const told: Record<string, number> = {};
  for (const end of await Promise.all(calls)) told[end] = (told[end] ?? 0) + 1;
  const { user, system } = process.cpuUsage(cpuBefore.here);
  await within('every place is free once the last caller was told', 1_000, async () => (await ask('parked')) === 0);
  tell(`${calls.length} calls of ${clients} clients were given up, ${running} of them in flight, and all is free`, startMs, 1_000);
  const serverMs = (await ask('cpu')) - cpuBefore.there;
  const heapAfter = await ask('heap');
  await Promise.all([watcher, ...callers].map((client) => client.close()));
  return { told, running, clientMicros: (user + system) / calls.length, serverMicros: (serverMs * 1_000) / running, heapBefore, heapAfter };
}

/** A call that is held until its caller gives it up, made again when the server has no time for it: what the caller is told. */
async function parked(caller: Client, signal: AbortSignal): Promise<string> {
  for (;;) {
    try {
      await caller.call('park', [], { timeoutMs: 600_000, signal, priority: 'critical' });
      return 'answered';
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      if (error.code !== 'overloaded') return `${error.code} ${error.executed}`;
    }
  }
}
