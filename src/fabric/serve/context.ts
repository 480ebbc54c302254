/**
 * What a handler gets beside its arguments.
 *
 * X1 making one costs a few stores: the signal, the frozen meta and every bound function are made at first touch.
 * X2 its functions work without their context (`({ sleep }) => sleep(5)`).
 * X3 once the call is given up, the signal is aborted, however late it is touched.
 * X4 its calls and sleeps raise no unhandled rejection by themselves: of two that a handler has begun, the one that it would have
 *    awaited next fails with the first when a caller gives up, and no caller shall end the process.
 * Nested calls are carried by the caller (`NestedCall`), which takes deadline, meta and abort from here.
 */

import { quiet } from '../../base/deferred.ts';
import type { HeddleError } from '../../errors.ts';
import { provenName } from '../../identity/identity.ts';
import type { Caller, Context } from '../api/api.ts';
import { callIdOf } from './handler-events.ts';
import type { ContextHost, ParentCall, ServedRequest } from './serving.ts';

/** The call that a context is about. */
export interface ContextCall extends Pick<ServedRequest, 'frame' | 'origin'> {
  readonly deadlineMs: number;
  progress(value: unknown): void;
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

type AbortListener = (reason: HeddleError) => void;

const nothing = (): void => {};
const noMeta: Readonly<Record<string, string>> = Object.freeze(Object.create(null));

export class ServedContext implements Context, ParentCall {
  readonly #host: ContextHost;
  readonly #call: ContextCall;
  #controller: AbortController | undefined;
  #abortReason: HeddleError | undefined;
  #listeners: Set<AbortListener> | undefined;
  #meta: Readonly<Record<string, string>> | undefined;

  constructor(host: ContextHost, call: ContextCall) {
    this.#host = host;
    this.#call = call;
  }

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#abortReason) this.#controller.abort(this.#abortReason);
    }
    return this.#controller.signal;
  }

  get callId(): string {
    return callIdOf(this.#call);
  }

  get attempt(): number {
    return this.#call.frame.attempt;
  }

  get idempotencyKey(): string {
    return this.#call.frame.terms?.idempotencyKey ?? this.callId;
  }

  get priority(): ParentCall['priority'] {
    return this.#call.frame.terms?.priority;
  }

  get trace(): ParentCall['trace'] {
    return this.#call.frame.trace;
  }

  /** Whoever asked first: a call out of a handler is its server's own, and says for whom it is. */
  get onBehalfOf(): string | undefined {
    const { origin } = this.#call;
    return origin.onBehalfOf ?? origin.identity;
  }

  get server(): string {
    return this.#host.server;
  }

  get caller(): string {
    const { frame, origin } = this.#call;
    // A proved name rather than one that was only said.
    return provenName(origin.identity) ?? frame.callerName ?? origin.callerName;
  }

  get deadlineMs(): number {
    return this.#call.deadlineMs;
  }

  /** Frozen, and without a prototype: only what the caller gave is in it. */
  get meta(): Readonly<Record<string, string>> {
    this.#meta ??= frozenMeta(this.#call.frame.meta);
    return this.#meta;
  }

  get remainingMs(): () => number {
    return () => Math.max(0, this.#call.deadlineMs - this.#host.clock.nowMs());
  }

  get call(): Caller['call'] {
    const call = (fn: unknown, args: unknown, options?: unknown): Promise<unknown> =>
      quiet(this.#host.nestedCall(this, fn, { args, options }));
    // Types are inferred by `Caller`; what comes back has passed the function's own schemas, as for any caller.
    return call as Caller['call'];
  }

  get stream(): Caller['stream'] {
    const stream = (fn: unknown, args: unknown, options?: unknown): AsyncIterable<unknown> =>
      this.#host.nestedStream(this, fn, { args, options });
    return stream as Caller['stream']; // as for `call`
  }

  get progress(): (value: unknown) => void {
    return (value) => this.#call.progress(value);
  }

  get log(): Context['log'] {
    return (message, fields) => this.#call.log(message, fields);
  }

  get now(): () => number {
    return () => this.#host.clock.wallMs();
  }

  get random(): () => number {
    return () => this.#host.random.next();
  }

  /** Resolves after `ms`; rejects with the signal's reason as soon as the call is given up. */
  get sleep(): (ms: number) => Promise<void> {
    return (ms) => this.#sleep(ms);
  }

  onAbort(listener: AbortListener): () => void {
    if (this.#abortReason) {
      listener(this.#abortReason);
      return nothing;
    }
    const listeners = this.#listeners ?? new Set<AbortListener>();
    this.#listeners = listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Aborts the signal and tells the listeners; once. Called by the call's own life, never by a handler. */
  abort(reason: HeddleError): void {
    if (this.#abortReason) return;
    this.#abortReason = reason;
    const listeners = this.#listeners ?? [];
    this.#listeners = undefined;
    for (const listener of listeners) listener(reason);
    this.#controller?.abort(reason);
  }

  #sleep(ms: number): Promise<void> {
    const slept = new Promise<void>((resolve, reject) => {
      const wake = this.#host.clock.schedule(ms, () => {
        leave();
        resolve();
      });
      const leave = this.onAbort((reason) => {
        wake();
        reject(reason);
      });
    });
    return quiet(slept);
  }
}

function frozenMeta(meta: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  return meta === undefined ? noMeta : Object.freeze(Object.assign(Object.create(null), meta));
}
