/**
 * What must not compile. Each line under an expected error was written by somebody once. Compiled, never run.
 */

import { type Builder, type Client, defineFunction, remote, startServer, workflow } from 'heddle';
import { z } from 'zod';
import { cleanRows, describe, functions, load, now, type Row, readFile, resize, saveReport, scan, sum } from './usage.ts';

declare function numbers(): AsyncIterable<number>;

export async function calls(client: Client<typeof functions>): Promise<void> {
  // @ts-expect-error wrong type of an argument, by definition
  await client.call(resize, ['bytes', 200]);
  // @ts-expect-error and by name
  await client.call('image.resize', ['bytes', 200]);
  // @ts-expect-error too few arguments
  await client.call(resize, [new Uint8Array()]);
  // @ts-expect-error too many
  await client.call('add', [1, 2, 3]);
  // @ts-expect-error arguments spread instead of a list
  await client.call('add', 1, 2);
  // @ts-expect-error forgotten list
  await client.call(now);
  // @ts-expect-error a name that nobody offers
  await client.call('image.rezise', [new Uint8Array(), 1]);
  // @ts-expect-error a stream is no call
  await client.call(scan, ['q']);
  // @ts-expect-error a plain function is called by its name
  await client.call(functions.add, [1, 2]);
  // @ts-expect-error there is no such option
  await client.call('add', [1, 2], { resources: ['gpu'] });
  // @ts-expect-error a number is not enough
  await client.call('add', [1, 2], { retry: 2 });
  // @ts-expect-error no such priority
  await client.call('add', [1, 2], { priority: 'high' });
  // @ts-expect-error a call is no stream
  client.stream('add', [1, 2]);
  // @ts-expect-error nor by definition
  client.stream(resize, [new Uint8Array(), 2]);
  // @ts-expect-error a stream by name is no call
  await client.call('rows.scan', ['q']);
  // @ts-expect-error wrong type of an argument of a stream
  client.stream(scan, [1]);
  // @ts-expect-error items of the wrong type
  await client.call(load, ['rows', numbers()]);
  // @ts-expect-error a name that nobody offers has no plan
  await client.explain('ad');
  // @ts-expect-error an option of calls that is none of plans
  await client.explain('add', { attempts: 3 });
  // @ts-expect-error why is asked of a run or of a function
  await client.why({ workflow: 'add' });
}

workflow('m', ({ step, input }: Builder<Row[]>) => {
  const clean = step('clean', cleanRows, [input]);
  const stats = step('stats', describe, [clean.get('rows')]);
  // @ts-expect-error a reference of the wrong type
  step('a', describe, [clean]);
  // @ts-expect-error no such field
  step('b', describe, [clean.get('rowz')]);
  // @ts-expect-error a wrong literal beside a reference
  step('c', describe, [clean.get('rows'), 'x']);
  // @ts-expect-error a missing field
  step('d', saveReport, [{ rows: input, dropped: 1 }, stats]);
  // @ts-expect-error a nested reference of the wrong type
  step('e', saveReport, [{ rows: input, dropped: clean.get('note'), best: null }, stats]);
  // @ts-expect-error a property instead of get
  step('f', sum, [clean.dropped]);
  // @ts-expect-error arithmetic on a reference
  step('g', sum, [clean.get('dropped') + 1]);
  // @ts-expect-error comparison
  void (clean.get('dropped') > 3);
  // @ts-expect-error equality
  void (clean.get('dropped') === 3);
  // @ts-expect-error iteration
  for (const row of clean.get('rows')) void row;
  // @ts-expect-error methods of what is not there yet
  clean.get('rows').map((row: Row) => row);
  // @ts-expect-error too few arguments
  step('i', saveReport, [clean]);
  // @ts-expect-error after by name
  step('j', cleanRows, [input], { after: ['clean'] });
  // @ts-expect-error a stream of what is no bytes is no step
  step('k', scan, ['q']);
  const file = step('file', readFile, ['q']);
  // @ts-expect-error a stream of bytes is read as one, and is no Uint8Array
  step('file2', resize, [file, 200]);
  // @ts-expect-error a stream has no fields
  file.get('length');
  // @ts-expect-error a plain function is no step
  step('l', functions.add, [1, 2]);
  // @ts-expect-error a missing field in a literal
  step('m', cleanRows, [[{ id: 'a', v: 1 }]]);
  // @ts-expect-error an excess property
  step('n', cleanRows, [[{ id: 'a', v: 1, at: new Date(0), extra: 1 }]]);
  // @ts-expect-error a Date given as text
  step('o', cleanRows, [[{ id: 'a', v: 1, at: '2020' }]]);
  // @ts-expect-error a number is not enough
  step('p', sum, [1], { retry: 2 });
  // @ts-expect-error no such policy
  step('q', sum, [1], { onFailure: 'ignore' });
  // @ts-expect-error a fallback is a value in an object
  step('r', sum, [1], { onFailure: 0 });
  const soft = step('s', describe, [clean.get('rows')], { onFailure: { fallback: null } });
  // @ts-expect-error its fallback may come instead
  step('t', saveReport, [clean, soft]);
});

export function builders(client: Client): void {
  workflow('each', ({ each, step, input }: Builder<Row[]>) => {
    // @ts-expect-error a stream of bytes is no list of them
    each('s', sum, step('file', readFile, ['q']), () => [1]);
    // @ts-expect-error a stream is no element
    each('t', readFile, input, () => ['q']);
    // @ts-expect-error a list, not one of its elements
    each('a', sum, input.get(0), (row) => [row]);
    // @ts-expect-error the element does not fit the argument
    each('b', sum, input, (row) => [row]);
    // @ts-expect-error a reference to a list, not a list
    each('c', sum, [1, 2], (one) => [one]);
    // @ts-expect-error no such option
    each('d', sum, input, (row) => [row.get('v')], { paralel: 2 });
    const sums = each('e', sum, input, (row) => [row.get('v')]);
    // @ts-expect-error the results are a list
    each('f', sum, sums, (one) => [one.get('v')]);
    // @ts-expect-error the result of an element may not be known: its undo must accept undefined
    each('g', sum, input, (row) => [row.get('v')], { compensate: { fn: sum, args: (total) => [total] } });
  });
  workflow('compensate', ({ step, compensate }: Builder<Row[]>) => {
    const paid = step('paid', sum, [1]);
    // @ts-expect-error the result may not be known: the undo must accept undefined
    compensate(paid, sum, (total) => [total]);
    // @ts-expect-error a step, not its name
    compensate('paid', now, () => []);
    // @ts-expect-error its arguments are made from the result
    compensate(paid, now, []);
    // @ts-expect-error a stream undoes nothing
    compensate(paid, scan, () => ['q']);
  });
  // biome-ignore format: the expected error and its lint are on one line
  // @ts-expect-error a builder is synchronous
  workflow('async', async ({ step }) => { step('a', sum, [1]); }); // eslint-disable-line @typescript-eslint/no-misused-promises -- the misuse
  // @ts-expect-error it returns references
  workflow('ret', ({ step }) => ({ a: step('a', sum, [1]), b: 3 }));
  // @ts-expect-error without Builder<Input> there is no input
  workflow('noinput', ({ step, input }) => step('a', describe, [input]));
  const flow = workflow('w', ({ step, input }: Builder<Row[]>) => ({ n: step('a', describe, [input]).get('n') }));
  // @ts-expect-error the wrong input
  client.run(flow, 'rows');
  // @ts-expect-error no input
  client.run(flow);
}

export async function results(client: Client<typeof functions>): Promise<void> {
  const flow = workflow('w', ({ step, input }: Builder<Row[]>) => ({ n: step('a', describe, [input]).get('n') }));
  // @ts-expect-error the result has no such field
  void (await client.run(flow, []).result).m;
  // @ts-expect-error a function that nobody offers
  client.submit([{ name: 'a', fun: 'addd', args: [1] }]);
  // @ts-expect-error no such policy
  client.submit([{ name: 'a', fun: 'add', args: [1, 2], onFailure: 'ignore' }]);
  // @ts-expect-error not built: it does not exist
  client.run(flow, [], { durable: true });
}

// @ts-expect-error no such effect
defineFunction({ name: 'x', effect: 'idempotant', handler: (_ctx) => 1 });
// @ts-expect-error the context was forgotten
defineFunction({ name: 'x', handler: (a: number, b: number) => a + b });
// @ts-expect-error parameters without annotations
defineFunction({ name: 'x', handler: (_ctx, a, b) => a + b });
// @ts-expect-error a result that the schema does not take
defineFunction({ name: 'x', output: z.string(), handler: () => 42 });
// @ts-expect-error an annotation against the schema
defineFunction({ name: 'x', input: [z.string()], handler: (_ctx, a: number) => a });
// @ts-expect-error a schema without brackets
defineFunction({ name: 'x', input: z.string(), handler: (_ctx, a) => a });
// @ts-expect-error not built: it does not exist
defineFunction({ name: 'x', isolation: 'inline', handler: () => 1 });
// @ts-expect-error how many, not which
defineFunction({ name: 'x', uses: ['gpu'], handler: () => 1 });
// @ts-expect-error no such key
defineFunction({ name: 'x', run: () => 1 });
// @ts-expect-error a definition that refers to itself needs a return annotation
export const fib = defineFunction({ name: 'fib', handler: async (ctx, n: number) => (n < 2 ? n : (await ctx.call(fib, [n - 1])) + 1) });

export async function servers(): Promise<void> {
  // @ts-expect-error parameters without annotations
  await startServer({ functions: { add: (a, b) => a + b } });
  // @ts-expect-error a record, not a list
  await startServer({ functions: [resize] });
  // @ts-expect-error how many, not which
  await startServer({ slots: ['gpu'] });
}

// @ts-expect-error a name that the fabric has not
remote<typeof functions>()('nope');
