/**
 * How far a server is: what its calls took and did not pass there, without what they waited for one another.
 *
 * W1 the way is the shortest of the last `windowMs` (a windowed minimum, as BBR takes round trips: Cardwell et al. 2016): of a thousand
 *    calls at once most have waited for the others, and say nothing about the way. With an average of them, three servers on one
 *    machine looked 10 ms away, and a run of a thousand steps was handed to one of them, which ran all of it.
 * W2 a server that has moved farther off is believed to be near for `windowMs` at most.
 */

import type { Way } from '../catalog/server-state.ts';

const windowMs = 10_000;

/** Takes the way of an answered call into account. */
export function noteWay(way: Way, seenMs: number, nowMs: number): void {
  const wayMs = Math.max(seenMs, 0);
  if (way.shortestMs === 0 || wayMs <= way.shortestMs) return renew(way, wayMs, nowMs);
  way.nextMs = Math.min(way.nextMs, wayMs);
  if (nowMs - way.sinceMs > windowMs) renew(way, way.nextMs, nowMs);
}

function renew(way: Way, wayMs: number, nowMs: number): void {
  way.shortestMs = wayMs;
  way.sinceMs = nowMs;
  way.nextMs = Number.POSITIVE_INFINITY;
}
