/**
 * Which server a key prefers: rendezvous hashing (Thaler and Ravishankar 1998) with bounded loads (Mirrokni, Thorup and
 * Zadimoghaddam 2018).
 *
 * K1 every process ranks the same servers alike for one key, by their names: a restarted server keeps its keys, and when
 *    one comes or goes only its own keys move.
 * K2 a key only ranks: a server with far more calls under way than the others is passed over, and so is one that sheds.
 */

import type { Offer } from '../catalog/server-state.ts';
import { loadOf } from './latency.ts';

/** Calls that a preferred server may have beyond the mean of the candidates before its keys go to their next choice. */
export const loadAboveMeanMax = 8;

/** The offer that a key prefers; undefined only when there is none. Linear. */
export function favouriteOf(offers: readonly Offer[], key: string, nowMs: number): Offer | undefined {
  const hash = hashOf(key);
  const mean = offers.reduce((sum, offer) => sum + loadOf(offer, nowMs), 0) / offers.length;
  let favourite: Offer | undefined;
  let highest = -1;
  for (const offer of offers) {
    if (loadOf(offer, nowMs) > mean + loadAboveMeanMax) continue;
    const weight = mixed(hash ^ hashOf(offer.server.name));
    if (weight <= highest) continue;
    favourite = offer;
    highest = weight;
  }
  return favourite;
}

/** FNV-1a over UTF-16 units. Not for secrets. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mixed(hash);
}

/** The finalizer of MurmurHash3: every bit of the input moves half of the output's. */
function mixed(value: number): number {
  let hash = value;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
