/**
 * What would end a wait, in words: one sentence for each reason there is (the set is closed, record.ts).
 */

import type { WaitReason } from './record.ts';

/** `nowMs`: by the clock of the reason's times, which is the coordinator's. */
export function endOfWait(reason: WaitReason, nowMs: number): string {
  switch (reason.kind) {
    case 'input':
      return `the end of step "${reason.step}"`;
    case 'no_offer':
      return `a server that offers ${reason.function}`;
    case 'breaker':
      return `the first breaker that lets a call through, ${inText(reason.untilMs, nowMs)}`;
    case 'concurrency_full':
      return `the end of any call of ${reason.function} at its servers`;
    case 'run_limit':
      return `the end of any of the ${reason.limit} steps of the run that are under way`;
    case 'retry':
      return `the next try, ${inText(reason.untilMs, nowMs)}`;
    case 'hand_off':
      return `the last byte of the result of "${reason.step}" from ${reason.server}`;
    case 'lease':
      return `another run of it: its result was lost with ${reason.server}`;
    case 'deadline':
      return `the time at which its step cannot run any more, ${inText(reason.untilMs, nowMs)}`;
  }
}

function inText(untilMs: number, nowMs: number): string {
  const leftMs = Math.ceil(untilMs - nowMs);
  return leftMs > 0 ? `in ${leftMs} ms at the latest` : 'due now';
}
