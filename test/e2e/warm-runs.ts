/**
 * Two servers and a client in one process, which runs workflows and reads streams until all of it is warm, says how long V8's log
 * (its argument) is by then, and goes on for a while.
 */

import { statSync } from 'node:fs';
import { type Builder, connect, defineFunction, startServer, workflow } from 'heddle';

const warmRuns = 150;
const countedRuns = 50;
const [, , log = ''] = process.argv;

const upTo = defineFunction({ name: 'upTo', handler: (_ctx, count: number) => Array.from({ length: count }, (_unused, at) => at) });
const next = defineFunction({ name: 'next', handler: (_ctx, last: number) => last + 1 });
const sum = defineFunction({ name: 'sum', handler: (_ctx, all: readonly number[]) => all.reduce((one, other) => one + other, 0) });
const forget = defineFunction({ name: 'forget', effect: 'idempotent', handler: () => undefined });
const echo = defineFunction({
  name: 'echo',
  handler: async function* (_ctx, rows: AsyncIterable<number>) {
    yield* rows;
  },
});
const functions = { upTo, next, sum, forget, echo };

const many = workflow('many', ({ step, each, input }: Builder<number>) => {
  const list = step('list', upTo, [input]);
  const mapped = each('mapped', next, list, (row) => [row], { compensate: { fn: forget, args: () => [] } });
  let last = step('total', sum, [mapped], { target: 'b' });
  for (let at = 0; at < 10; at += 1) last = step(`s${at}`, next, [last], { target: at < 5 ? 'a' : 'b' });
  return last;
});

const a = await startServer({ name: 'a', functions });
const b = await startServer({ name: 'b', functions, join: [a.url] });
const client = await connect([b.url]);
while ((await client.catalog()).length < 2 * Object.keys(functions).length) await new Promise((resolve) => setTimeout(resolve, 10));

async function* rows() {
  for (let at = 0; at < 20; at += 1) yield at;
}

async function go(runs: number): Promise<void> {
  for (let at = 0; at < runs; at += 1) {
    const run = client.run(many, 20);
    for await (const _event of run.events);
    await run.result;
    for await (const _row of client.stream('echo', [rows()]));
  }
}

await go(warmRuns);
console.log(`warm at ${statSync(log).size}`);
await go(countedRuns);
await client.close();
await b.stop();
await a.stop();
