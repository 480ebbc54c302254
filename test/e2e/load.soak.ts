/**
 * Faults 28, 29 and 30 with server processes of their own: a provider that fails every call, ten times the load on functions that
 * are short of something different each, without and with the retries that calls make by themselves, and a hundred thousand
 * calls given up at once. Prints what it measured.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type CallOptions, type Client, connect, HeddleError } from '../../src/index.ts';
import { within } from '../within.ts';
import { connected } from './connected.ts';
import { giveUpAtOnce } from './giving-up.ts';
import { Stage } from './processes.ts';

const stage = new Stage();
const functionsModule = fileURLToPath(new URL('load-functions.ts', import.meta.url));

interface Measured {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly refused: number;
}

/** The calls of one stretch: how long those took that were let in. */
class Tally {
  /** What else went wrong, by code. */
  readonly others: string[] = [];
  readonly #tookMs: number[] = [];
  readonly #sinceMs = performance.now();
  #refused = 0;

  async count(call: Promise<unknown>): Promise<void> {
    const startMs = performance.now();
    try {
      await call;
      this.#tookMs.push(performance.now() - startMs);
    } catch (error) {
      if (HeddleError.is(error, 'overloaded')) this.#refused += 1;
      else this.others.push(HeddleError.is(error) ? `${error.code} ${error.executed}` : String(error));
    }
  }

  measured(): Measured {
    const tookMs = this.#tookMs.sort((a, b) => a - b);
    const seconds = (performance.now() - this.#sinceMs) / 1_000;
    return { perSecond: tookMs.length / seconds, p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? Number.NaN, refused: this.#refused };
  }
}

const once: CallOptions = { timeoutMs: 10_000, retry: { attempts: 1 } };
const usual: CallOptions = { timeoutMs: 10_000 };

/** Always so many in flight. */
async function saturate(
  clients: readonly Client[],
  fun: string,
  { inFlight, forMs }: { inFlight: number; forMs: number },
): Promise<Measured> {
  const tally = new Tally();
  const endMs = performance.now() + forMs;
  const loop = async (client: Client | undefined): Promise<void> => {
    while (client && performance.now() < endMs) await tally.count(client.call(fun, [], once));
  };
  await Promise.all(Array.from({ length: inFlight }, (_, at) => loop(clients[at % clients.length])));
  return tally.measured();
}

/** So many a second, whatever becomes of those before. */
async function offer(
  clients: readonly Client[],
  fun: string,
  { perSecond, forMs, options = once }: { perSecond: number; forMs: number; options?: CallOptions },
): Promise<Measured> {
  const tally = new Tally();
  const startMs = performance.now();
  const calls: Promise<void>[] = [];
  for (let sent = 0; ; ) {
    const elapsedMs = performance.now() - startMs;
    if (elapsedMs > forMs) break;
    for (; sent < (elapsedMs / 1_000) * perSecond; sent += 1) {
      const client = clients[sent % clients.length];
      if (client) calls.push(tally.count(client.call(fun, [], options)));
    }
    await pause(2); // the load is given by time
  }
  const measured = tally.measured();
  await Promise.all(calls);
  expect([...new Set(tally.others)]).toEqual([]);
  return measured;
}

function say(what: string, { perSecond, p99Ms, refused }: Measured): void {
  console.log(`${what}: ${perSecond.toFixed(1)} calls/s, p99 ${p99Ms.toFixed(0)} ms, ${refused} refused`);
}

const rounds = 3;

/** Eight clients: on one session no more than 1,024 calls are in flight, and the others would wait here instead of there. */
function eight(url: string, routing: 'entry' | 'direct'): Promise<readonly Client[]> {
  return Promise.all(Array.from({ length: 8 }, () => connected(url, { routing })));
}

// With a declared limit what a call takes is bounded against one that finds a place free (4 of 8 in flight); without, against one at capacity.
test.each([
  ['press', 16, 4, 0],
  ['spin', 16, 16, 2_000],
  ['query', 8, 8, 15_000],
])('fault 29: ten times the load on %s', async (fun, inFlight, usualInFlight, settlesMs) => {
  const server = await stage.serve(`load-${fun}`, functionsModule);
  const clients = await eight(server.url, 'entry');
  const direct = await eight(server.url, 'direct');
  const ways = [
    { name: 'one try', clients, options: once, goodput: [] as number[], slowdown: [] as number[] },
    { name: 'retries of one budget', clients, options: usual, goodput: [] as number[], slowdown: [] as number[] },
    { name: 'retries of eight budgets', clients: direct, options: usual, goodput: [] as number[], slowdown: [] as number[] },
  ];
  const watcher = await connected(server.url);
  const ask = async (what: string): Promise<number> => Number(await watcher.call(what, [], { priority: 'critical' }));
  const first = await saturate(clients, fun, { inFlight, forMs: 3_000 });
  say(`${fun} alone`, await saturate(clients, fun, { inFlight: 1, forMs: 2_000 }));
  const heapBefore = await ask('heap');
  if (settlesMs > 0) await offer(clients, fun, { perSecond: 10 * first.perSecond, forMs: settlesMs });
  // In turns, so that whatever else the machine does slows all alike.
  for (let round = 0; round < rounds; round += 1) {
    // The direct clients: what succeeds fills their budgets again.
    const capacity = await saturate(direct, fun, { inFlight, forMs: 3_000 });
    const reference = usualInFlight === inFlight ? capacity : await saturate(clients, fun, { inFlight: usualInFlight, forMs: 3_000 });
    say(`${fun} at its capacity`, capacity);
    for (const way of ways) {
      const cpuBefore = await ask('cpu');
      const over = await offer(way.clients, fun, { perSecond: 10 * capacity.perSecond, forMs: 5_000, options: way.options });
      const cpuMs = (await ask('cpu')) - cpuBefore;
      say(`${fun} at ten times, ${way.name} (${cpuMs.toFixed(0)} ms of the server's CPU)`, over);
      way.goodput.push(over.perSecond / capacity.perSecond);
      way.slowdown.push(over.p99Ms / reference.p99Ms);
    }
  }
  for (const { name, goodput, slowdown } of ways)
    console.log(
      `${fun}, ${name}: goodput ${asPercent(goodput)} of capacity (bound 90 %), p99 ${slowdown.map((x) => x.toFixed(1)).join(', ')} x (bound 3)`,
    );
  const heapDuring = await ask('heap');
  await pause(5_000); // recovery within 10 s, of which five with load
  await offer(clients, fun, { perSecond: 0.5 * first.perSecond, forMs: 5_000 });
  const after = await offer(clients, fun, { perSecond: 0.5 * first.perSecond, forMs: 5_000 });
  say(`${fun} at half, ten seconds later`, after);
  const heapAfter = await ask('heap');
  console.log(
    `heap before, under load and after: ${[heapBefore, heapDuring, heapAfter].map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ')} MiB`,
  );
  await Promise.all([watcher, ...clients, ...direct].map((client) => client.close()));
  await server.process.kill('SIGKILL');
  for (const { name, goodput, slowdown } of ways) {
    expect(middle(goodput), name).toBeGreaterThan(0.9);
    expect(middle(slowdown), name).toBeLessThan(3);
  }
  expect(after.refused / (after.refused + 5 * after.perSecond)).toBeLessThan(0.01);
  expect(heapAfter).toBeLessThan(heapBefore + 20 * 2 ** 20);
});

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function asPercent(parts: readonly number[]): string {
  return parts.map((part) => `${(100 * part).toFixed(0)} %`).join(', ');
}

test.each([
  { clients: 10, callsEach: 10_000 },
  { clients: 100, callsEach: 1_000 },
])('fault 30: a hundred thousand calls given up at once free everything, $callsEach each of $clients clients', async (how) => {
  // All of them are one address, which may have 65,536 calls under way unless it is told otherwise.
  const settings = await stage.file(`held-${how.clients}.toml`, '[limits]\ncallsAtOnce = 200_000\n');
  const server = await stage.serve(`held-${how.clients}`, '--settings', settings, functionsModule);
  const { told, running, clientMicros, serverMicros, heapBefore, heapAfter } = await giveUpAtOnce(server.url, how);
  const mebibytes = [heapBefore, heapAfter].map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(' and ');
  console.log(
    `processor time: ${clientMicros.toFixed(1)} us a call here, ${serverMicros.toFixed(1)} us a handler there; heap before and after: ${mebibytes} MiB`,
  );
  await server.process.kill('SIGKILL');
  expect(told).toEqual({ 'cancelled maybe': running, ...(running < 100_000 ? { 'cancelled no': 100_000 - running } : {}) });
  // What was told last is held until its caller confirms it: of each client 1,024 outcomes at most.
  expect(heapAfter).toBeLessThan(heapBefore + 80 * 2 ** 20);
});

test('fault 28: two processes that fail every call are asked at most 1.1 times as often, and serve again once they are well', async () => {
  const entry = await stage.serve('storm-entry');
  const owners = ['storm-one', 'storm-two'];
  const processes = await Promise.all(owners.map((name) => stage.serve(name, functionsModule, '--join', entry.url)));
  const client = await connect(entry.url);
  await within(
    'the entry knows both',
    5_000,
    async () => (await client.catalog()).filter((offer) => offer.function === 'sick').length === 2,
  );
  const codes = new Map<string, number>();
  let left = 2_000;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const code = await client.call('sick', [], { timeoutMs: 30_000 }).catch((error: { readonly code: string }) => error.code);
      codes.set(String(code), (codes.get(String(code)) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 16 }, caller));
  const runs = await Promise.all(owners.map((target) => client.call('cure', [], { target })));
  const perCall = runs.reduce<number>((sum, count) => sum + Number(count), 0) / 2_000;
  console.log(`2,000 calls: ${runs.join(' and ')} runs, ${perCall.toFixed(3)} a call (bound 1.1)`);
  expect(Object.fromEntries(codes)).toEqual({ function_failed: 2_000 });
  expect(perCall).toBeGreaterThan(1);
  expect(perCall).toBeLessThanOrEqual(1.1);
  expect(await within('a call is served again', 10_000, () => client.call('sick', []))).toBe('well');
  await client.close();
  await Promise.all([entry, ...processes].map(({ process }) => process.kill('SIGKILL')));
});
