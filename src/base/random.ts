/**
 * Chance, as something that is passed in. The only file that draws real randomness.
 *
 * `fork` gives a part its own stream, derived from the parent's seed and the label alone: a new draw in one
 * room does not reshuffle another.
 */

import { randomBytes } from 'node:crypto';

export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
  /** Uniform integer in [0, below). */
  integer(below: number): number;
  /** `length` random bytes. */
  bytes(length: number): Uint8Array;
  /** An independent stream; equal seeds and labels give equal streams. */
  fork(label: string): Random;
}

/** A deterministic stream (sfc32, Doty-Humphrey's PractRand) seeded by any string. Not for secrets. */
export function seededRandom(seed: string): Random {
  let [a, b, c, d] = hash128(seed);
  const draw = (): number => {
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + t) | 0;
    return t >>> 0;
  };
  for (let warm = 0; warm < 12; warm += 1) draw();
  const next = (): number => draw() / 0x1_0000_0000;
  return {
    next,
    integer: (below) => Math.floor(next() * below),
    bytes: (length) => Uint8Array.from({ length }, () => draw() & 0xff),
    fork: (label) => seededRandom(`${seed}/${label}`),
  };
}

/** A stream seeded by the operating system. `bytes`, its forks' as well, are secrets: nobody can tell the next from those before. */
export function systemRandom(): Random {
  return withSecretBytes(seededRandom(randomBytes(16).toString('hex')));
}

function withSecretBytes({ next, integer, fork }: Random): Random {
  return { next, integer, bytes: secretBytes, fork: (label) => withSecretBytes(fork(label)) };
}

/** Bytes of the operating system, for secrets: nobody can tell the next from those before. */
export function secretBytes(length: number): Uint8Array {
  return randomBytes(length);
}

/** cyrb128 (public domain): four 32-bit words from a string. */
function hash128(text: string): [number, number, number, number] {
  let h1 = 1779033703;
  let h2 = 3144134277;
  let h3 = 1013904242;
  let h4 = 2773480762;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    h1 = h2 ^ Math.imul(h1 ^ code, 597399067);
    h2 = h3 ^ Math.imul(h2 ^ code, 2869860233);
    h3 = h4 ^ Math.imul(h3 ^ code, 951274213);
    h4 = h1 ^ Math.imul(h4 ^ code, 2716044179);
  }
  h1 = Math.imul(h3 ^ (h1 >>> 18), 597399067);
  h2 = Math.imul(h4 ^ (h2 >>> 22), 2869860233);
  h3 = Math.imul(h1 ^ (h3 >>> 17), 951274213);
  h4 = Math.imul(h2 ^ (h4 >>> 19), 2716044179);
  h1 ^= h2 ^ h3 ^ h4;
  return [h1, h2 ^ h1, h3 ^ h1, h4 ^ h1];
}
