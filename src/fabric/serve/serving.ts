/**
 * What a server, its calls and their callers know of one another: types only.
 */

import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Random } from '../../base/random.ts';
import type { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { LiveSpan } from '../../observe/tracing.ts';
import type { CallFrame, CallTerms } from '../../wire/frame.ts';
import type { WireTrace } from '../../wire/trace-fields.ts';
import type { HandOff } from '../hand-off/hand-off.ts';
import type { CallSink } from '../link/invocation.ts';
import type { StreamWord } from '../link/stream-port.ts';
import type { StreamWindows } from '../stream/stream-windows.ts';
import type { Places } from './admission.ts';
import type { LoopLoad } from './loop-load.ts';
import type { ServedFunction } from './registry.ts';

/**
 * Where a call came from, and where its end is told: once, often before `dispatch` returns. `progress` is told only of
 * frames with `wantsProgress`, and never after the end. Neither may throw.
 */
export interface CallOrigin extends CallSink {
  /** Name and instance of the process that asked first, where the frame does not say. */
  readonly callerName: string;
  readonly callerInstance: string;
  /** Whose call it is (`Identity.text`); absent: nobody asked. */
  readonly identity?: string | undefined;
  /** For whom the function runs that made it (`Identity.text`), as far as that is believed. */
  readonly onBehalfOf?: string | undefined;
  /** Part of work that this server has accepted before: a step of its runs, a nested or relayed call. Served while it drains. */
  readonly isOwn?: boolean | undefined;
  /** Longest wait for a place, in milliseconds; absent: what admission allows. */
  readonly placeWaitMs?: number | undefined;
  /** Its part of a trace that is made here. */
  readonly span?: LiveSpan | undefined;
}

/** A call that was dispatched. */
export interface IncomingCall {
  /** Whether its reply has been given. */
  readonly isSettled: boolean;
  /** Aborts the handler's signal and replies `cancelled`; harmless after the reply. */
  cancel(reason: string): void;
  /** A word of the caller's: credit for the streamed result, an item or the end of the streamed argument. */
  stream(word: StreamWord): void;
  /** The server stops: as `cancel`, but what may be run elsewhere is told so. */
  stop(): void;
}

/** One that has no reply yet, and what it is of. */
export interface CallUnderWay extends IncomingCall {
  readonly frame: Pick<CallFrame, 'function'>;
}

/** What a user gave beside the function; nothing of it is checked yet. */
export interface GivenCall {
  readonly args: unknown;
  readonly options: unknown;
}

/** Carries `ctx.call`: a call that inherits deadline, meta and cancellation from `parent`. Checks what it is given. */
export type NestedCall = (parent: ParentCall, fn: unknown, call: GivenCall) => Promise<unknown>;

/** Carries `ctx.stream`, likewise. */
export type NestedStream = (parent: ParentCall, fn: unknown, call: GivenCall) => AsyncIterable<unknown>;

/** What a nested call inherits. */
export interface ParentCall {
  readonly callId: string;
  /** When the parent's time is over, by the server's clock. */
  readonly deadlineMs: number;
  readonly meta: Readonly<Record<string, string>> | undefined;
  /** Absent: 'default'. */
  readonly priority: CallTerms['priority'];
  /** Where it stands in its trace. */
  readonly trace?: WireTrace | undefined;
  /** Who asked first (`Identity.text`); absent: nobody asks. */
  readonly onBehalfOf?: string | undefined;
  /** Calls `listener` once when the parent is given up (at once if it has been); returns its removal. Cheaper than a signal. */
  onAbort(listener: (reason: HeddleError) => void): () => void;
}

/** What all contexts of one server share. */
export interface ContextHost {
  /** Name of this server. */
  readonly server: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly nestedCall: NestedCall;
  readonly nestedStream: NestedStream;
}

/** What the calls of one server share. */
export interface ServingHost extends ContextHost {
  readonly wheel: DeadlineWheel;
  readonly observer: Observer;
  readonly load: LoopLoad;
  /** Of the streamed arguments that its handlers read. */
  readonly windows: StreamWindows;
  /** Of large arguments and results; absent: none are taken, and every result is sent. */
  readonly handOff?: HandOff | undefined;
  /** Told just before the reply. */
  onSettled(call: CallUnderWay): void;
  /** The function has as many strays as its limit, or no more. */
  onOverrun(served: ServedFunction, isOverrun: boolean): void;
}

/** One function at the server that offers it: what its calls share. */
export interface ServedOffer {
  readonly host: ServingHost;
  readonly served: ServedFunction;
  readonly places: Places;
}

/** What one call is about. */
export interface ServedRequest {
  readonly frame: CallFrame;
  readonly origin: CallOrigin;
  readonly offer: ServedOffer;
}
