/**
 * One call as the engines see it: what is wanted, encoded, with its deadline; and where its end is told.
 *
 * The same shape serves a call of this process, a call relayed for a client, a step of a run and a foreign
 * client's request. Who asked is behind the sink; who answers is chosen by the engine.
 * V1 whoever makes one gives every field, in the order in which they stand here: so all have one hidden class. In Node 20 every copy
 *    that adds a field (`{ ...call, runners }`) gets a hidden class of its own: it took a microsecond instead of 70 ns, and what reads
 *    such calls was slow from then on.
 */

import type { AskedKind } from '../../core/catalog/match.ts';
import type { Effect, Need } from '../../core/catalog/offer.ts';
import type { Filled, Payload } from '../../core/payload.ts';
import type { ErrorCode } from '../../errors.ts';
import type { CallTerms, Pulling, ReplyFrame } from '../../wire/frame.ts';
import type { WireTrace } from '../../wire/trace-fields.ts';
import type { StreamWord } from './stream-port.ts';

export interface Invocation {
  readonly function: string;
  /** Whether one result is wanted, or a stream of them. `step`: one result, also of a stream of bytes; it comes with `parkMs`. */
  readonly kind: AskedKind;
  /** Bytes that may be sent of the streamed result before the first grant. */
  readonly credit: number;
  /** The last argument is a stream, and not in `args`. */
  readonly hasStreamInput: boolean;
  /** Version range; undefined: any, highest first. */
  readonly version: string | undefined;
  /** The effect by the caller's definition; undefined: as offered. */
  readonly effect: Effect | undefined;
  readonly need: Need | undefined;
  readonly target: string | undefined;
  readonly args: Filled;
  /** The whole time given to the call, for messages. */
  readonly timeoutMs: number;
  /** When that time is over, by the engine's clock. */
  readonly deadlineMs: number;
  /** With `callNumber` the callId: the instance and name of the process that asked first. */
  readonly caller: string;
  readonly callerName: string;
  readonly callNumber: number;
  /** Number of the next attempt; 1 unless earlier ones were made on another hop. */
  readonly attempt: number;
  /** Paid retries spent on earlier hops. */
  readonly paid: number;
  /** Connections lost under the call on earlier hops. */
  readonly lost: number;
  readonly meta: Readonly<Record<string, string>> | undefined;
  /** What the caller asks beyond the usual. */
  readonly terms: CallTerms | undefined;
  readonly isJsonOnly: boolean;
  readonly wantsProgress: boolean;
  /** `overloaded` ends the call at once: whoever asked waits in its own way (a run does). */
  readonly isOverloadFinal: boolean;
  /** Counts what was fenced of it, here and on earlier hops: a fence of round r refuses its frames of rounds up to r. */
  readonly round: number;
  /** It was sent before, and may have run there: over a session that was lost (`via`), or as whoever sent it knows and keeps account of. */
  readonly isAgain: boolean;
  /** Instances of the entries that it went through then; its caller's among them: long ago, or through more than a call may name. */
  readonly via: readonly string[] | undefined;
  /** Instance of the server that the plan of its run names: taken while it may be, and has not been tried. */
  readonly planned: string | undefined;
  /** Instances of servers of which its caller knows that they may run it. */
  readonly runners: readonly string[] | undefined;
  /** A large result stays with the server that ran it, so many milliseconds at first; undefined: it is sent. */
  readonly parkMs: number | undefined;
  /** With it: results over so many bytes are large, where that is less than what is usual there. */
  readonly parkOverBytes: number | undefined;
  /** Where it stands in its trace. */
  readonly trace: WireTrace | undefined;
  /** Whose call it is (`Identity.text`); undefined: this process' own, or nobody asks. */
  readonly identity: string | undefined;
  /** For whom the function runs that makes it (`Identity.text`); undefined: none does, or nobody asks. */
  readonly onBehalfOf: string | undefined;
  /** It is a step of a run. */
  readonly isStep: boolean | undefined;
}

/** Whether it takes as long as its streams do, which says nothing of its server. */
export function isStreamed({ kind, hasStreamInput }: Pick<Invocation, 'kind' | 'hasStreamInput'>): boolean {
  return kind === 'stream' || hasStreamInput;
}

/** How a call ended. */
export interface Settlement {
  readonly outcome: ReplyFrame['outcome'];
  /** The server that ran it, or that refused last. */
  readonly server?: string | undefined;
  readonly freeSlots?: number | undefined;
  readonly serverMicros?: number | undefined;
}

/** Why a call waits before its next attempt; times by the engine's clock. */
export type CallWait =
  | { readonly kind: 'retry'; readonly untilMs: number; readonly because: ErrorCode }
  /** Nobody offers a function that was offered a moment ago. */
  | { readonly kind: 'no_offer'; readonly function: string }
  /** Open breakers stand before every offer; the first of them lets a probe through then. */
  | { readonly kind: 'breaker'; readonly untilMs: number };

/** Where a call's end is told: by one call of `settled`, or of `dropped`. */
export interface CallSink {
  settled(settlement: Settlement): void;
  /** Nobody is there any more who waits for the end: it need not be told. */
  readonly hasLeft?: boolean | undefined;
  /** This process ends without knowing how the call does: whoever it was passed on for sees the connection break. */
  dropped?(): void;
  progress?(value: Payload): void;
  /** It waits for the bytes of an argument that another server keeps; without a server: not any more. */
  pulling?(pulling: Pulling): void;
  /** An item of the streamed result, credit for the streamed argument (the function runs then), or a sign of life. */
  streamed?(word: StreamWord): void;
  /** An attempt was sent. */
  started?(server: string, attempt: number): void;
  /** There is no attempt under way, and why. */
  waiting?(reason: CallWait): void;
}

export interface CallHandle {
  /** Gives the call up: the sink is told `cancelled` (or has been told before), the remote handler's signal fires. */
  cancel(reason: string): void;
  /** Passes a word of the caller's to the function: credit for the streamed result, an item or the end of the argument. */
  stream(word: StreamWord): void;
}

/** What can carry a call: the server's router, or a client's session. */
export interface CallEngine {
  start(invocation: Invocation, sink: CallSink): CallHandle;
}

/** Default deadline of a root call, in milliseconds. Nested calls inherit theirs. */
export const callTimeoutMsDefault = 30_000;
/** Longest deadline, in milliseconds (24 days, what a timer takes): also that of a stream which names none. */
export const timeoutMsMax = 2 ** 31 - 1;

/** Whether so much time left is that of a stream without a deadline, and not one that somebody chose. */
export function isEndless(leftMs: number): boolean {
  return leftMs > timeoutMsMax / 2;
}
