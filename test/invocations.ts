/** A call as the engines see it, for those who carry calls or end them. */

import type { Invocation } from '../src/fabric/link/invocation.ts';
import { encodeArguments } from '../src/wire/value.ts';

export function invocationFor(invocation: Partial<Invocation> = {}): Invocation {
  const { timeoutMs = 1_000 } = invocation;
  return {
    function: 'f',
    kind: 'call',
    credit: 0,
    hasStreamInput: false,
    version: undefined,
    effect: 'once',
    need: undefined,
    target: undefined,
    args: { template: encodeArguments([1]), inputs: [] },
    timeoutMs,
    deadlineMs: timeoutMs,
    caller: 'me',
    callerName: 'me',
    callNumber: 1,
    attempt: 1,
    paid: 0,
    lost: 0,
    meta: undefined,
    terms: undefined,
    isJsonOnly: false,
    wantsProgress: false,
    isOverloadFinal: false,
    round: 0,
    isAgain: false,
    via: undefined,
    planned: undefined,
    runners: undefined,
    parkMs: undefined,
    parkOverBytes: undefined,
    trace: undefined,
    identity: undefined,
    onBehalfOf: undefined,
    isStep: undefined,
    ...invocation,
  };
}
