/**
 * Between a call as the engines see it and the frame that carries one attempt of it.
 *
 * C1 callId, meta, terms and payloads pass through unchanged over any number of hops.
 * C2 the time stamped on a frame is what is left when it is written, less a margin for the hop.
 */

import type { Effect } from '../../core/catalog/offer.ts';
import type { CallFrame } from '../../wire/frame.ts';
import type { Invocation } from '../link/invocation.ts';

/**
 * Taken off the remaining time at each hop, besides half the round trip that the frame is under way: 5 ms in which the outer hop
 * waits for the inner verdict, which the wheel may give a tick (10 ms) late. Of a short time a quarter at the most.
 */
const hopMarginMs = 15;

/** One attempt, about to be sent. */
export interface SentAttempt {
  readonly id: number;
  readonly attempt: number;
  readonly paid: number;
  /** Connections lost under it before. */
  readonly lost: number;
  readonly nowMs: number;
  /** Instance of this process. */
  readonly self: string;
  readonly version: string | undefined;
  readonly isDirect: boolean;
  /** Bytes granted so far of the streamed result. */
  readonly credit: number;
  /** Between here and the receiver. */
  readonly roundTripMs: number;
  /** The strictest known; undefined: as offered. */
  readonly effect: Effect | undefined;
  /** Replies that have come from the receiver over the same link. */
  readonly acked: number;
}

export function frameOf(call: Invocation, sent: SentAttempt): CallFrame {
  const isOwn = call.caller === sent.self;
  return {
    kind: 'call',
    id: sent.id,
    callNumber: call.callNumber,
    caller: isOwn ? undefined : call.caller,
    callerName: isOwn ? undefined : call.callerName,
    function: call.function,
    version: sent.version,
    isDirect: sent.isDirect,
    effect: sent.effect,
    need: sent.isDirect ? undefined : call.need,
    target: sent.isDirect ? undefined : call.target,
    timeoutMs: stampedMs(call.deadlineMs - sent.nowMs, sent.roundTripMs),
    attempt: sent.attempt,
    paid: sent.paid,
    meta: call.meta,
    isJsonOnly: call.isJsonOnly,
    wantsProgress: call.wantsProgress,
    round: call.round,
    acked: sent.acked,
    isAgain: call.isAgain,
    via: sent.isDirect ? undefined : call.via,
    isStream: call.kind === 'stream',
    credit: sent.credit,
    hasStreamInput: call.hasStreamInput,
    lost: sent.lost,
    runners: sent.isDirect ? undefined : call.runners,
    parkMs: sent.isDirect ? call.parkMs : undefined,
    parkOverBytes: sent.isDirect ? call.parkOverBytes : undefined,
    trace: call.trace,
    identity: call.identity,
    onBehalfOf: call.onBehalfOf,
    isStep: call.isStep,
    terms: call.terms,
    args: call.args,
  };
}

/** What is left of a time at the other end, when a frame with it is written here. */
export function stampedMs(leftMs: number, roundTripMs: number): number {
  return Math.max(1, leftMs - Math.min(hopMarginMs + roundTripMs / 2, leftMs / 4));
}

/** The call that a peer asks this process to route on. */
export function invocationOf(frame: CallFrame, origin: CallerIdentity, nowMs: number): Invocation {
  return {
    function: frame.function,
    kind: frame.isStream ? 'stream' : 'call',
    credit: frame.credit,
    hasStreamInput: frame.hasStreamInput,
    version: frame.version,
    effect: frame.effect,
    need: frame.need,
    target: frame.target,
    args: frame.args,
    timeoutMs: frame.timeoutMs,
    deadlineMs: nowMs + frame.timeoutMs,
    caller: origin.callerInstance,
    callerName: origin.callerName,
    callNumber: frame.callNumber,
    attempt: frame.attempt,
    paid: frame.paid,
    lost: frame.lost,
    meta: frame.meta,
    terms: frame.terms,
    isJsonOnly: frame.isJsonOnly,
    wantsProgress: frame.wantsProgress,
    isOverloadFinal: false,
    round: frame.round,
    isAgain: frame.isAgain,
    via: frame.via,
    planned: undefined,
    runners: frame.runners,
    parkMs: undefined,
    parkOverBytes: undefined,
    trace: frame.trace,
    identity: origin.identity,
    onBehalfOf: origin.onBehalfOf,
    isStep: frame.isStep,
  };
}

/** Who asked first, where the frame does not say. */
interface CallerIdentity {
  readonly callerName: string;
  readonly callerInstance: string;
  readonly identity?: string | undefined;
  readonly onBehalfOf?: string | undefined;
}
