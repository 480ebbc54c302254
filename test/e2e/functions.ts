/**
 * What the server processes of the end-to-end tests offer. A handler that is under way says so on stdout, where the test
 * hears it, and waits for a file that the test makes.
 */

import { appendFileSync, existsSync } from 'node:fs';
import { type Context, defineFunction } from 'heddle';

export const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ({ server: ctx.server, pid: process.pid }) });

/** Waits for `file` on its first attempt; on a later one it answers at once. */
export const hold = defineFunction({ name: 'hold', effect: 'idempotent', handler: (ctx, file: string) => waitFor(ctx, file) });

/** Must not run twice, and waits on any attempt: a busy machine may refuse the first one unrun. */
export const holdOnce = defineFunction({
  name: 'holdOnce',
  handler: (ctx, file: string) => waitFor(ctx, file, Number.POSITIVE_INFINITY),
});

export const echo = defineFunction({ name: 'echo', effect: 'pure', handler: (_ctx, value: unknown) => value });

/** A result of that many bytes. */
export const bytes = defineFunction({ name: 'bytes', effect: 'pure', handler: (_ctx, length: number) => new Uint8Array(length) });

/** Fails in one of the ways that are no Error. */
export const fails = defineFunction({
  name: 'fails',
  handler: (_ctx, how: 'text' | 'undefined' | 'never') => {
    if (how === 'text') throw 'a text';
    return how === 'undefined' ? Promise.reject() : new Promise(() => undefined);
  },
});

/** Blocks the event loop of its server. */
export const block = defineFunction({
  name: 'block',
  handler: (_ctx, ms: number) => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms),
});

export const memory = defineFunction({ name: 'memory', handler: () => process.memoryUsage().rss });

/** Writes the id down, in the handler's own log, for every time that it runs; then takes a moment. */
export const keep = defineFunction({ name: 'keep', effect: 'idempotent', handler: writeDown });

/** The same, and must not run twice. */
export const keepOnce = defineFunction({ name: 'keepOnce', handler: writeDown });

async function writeDown(ctx: Context, file: string, id: string): Promise<string> {
  appendFileSync(file, `${id}\n`);
  await ctx.sleep(15);
  return id;
}

async function waitFor(ctx: Context, file: string, waitingAttempts = 1): Promise<string> {
  console.log(`holding ${file} attempt ${ctx.attempt}`);
  while (ctx.attempt <= waitingAttempts && !existsSync(file)) await ctx.sleep(10);
  return `${ctx.server} attempt ${ctx.attempt}`;
}

/** Numbers from 1 on, one every 5 ms, without end; says on stdout when its generator has returned. */
export const numbers = defineFunction({
  name: 'numbers',
  effect: 'pure',
  handler: async function* (ctx) {
    try {
      for (let n = 1; ; n += 1) {
        yield n;
        await ctx.sleep(5);
      }
    } finally {
      console.log(`numbers left attempt ${ctx.attempt}`);
    }
  },
});

/** Blobs of these sizes, each filled with its number, out of one buffer. */
export const blobs = defineFunction({
  name: 'blobs',
  handler: async function* (_ctx, sizes: readonly number[]) {
    const buffer = new Uint8Array(Math.max(...sizes));
    for (const [at, size] of sizes.entries()) yield buffer.fill(at).subarray(0, size);
  },
});

/** As many texts of `length` characters as anybody takes; `made` says how many those were. */
let floodMade = 0;
export const flood = defineFunction({
  name: 'flood',
  handler: async function* (_ctx, length: number) {
    for (;;) {
      floodMade += 1;
      yield `${floodMade}`.padEnd(length);
    }
  },
});
export const made = defineFunction({ name: 'made', handler: () => floodMade });
