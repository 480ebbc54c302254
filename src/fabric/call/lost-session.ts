/**
 * A call whose session broke under it, as it is sent through the next entry.
 *
 * R1 the callId stays; `via` names the entries that it went through, so that the next one can ask them.
 * R2 every session has `roundsPerSession` rounds of its own: what the next entry fences is all that the former ones may send.
 * R3 what was sent long ago is not known not to have run, whoever says so: too many servers may have gone since that could have run
 *    it, or have forgotten it. It goes on only where it is safe to run twice everywhere. `via` names its caller then, which asks.
 */

import { viaMax } from '../../wire/call-messages.ts';
import type { Invocation } from '../link/invocation.ts';

const roundsPerSession = 1_024;
/** Oldest call that is asked for, in milliseconds; also how long a server that is gone may have run one (reclaim.ts). */
export const againMsMax = 60_000;

/** Undefined: that it has not run nobody can find out. */
export function sentAgain(call: Invocation, instance: string, nowMs: number): Invocation | undefined {
  const via = viaWith(call, instance);
  const startedAtMs = call.deadlineMs - call.timeoutMs;
  if (via.length > viaMax || isOld(call) || nowMs - startedAtMs > againMsMax) return undefined;
  return inNextSession(call, via);
}

/** R3. */
export function sentLate(call: Invocation, instance: string): Invocation {
  const known = viaWith(call, instance).filter((one) => one !== call.caller);
  return inNextSession(call, [call.caller, ...known.slice(1 - viaMax)]);
}

/** Whether it was sent so long ago, or through so many, that nobody can say that it has not run (R3). */
export function isOld({ via, caller }: Pick<Invocation, 'via' | 'caller'>): boolean {
  return via?.includes(caller) === true;
}

function viaWith({ via = [] }: Invocation, instance: string): readonly string[] {
  return [...new Set([...via, instance])];
}

function inNextSession(call: Invocation, via: readonly string[]): Invocation {
  return { ...call, isAgain: true, via, round: (Math.floor(call.round / roundsPerSession) + 1) * roundsPerSession };
}
