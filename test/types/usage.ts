/**
 * What users write, and the types they get. Compiled, never run (types.test.ts).
 */

import {
  type Builder,
  connect,
  defineFunction,
  HeddleError,
  type Offer,
  type Ref,
  type RunEvent,
  remote,
  startServer,
  workflow,
} from 'heddle';
import { invoke } from 'heddle/testing';
import { z } from 'zod';
import { same } from './same.ts';

export interface Row {
  id: string;
  v: number;
  at: Date;
}
export interface Clean {
  rows: Row[];
  dropped: number;
  note?: string;
  best: Row | null;
}
interface Stats {
  mean: number;
  n: number;
}

// Definitions.
export const resize = defineFunction({
  name: 'image.resize',
  version: '1.2.0',
  effect: 'pure',
  resources: ['gpu'],
  timeoutMs: 5_000,
  concurrency: 4,
  handler: async (ctx, image: Uint8Array, width: number) => {
    ctx.signal.throwIfAborted();
    return image.slice(0, width);
  },
});
export const cleanRows = defineFunction({
  name: 'rows.clean',
  handler: async (_ctx, rows: Row[]): Promise<Clean> => ({ rows, dropped: 0, best: rows[0] ?? null }),
});
export const describe = defineFunction({
  name: 'rows.describe',
  handler: (_ctx, rows: Row[], scale?: number): Stats => ({ mean: scale ?? 1, n: rows.length }),
});
export const saveReport = defineFunction({
  name: 'report.save',
  handler: async (_ctx, clean: Clean, s: Stats) => `${clean.dropped}${s.n}`,
});
export const sum = defineFunction({ name: 'sum', handler: (_ctx, ...xs: number[]) => xs.reduce((a, b) => a + b, 0) });
export const now = defineFunction({ name: 'now', handler: () => new Date(0) });
export const readBytes = defineFunction({ name: 'read', handler: async (_ctx, path: string) => Buffer.from(path) });
export const scan = defineFunction({
  name: 'rows.scan',
  handler: async function* (_ctx, query: string) {
    yield { id: query, n: 1 };
  },
});

// Schemas: one per argument, both directions of a transform.
export const thumb = defineFunction({
  name: 'thumb',
  input: [z.instanceof(Uint8Array), z.coerce.number<string>(), z.string().optional()],
  output: z.object({ w: z.number(), at: z.iso.datetime().transform((s) => new Date(s)) }),
  handler: async (_ctx, image, width, label) => {
    same<typeof width, number>(true);
    same<typeof label, string | undefined>(true);
    return { w: width + image.byteLength, at: '2020-01-01T00:00:00Z' };
  },
});

// Streams: a generator, one with a schema per item, one that says so, and a plain one.
export const scanChecked = defineFunction({
  name: 'rows.checked',
  input: [z.string()],
  output: z.object({ n: z.number(), at: z.iso.datetime().transform((s) => new Date(s)) }),
  handler: async function* (_ctx, query) {
    yield { n: query.length, at: '2020-01-01T00:00:00Z' };
  },
});
export const relay = defineFunction({
  name: 'rows.relay',
  stream: true,
  handler: (ctx, query: string): AsyncIterable<{ id: string; n: number }> => ctx.stream(scan, [query]),
});
export const load = defineFunction({
  name: 'rows.load',
  handler: async (_ctx, table: string, rows: AsyncIterable<Row>) => {
    let count = table.length;
    for await (const row of rows) count += row.v;
    return count;
  },
});
export const readFile = defineFunction({
  name: 'file.read',
  handler: async function* (_ctx, name: string) {
    yield Buffer.from(name);
  },
});
export const storeFile = defineFunction({
  name: 'file.store',
  handler: async (_ctx, name: string, bytes: AsyncIterable<Uint8Array>) => {
    let size = name.length;
    for await (const slice of bytes) size += slice.length;
    return size;
  },
});
async function* ticks(n: number) {
  for (let i = 0; i < n; i += 1) yield Buffer.from([i]);
}

const add = (a: number, b: number) => a + b;
export const functions = {
  resize,
  cleanRows,
  describe,
  saveReport,
  sum,
  now,
  readBytes,
  thumb,
  add,
  scan,
  scanChecked,
  relay,
  load,
  readFile,
  storeFile,
  ticks,
};
type Functions = typeof functions;
interface Fabric extends Functions {}

export async function serving(): Promise<void> {
  await using server = await startServer({
    name: 'gpu-1',
    resources: ['gpu'],
    functions,
    port: 'auto',
    onListening: ({ url, port }) => {
      url.at(port);
    },
  });
  await startServer();
  await server.offer({ late: (a: number) => a });
  await server.withdraw('late');
  server.on('offer.appeared', (event) => event.function)();
  same<Awaited<ReturnType<typeof server.call>>, unknown>(true);
}

export async function calls(signal: AbortSignal | undefined): Promise<void> {
  await using client = await connect<Fabric>(['127.0.0.1:7420']);
  const byDefinition = await client.call(resize, [new Uint8Array(), 200], { need: ['gpu'], timeoutMs: 500, signal });
  same<typeof byDefinition, Uint8Array<ArrayBuffer>>(true);
  const byName = await client.call('image.resize', [new Uint8Array(), 200]);
  same<typeof byName, Uint8Array<ArrayBuffer>>(true);
  same<number, Awaited<ReturnType<typeof plain>>>(true);
  const plain = () => client.call('add', [1, 2] as const);
  await client.call(describe, [[]]);
  await client.call(describe, [[], 2]);
  await client.call(sum, [1, 2, 3, 4]);
  const date = await client.call(now, []);
  same<typeof date, Date>(true);
  const notBuffer = await client.call(readBytes, ['x']);
  same<typeof notBuffer, Uint8Array<ArrayBuffer>>(true);
  const received = await client.call(thumb, [new Uint8Array(), '200']);
  same<typeof received, { w: number; at: Date }>(true);
  await client.call('thumb', [new Uint8Array(), '200', 'label']);
  const offers = await client.catalog();
  same<typeof offers, readonly Offer[]>(true);
}

export async function streams(source: AsyncIterable<Row>): Promise<void> {
  await using client = await connect<Fabric>('127.0.0.1:7420');
  for await (const row of client.stream('rows.scan', ['q'])) same<typeof row, { id: string; n: number }>(true);
  for await (const row of client.stream(scan, ['q'], { need: ['db'] })) same<typeof row, { id: string; n: number }>(true);
  for await (const row of client.stream(scanChecked, ['q'])) same<typeof row, { n: number; at: Date }>(true);
  for await (const row of client.stream('rows.relay', ['q'])) same<typeof row, { id: string; n: number }>(true);
  for await (const tick of client.stream('ticks', [3])) same<typeof tick, Uint8Array<ArrayBuffer>>(true);
  const loaded = await client.call('rows.load', ['rows', source]);
  same<typeof loaded, number>(true);
  const fn = remote<Fabric>();
  for await (const row of client.stream(fn('rows.scan'), ['q'])) same<typeof row, { id: string; n: number }>(true);
}

export async function untyped(): Promise<void> {
  const client = await connect('127.0.0.1:7420');
  for await (const item of client.stream('anything', [1, 'x'])) same<typeof item, unknown>(true);
  const anything = await client.call('anything', [1, 'x']);
  same<typeof anything, unknown>(true);
  const fn = remote<Fabric>();
  const typed = await client.call(fn('add', { version: '^1', effect: 'pure' }), [1, 2]);
  same<typeof typed, number>(true);
}

// Types alone: by interface, with method signatures.
interface Ledger {
  'ledger.pay'(order: string, cents: bigint): { paymentId: string };
  'ledger.refund'(order: string, paid?: { paymentId: string }): void;
}
export const ledger = remote<Ledger>();
export async function byInterface(): Promise<void> {
  const client = await connect<Ledger & Functions>('x');
  const payment = await client.call('ledger.pay', ['o', 1n]);
  same<typeof payment, { paymentId: string }>(true);
}

// Recursion needs one return annotation.
export const fib = defineFunction({
  name: 'fib',
  handler: async (ctx, n: number): Promise<number> => (n < 2 ? n : (await ctx.call(fib, [n - 1])) + 1),
});

// Workflows.
export const report = workflow('report', ({ step, each, compensate, input }: Builder<Row[]>) => {
  const clean = step('clean', cleanRows, [input]);
  const stats = step('stats', describe, [clean.get('rows')], { version: '^1', timeoutMs: 5, target: 's' });
  const store = step('store', saveReport, [clean, stats], { need: ['db'], after: [clean] });
  const first = clean.get('rows').get(0).get('id');
  same<typeof first, Ref<string>>(true);
  const best = clean.get('best').get('v');
  same<typeof best, Ref<number>>(true);
  const note = clean.get('note');
  same<typeof note, Ref<string>>(true);
  const nested = step('nested', saveReport, [
    { rows: [{ id: first, v: best, at: new Date(0) }], dropped: stats.get('n'), best: null },
    stats,
  ]);
  const total = step('total', sum, [1, best, stats.get('n'), 4]);
  const soft = step('soft', sum, [1], { onFailure: { fallback: null }, retry: { attempts: 3 } });
  same<typeof soft, Ref<number | null>>(true);
  const spared = step('spared', sum, [1], { onFailure: 'continue' });
  same<typeof spared, Ref<number>>(true);
  const paid = step('pay', ledger('ledger.pay'), ['o1', 5n]);
  same<typeof paid, Ref<{ paymentId: string }>>(true);
  compensate(paid, ledger('ledger.refund'), (payment) => ['o1', payment], { timeoutMs: 5, retry: { attempts: 3 }, need: ['db'] });
  const sums = each('sums', sum, clean.get('rows'), (row, i) => [row.get('v'), i]);
  same<typeof sums, Ref<number[]>>(true);
  const some = each('some', sum, clean.get('rows'), (row) => [row.get('v')], { parallel: 4, onFailure: { fallback: null } });
  same<typeof some, Ref<(number | null)[]>>(true);
  const payments = each('payments', ledger('ledger.pay'), clean.get('rows'), (row) => [row.get('id'), 5n], {
    compensate: { fn: ledger('ledger.refund'), args: (payment, row) => [row.get('id'), payment], retry: { attempts: 3 } },
  });
  same<typeof payments, Ref<{ paymentId: string }[]>>(true);
  return { store, total, deep: { first, list: [best, total] }, nested, sums };
});

export async function running(): Promise<void> {
  await using client = await connect<Fabric>('x');
  const run = client.run(report, [{ id: 'a', v: 1, at: new Date(0) }], { timeoutMs: 60_000, detached: true, runId: 'r' });
  for await (const event of run.events) {
    same<typeof event, RunEvent>(true);
    if (event.kind === 'step.waiting' && event.reason.kind === 'breaker') event.reason.untilMs.toFixed();
    if (event.kind === 'step.settled' && event.error?.code === 'no_route') event.error.detail.offers.at(0)?.why.at(0);
  }
  const out = await run.result;
  same<typeof out, { store: string; total: number; deep: { first: string; list: number[] }; nested: string; sums: number[] }>(true);
  const again = await client.attach(run.runId, report).result;
  same<typeof again, typeof out>(true);
  await run.accepted;
  await run.cancel('enough');
}

export async function shapes(): Promise<void> {
  await using client = await connect('x');
  const bare = await client.run(
    workflow('bare', ({ step }) => step('n', sum, [1, 2])),
    undefined,
    { timeoutMs: 5 },
  ).result;
  same<typeof bare, number>(true);
  const leaves = await client.run(
    workflow('leaves', ({ step }) => {
      step('n', sum, [1, 2]);
    }),
  ).result;
  same<typeof leaves, Record<string, unknown>>(true);
  const list = await client.run(workflow('loop', ({ step }) => [1, 2, 3].map((n) => step(`n${n}`, sum, [n])))).result;
  same<typeof list, number[]>(true);
  const byStream = workflow('bytes', ({ step, compensate }) => {
    const file = step('file', readFile, ['q']);
    same<typeof file, Ref<AsyncIterable<Uint8Array<ArrayBuffer>>>>(true);
    compensate(file, now, () => []);
    const ticked = step('ticks', remote<Functions>()('ticks'), [3], { onFailure: { fallback: null } });
    same<typeof ticked, Ref<AsyncIterable<Uint8Array<ArrayBuffer>> | null>>(true);
    return { file, ticked, size: step('size', storeFile, ['copy', file]) };
  });
  const streamed = await client.run(byStream).result;
  same<typeof streamed, { file: Uint8Array<ArrayBuffer>; ticked: Uint8Array<ArrayBuffer> | null; size: number }>(true);
  const bySchema = workflow('sf', ({ step, input }) => step('c', sum, [input.get('a')]), { input: z.object({ a: z.number() }) });
  await client.run(bySchema, { a: 1 }).result;
}

export async function data(): Promise<unknown> {
  await using client = await connect<Fabric>('x');
  const run = client.submit(
    [
      { name: 'step1', fun: 'add', args: [1, 2] },
      {
        name: 'final',
        fun: 'sum',
        args: [{ $ref: 'step1', path: ['rows', 0] }, { $literal: { $ref: 'x' } }],
        need: ['db'],
        after: ['step1'],
        retry: { attempts: 2 },
        onFailure: { fallback: 0 },
      },
    ],
    { returns: { total: { $ref: 'final' } }, references: 'explicit', input: 5 },
  );
  await client.submit(report.toJSON(), { returns: ['store'] }).result;
  return (await run.result)['total'];
}

export function errors(error: unknown): string {
  if (error instanceof HeddleError) {
    switch (error.code) {
      case 'step_failed':
        same<typeof error.executed, 'no' | 'maybe' | 'yes'>(true);
        return Object.keys(error.detail.partial).join();
      case 'no_route':
        return error.detail.offers[0]?.why ?? '';
      default:
        return error.executed;
    }
  }
  if (HeddleError.is(error, 'function_failed', 'bad_result')) same<typeof error.executed, 'yes'>(true);
  throw new HeddleError('no_route', { function: 'f', offers: [] });
}

export async function alone(): Promise<void> {
  const image = await invoke(resize, [new Uint8Array(), 1]);
  same<typeof image, Uint8Array<ArrayBuffer>>(true);
}
