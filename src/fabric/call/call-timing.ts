/**
 * Where the time of one call went, as its caller can tell: at the server that ran it, and anywhere else.
 */

import type { Settlement } from '../link/invocation.ts';

export interface CallTiming {
  /** From the call to its end, in milliseconds. */
  readonly totalMs: number;
  /** Name of the server that ran it; absent: no server has said that it did. */
  readonly server?: string | undefined;
  /** From arrival to reply there, waiting for a place included; absent: no server has said. */
  readonly serverMs?: number | undefined;
  /** The rest: the way there and back, the entry, earlier attempts. */
  readonly fabricMs?: number | undefined;
}

export function timingOf({ server, serverMicros }: Settlement, totalMs: number): CallTiming {
  const wholeMs = rounded(totalMs);
  if (serverMicros === undefined) return { totalMs: wholeMs };
  const serverMs = serverMicros / 1000;
  // Two clocks: what the server measured may be a little more than all there was.
  return { totalMs: wholeMs, server, serverMs, fabricMs: rounded(Math.max(0, totalMs - serverMs)) };
}

/** To microseconds: no clock here knows more. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
