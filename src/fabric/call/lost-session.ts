/**
 * A call whose session broke under it, as it is sent through the next entry.
 *
 * R1 the callId stays; `via` names the entries that it went through, so that the next one can ask them.
 * R2 every session has `roundsPerSession` rounds of its own: what the next entry fences is all that the former ones may send.
 * R3 what was sent long ago is not known not to have run, whoever says so: too many servers may have gone since that could have run
 *    it, or have forgotten it. Its end is taken from who has it; it goes on only where it is safe to run twice everywhere. `via`
 *    names its caller then, which asks. Long ago is also what was sent before this machine slept.
 */

import { viaMax } from '../../wire/call-messages.ts';
import type { Invocation } from '../link/invocation.ts';
import type { CallContext } from './routing-port.ts';

const roundsPerSession = 1_024;
/** Oldest call that is asked for, in milliseconds; also how long a server that is gone may have run one (reclaim.ts). */
export const againMsMax = 60_000;

/** The call after its session with the entry of that instance. */
export function sentAgain(call: Invocation, instance: string): Invocation {
  const via = [...new Set([...(call.via ?? []), instance])];
  const round = (Math.floor(call.round / roundsPerSession) + 1) * roundsPerSession;
  const again = { ...call, isAgain: true, via, round };
  return via.length > viaMax ? asOld(again) : again;
}

/** The call as it is sent now: it may have grown old since it was lost (R3). */
export function asOfNow(call: Invocation, { clock, sleep }: Pick<CallContext, 'clock' | 'sleep'>): Invocation {
  if (call.via === undefined || isOld(call)) return call;
  const startedAtMs = call.deadlineMs - call.timeoutMs;
  return clock.nowMs() - startedAtMs > againMsMax || sleep.hasSlept(startedAtMs) ? asOld(call) : call;
}

/** Whether it was sent so long ago, or through so many, that nobody can say that it has not run (R3). */
export function isOld({ via, caller }: Pick<Invocation, 'via' | 'caller'>): boolean {
  return via?.includes(caller) === true;
}

function asOld(call: Invocation): Invocation {
  const known = call.via?.filter((one) => one !== call.caller) ?? [];
  return { ...call, via: [call.caller, ...known.slice(1 - viaMax)] };
}
