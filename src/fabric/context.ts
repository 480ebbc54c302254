/**
 * What a handler gets beside its arguments.
 *
 * X1 making one costs a few stores: the signal, the frozen meta and every bound function are made at first touch.
 * X2 its functions work without their context (`({ sleep }) => sleep(5)`).
 * X3 once the call is given up, the signal is aborted, however late it is touched.
 * Nested calls are carried by the caller (`NestedCall`), which takes deadline, meta and abort from here.
 */

import type { CallOptions, Context } from './api.ts';
import type { AnyFunction } from '../core/function.ts';

/** Carries `ctx.call`: a call that inherits deadline, meta and cancellation from `parent`. */
export type NestedCall = (parent: ParentCall, fn: string | AnyFunction, call: { readonly args: readonly unknown[]; readonly options: CallOptions | undefined }) => Promise<unknown>;

/** What a nested call inherits. */
export interface ParentCall {
  readonly callId: string;
  /** When the parent's time is over, by the server's clock. */
  readonly deadlineMs: number;
  readonly meta: Readonly<Record<string, string>> | undefined;
  /** Calls `listener` once when the parent is given up (at once if it has been); returns its removal. Cheaper than a signal. */
  onAbort(listener: (reason: unknown) => void): () => void;
}

export type { Context };
