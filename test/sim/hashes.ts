/**
 * Hashes for simulated members: fast stand-ins for the ones of wire/mesh-body.ts.
 */

import { createHash } from 'node:crypto';

import type { Root } from '../../src/core/gossip/message.ts';

/** 64 bits of a text: two FNV-1a lanes with different offsets, mixed (fast; production uses SHA-256). */
export function hashText(text: string): Root {
  let high = 0x811c9dc5;
  let low = 0x01000193;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 13);
  }
  return { high: mix(high), low: mix(low) };
}

function mix(word: number): number {
  let mixed = Math.imul(word ^ (word >>> 16), 0x45d9f3b);
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x45d9f3b);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

export function hashBytes(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
