/** Bytes by the mebibyte, for results that are large: what `dump` of several tests gives is mebibyte after mebibyte, each full of its own number. */

import { createHash } from 'node:crypto';
import { defineFunction } from 'heddle';

export const mebibyte = 1024 * 1024;

/** The SHA-256 of a stream, in hex. */
export const digest = defineFunction({
  name: 'digest',
  effect: 'pure',
  handler: async (_ctx, bytes: AsyncIterable<Uint8Array>) => {
    const hash = createHash('sha256');
    for await (const slice of bytes) hash.update(slice);
    return hash.digest('hex');
  },
});

/** What `digest` says of so many of them. */
export function digestOf(mebibytes: number): string {
  const hash = createHash('sha256');
  const block = new Uint8Array(mebibyte);
  for (let at = 0; at < mebibytes; at += 1) hash.update(block.fill(at));
  return hash.digest('hex');
}
