/**
 * What the server processes of the end-to-end tests offer. A handler that is under way says so on stdout, where the test
 * hears it, and waits for a file that the test makes.
 */

import { existsSync } from 'node:fs';
import { type Context, defineFunction } from 'heddle';

export const whoami = defineFunction({ name: 'whoami', effect: 'pure', handler: (ctx) => ({ server: ctx.server, pid: process.pid }) });

/** Waits for `file` on its first attempt; on a later one it answers at once. */
export const hold = defineFunction({ name: 'hold', effect: 'idempotent', handler: waitFor });

/** The same, and must not run twice. */
export const holdOnce = defineFunction({ name: 'holdOnce', handler: waitFor });

async function waitFor(ctx: Context, file: string): Promise<string> {
  console.log(`holding ${file} attempt ${ctx.attempt}`);
  while (ctx.attempt === 1 && !existsSync(file)) await ctx.sleep(10);
  return `${ctx.server} attempt ${ctx.attempt}`;
}
