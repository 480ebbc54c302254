/**
 * The frames that share one link or session, as values. `frame-codec.ts` turns them into the bytes of
 * proto/heddle/v1/fabric.proto and back.
 *
 * A frame is a small header and opaque payloads: whoever relays one reads the header and passes the payload's
 * bytes on untouched. `id` numbers a conversation within one link: its opener chose it, every answer repeats it.
 */

import type { Effect, Need } from '../core/catalog/offer.ts';
import type { Filled, Path, Payload } from '../core/payload.ts';
import type { LeaseFrame, PullFrame, Pulling } from './hand-off-frames.ts';
import type { OutcomeFrame, StandingFrame } from './outcome-frames.ts';
import type { AttachFrame, CancelRunFrame, RunEventFrame, SubmitFrame } from './run-frames.ts';
import type { CreditFrame, EndFrame, ItemFrame } from './stream-frames.ts';
import type { WireTrace } from './trace-fields.ts';
import type { WireError } from './wire-error.ts';

export type { LeaseFrame, PullFrame, Pulling } from './hand-off-frames.ts';
export type { OutcomeFrame, StandingFrame } from './outcome-frames.ts';
export type { AttachFrame, CancelRunFrame, RunEventFrame, SubmitFrame } from './run-frames.ts';
export type { SessionAck, SessionHello } from './session-greeting.ts';
export type { CreditFrame, EndFrame, ItemFrame } from './stream-frames.ts';

/**
 * Payloads over `inlineBytesMax` (64 KiB) leave their frame and travel beside it on the link's bulk channel.
 * `encodeFrame(frame, outgoing)` calls `put` for each and writes the number it gets in the value's place;
 * `decodeFrame(bytes, incoming)` calls `expect` for each such number: the frame is whole, and may be used, when
 * every `fill` has been called. Without these arguments a large payload is a protocol error.
 */
export interface LargeOutgoing {
  /** Takes a payload's bytes, gives the transfer number under which they will travel. */
  put(bytes: Uint8Array): number;
}

export interface LargeIncoming {
  expect(transfer: number, bytes: number, fill: (value: Uint8Array) => void): void;
}

export interface CallFrame {
  readonly kind: 'call';
  readonly id: number;
  /** With `caller` the callId: constant over attempts and hops. */
  readonly callNumber: number;
  /** Instance of the process that asked first; absent when that is the sender of this frame. */
  readonly caller?: string | undefined;
  /** Its name, for `ctx.caller`; absent likewise. */
  readonly callerName?: string | undefined;
  readonly function: string;
  /** A range to route by; the exact version when `isDirect`. */
  readonly version?: string | undefined;
  /** The receiver runs it itself; false: it chooses the server. */
  readonly isDirect: boolean;
  /** The strictest effect known to the sender. */
  readonly effect?: Effect | undefined;
  readonly need?: Need | undefined;
  readonly target?: string | undefined;
  /** Milliseconds left when the frame was written. */
  readonly timeoutMs: number;
  /** Counts from 1 over all tries of the call. */
  readonly attempt: number;
  /** Paid retries spent on the way. */
  readonly paid: number;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** The caller reads JSON only. */
  readonly isJsonOnly: boolean;
  readonly wantsProgress: boolean;
  /** Counts the fences of this call: one of round r refuses its frames of rounds up to r. */
  readonly round: number;
  /** Replies that the sender has received on this link, in order and whole; 0: it does not say. */
  readonly acked: number;
  /** It went out before: over sessions that were lost (`via`), or as its sender knows and keeps account of. */
  readonly isAgain: boolean;
  /** Instances of the entries that it went through before then, at most `viaMax`. */
  readonly via?: readonly string[] | undefined;
  /** The result is a stream: items, then the reply. */
  readonly isStream: boolean;
  /** Payload bytes that may be sent of it before the first credit. */
  readonly credit: number;
  /** The last argument is a stream: items follow from the caller, then an end. */
  readonly hasStreamInput: boolean;
  /** Connections lost under the call before it was written. */
  readonly lost: number;
  /** Instances of servers of which the sender knows that they may run it, at most `viaMax`. */
  readonly runners?: readonly string[] | undefined;
  /** A result over 64 KiB stays with the receiver, for so many milliseconds at first; absent: it is sent. */
  readonly parkMs?: number | undefined;
  /** With it: over so many bytes, where that is less; absent: over what is usual there. */
  readonly parkOverBytes?: number | undefined;
  /** Where it stands in its trace. */
  readonly trace?: WireTrace | undefined;
  /** Whose call it is (`Identity.text`), where a server passes it on; absent: the sender's own. */
  readonly identity?: string | undefined;
  /** For whom the function runs that makes it (`Identity.text`), where one does. */
  readonly onBehalfOf?: string | undefined;
  /** It is a step of a run. */
  readonly isStep?: boolean | undefined;
  /** What the caller asks beyond the usual: absent for most calls. */
  readonly terms?: CallTerms | undefined;
  /** The argument list (an array), with the values that go into its holes. */
  readonly args: Filled;
}

/** Options of a call that whoever routes it passes on as they are. */
export interface CallTerms {
  /** Absent: 'default'. */
  readonly priority?: 'batch' | 'critical' | undefined;
  /** Calls with the same key rather go to the same server; at most `keyBytesMax`. */
  readonly key?: string | undefined;
  /** Longest wait for a server that offers the function, when none does; absent: 250 ms. */
  readonly waitMs?: number | undefined;
  /** Handed to the function, at most `keyBytesMax`; absent: the callId. */
  readonly idempotencyKey?: string | undefined;
  /** Tries in all; absent: by the error table. */
  readonly attemptsMax?: number | undefined;
  /** A second server may be tried while the first one is slow. */
  readonly hedge?: boolean | undefined;
}

export interface Failure {
  readonly ok: false;
  readonly error: WireError;
  /** Whoever made the call may send it once more to the sender of this, which has used no failover for it. */
  readonly mayFailOver?: boolean | undefined;
  /** It was not sent on: it is to be sent once more, naming these instances, to which it would go. */
  readonly runners?: readonly string[] | undefined;
}

export type Outcome = { readonly ok: true; readonly value: Payload } | Failure;

export interface ReplyFrame {
  readonly kind: 'reply';
  readonly id: number;
  readonly outcome: Outcome;
  /** Places free for further calls of the function at the server that ran it; absent: without limit. */
  readonly freeSlots?: number | undefined;
  /** Name of the server that ran it, or refused last. */
  readonly server?: string | undefined;
  /** Microseconds between arrival and reply at the server that ran it. */
  readonly serverMicros?: number | undefined;
}

export interface CancelFrame {
  readonly kind: 'cancel';
  readonly id: number;
  readonly reason: string;
  /** Who sends it drops whatever is answered. */
  readonly hasLeft: boolean;
}

export interface ProgressFrame {
  readonly kind: 'progress';
  readonly id: number;
  readonly value: Payload;
  /** Instead of the value: it waits for the bytes of an argument. */
  readonly pulling?: Pulling | undefined;
}

/** A question about the fabric, answered by a reply whose value is the shape of the API. One of a later version is a number. */
export interface QueryFrame {
  readonly kind: 'query';
  readonly id: number;
  readonly about: 'members' | 'catalog' | 'explain' | 'why' | 'runs' | 'vitals' | 'me' | 'places' | number;
  /** What is to be explained, in the shape of the API; a fresh token. */
  readonly argument?: Payload | undefined;
  /** As of a call. */
  readonly identity?: string | undefined;
}

/** Tells what changes: items, the first one being how things are now. Ended by a cancel, or by a reply. As with a query, a number. */
export interface WatchFrame {
  readonly kind: 'watch';
  readonly id: number;
  readonly about: 'catalog' | 'run' | number;
  /** The run that is watched. */
  readonly runId?: string | undefined;
}

/** Drains the server of that name. Answered by progress (what it waits for), then, when it has ended, by a reply that says how. */
export interface DrainFrame {
  readonly kind: 'drain';
  readonly id: number;
  readonly server: string;
  readonly identity?: string | undefined;
}

/** From an entry to its client: addresses of the servers that the client may use instead. */
export interface ServersFrame {
  readonly kind: 'servers';
  readonly addresses: readonly string[];
  /**
   * The sender is draining: open another session, keep this one until its last call has settled. Between servers: it sends no
   * more calls over this link, which closes once both have said so and all is settled.
   */
  readonly isMoving: boolean;
}

/** A mesh message (proto/heddle/v1/mesh.proto), opaque here. */
export interface MeshFrame {
  readonly kind: 'mesh';
  readonly message: Uint8Array;
}

/** Runs these calls, each as soon as those that it awaits have given their results. Each has a conversation and a reply of its own. */
export interface GroupFrame {
  readonly kind: 'group';
  /** Every call comes after those that it awaits. */
  readonly calls: readonly GroupedCall[];
}

export interface GroupedCall {
  /** Direct; its `timeoutMs` counts from when the frame was written. */
  readonly call: CallFrame;
  /** Name of its step, for messages. */
  readonly step: string;
  readonly awaits: readonly CallAwait[];
  /** Milliseconds that it may take from its own beginning on. */
  readonly ownTimeoutMs: number;
}

/** The result of an earlier call of the group. */
export interface CallAwait {
  readonly callNumber: number;
  /** Where it goes in the arguments; empty: nowhere, it must only be there. */
  readonly at: Path;
  /** Leads to the part that is wanted. */
  readonly path: Path;
}

export type Frame =
  | CallFrame
  | ReplyFrame
  | CancelFrame
  | ProgressFrame
  | QueryFrame
  | SubmitFrame
  | AttachFrame
  | CancelRunFrame
  | RunEventFrame
  | ServersFrame
  | MeshFrame
  | ItemFrame
  | CreditFrame
  | EndFrame
  | OutcomeFrame
  | StandingFrame
  | WatchFrame
  | DrainFrame
  | GroupFrame
  | PullFrame
  | LeaseFrame;
