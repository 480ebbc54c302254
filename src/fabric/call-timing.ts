/**
 * Where the time of one call went, as its caller can tell: at the server that ran it, and anywhere else.
 */

import type { Settlement } from './invocation.ts';

export interface CallTiming {
  /** From the call to its end, in milliseconds. */
  readonly totalMs: number;
  /** Name of the server that ran it, or refused last. */
  readonly server?: string | undefined;
  /** From arrival to reply there, waiting for a place included; absent: no server has said. */
  readonly serverMs?: number | undefined;
  /** The rest: the way there and back, the entry, earlier attempts. */
  readonly fabricMs?: number | undefined;
}

export function timingOf({ server, serverMicros }: Settlement, totalMs: number): CallTiming {
  if (serverMicros === undefined) return { totalMs, server };
  // Two clocks: what the server measured may be a little more than all there was.
  const serverMs = serverMicros / 1000;
  return { totalMs, server, serverMs, fabricMs: Math.max(0, totalMs - serverMs) };
}
