/** What the servers of hand-off.test.ts offer; every one of them tells what went over its sockets. */

import { defineFunction } from 'heddle';
import { type Deferred, deferred } from '../../src/base/deferred.ts';
import { mebibyte } from '../mebibytes.ts';
import { traffic as trafficHere } from './traffic.ts';

export { digest } from '../mebibytes.ts';

const gates = new Map<string, Deferred<void>>();

function gate(name: string): Deferred<void> {
  const known = gates.get(name) ?? deferred<void>();
  gates.set(name, known);
  return known;
}

const filled = (_ctx: unknown, bytes: number): Uint8Array => new Uint8Array(bytes).fill(7);

export const traffic = defineFunction({ name: 'traffic', effect: 'pure', handler: () => trafficHere() });
export const make = defineFunction({ name: 'make', effect: 'pure', resources: ['camera'], handler: filled });
export const makeOnce = defineFunction({ name: 'makeOnce', resources: ['camera'], handler: filled });
export const invert = defineFunction({
  name: 'invert',
  effect: 'pure',
  handler: (_ctx, bytes: Uint8Array) => bytes.map((byte) => 255 - byte),
});
export const measure = defineFunction({
  name: 'measure',
  effect: 'pure',
  handler: (_ctx, bytes: Uint8Array) => ({ length: bytes.length, first: bytes[0], last: bytes[bytes.length - 1] }),
});
/** Mebibytes, one after the other: each is full of its own number. */
export const dump = defineFunction({
  name: 'dump',
  effect: 'pure',
  handler: async function* (_ctx, mebibytes: number) {
    const block = new Uint8Array(mebibyte);
    for (let at = 0; at < mebibytes; at += 1) yield block.fill(at);
  },
});
/** Waits for `open` of the same gate at the same server. */
export const hold = defineFunction({ name: 'hold', effect: 'pure', handler: (_ctx, name: string) => gate(name).promise });
export const open = defineFunction({ name: 'open', effect: 'idempotent', handler: (_ctx, name: string) => gate(name).resolve() });
/** The most memory that this process has had, in bytes. */
export const peak = defineFunction({ name: 'peak', effect: 'pure', handler: () => process.resourceUsage().maxRSS * 1024 });
