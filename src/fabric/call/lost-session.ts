/**
 * A call whose session broke under it, as it is sent through the next entry.
 *
 * R1 the callId stays; `via` names the entries that it went through, so that the next one can ask them.
 * R2 every session has `roundsPerSession` rounds of its own: what the next entry fences is all that the former ones may send.
 * R3 what was sent long ago is not asked for: too many servers may have gone since that could have run it.
 */

import { viaMax } from '../../wire/call-messages.ts';
import type { Invocation } from '../link/invocation.ts';

const roundsPerSession = 1_024;
/** Oldest call that is asked for, in milliseconds; also how long a server that is gone may have run one (reclaim.ts). */
export const againMsMax = 60_000;

/** Undefined: nobody can find out what became of it. */
export function sentAgain(call: Invocation, instance: string, nowMs: number): Invocation | undefined {
  const via = [...new Set([...(call.via ?? []), instance])];
  const startedAtMs = call.deadlineMs - call.timeoutMs;
  if (via.length > viaMax || nowMs - startedAtMs > againMsMax) return undefined;
  return { ...call, isAgain: true, via, round: (Math.floor(call.round / roundsPerSession) + 1) * roundsPerSession };
}
