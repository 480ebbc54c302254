/** A call as the engines see it, for those who carry calls or end them. */

import type { Clock } from '../src/base/clock.ts';
import { DeadlineWheel } from '../src/base/deadline-wheel.ts';
import { seededRandom } from '../src/base/random.ts';
import type { CallContext } from '../src/fabric/call/routing-port.ts';
import { SleepWatch } from '../src/fabric/call/sleep-watch.ts';
import { ToldRunners } from '../src/fabric/call/told-runners.ts';
import type { Invocation } from '../src/fabric/link/invocation.ts';
import { encodeArguments } from '../src/wire/value.ts';

/** What the calls of a process share, of one whose instance is `me`. `wall`: the clock that may have slept. */
export function callContext(clock: Clock, seed: string, wall = clock): CallContext {
  const wheel = new DeadlineWheel(clock);
  return { clock, random: seededRandom(seed), wheel, instance: 'me', told: new ToldRunners(clock), sleep: new SleepWatch(wall) };
}

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
