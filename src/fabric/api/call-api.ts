/**
 * The options of a call, as types. Each is checked by call-options.ts, and by call-terms.ts where it travels as a term.
 */

import type { Need } from '../../core/catalog/offer.ts';

/** What a call takes beside function and arguments. */
export interface CallOptions {
  /** Resources that the offer must carry; a list means all of them. */
  readonly need?: Need | undefined;
  /** A semver range. By definition the default is `^` its version; by name any, highest first. */
  readonly version?: string | undefined;
  /** Name of the one server that may run it. */
  readonly target?: string | undefined;
  /**
   * Milliseconds for the whole call, its attempts included. Default 30,000; a nested call inherits what is left. A stream
   * has none unless it says so, and ends when nothing has been heard of it for 30 s.
   */
  readonly timeoutMs?: number | undefined;
  /** Abort gives `cancelled`, with the signal's reason as cause, and stops the remote handler. */
  readonly signal?: AbortSignal | undefined;
  /** Travels with the call and is inherited by nested calls; 4 KiB in all. */
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** What the handler gets as `ctx.idempotencyKey`, the same for calls that mean the same; 1 to 256 bytes. Default: the callId. */
  readonly idempotencyKey?: string | undefined;
  /** Affinity: equal keys prefer the same server, as long as it is sound and not much busier than others; 1 to 256 bytes. */
  readonly key?: string | undefined;
  /** Milliseconds to wait for a provider that is absent just now, within `timeoutMs`. Default 250, if it was there within 5 s. */
  readonly waitMs?: number | undefined;
  /**
   * `attempts`: how often the call may be tried in all, 1 to 10; 1 is never again. What nothing ran of is no try. Default: the
   * first, 3 retries, and one more after a lost connection. Only what is safe to repeat is repeated, whatever the number.
   */
  readonly retry?: { readonly attempts: number } | undefined;
  /**
   * True: while the call takes longer than 95 % of its function's calls do, it goes to a second server as well, and the first
   * result counts. Pure and idempotent functions only; at most every twentieth call. Default false.
   */
  readonly hedge?: boolean | undefined;
  /** Which calls go first where there are too many; inherited by nested calls. */
  readonly priority?: 'batch' | 'default' | 'critical' | undefined;
}
