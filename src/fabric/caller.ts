/**
 * The calling side of the API, the same for a client, a server and a handler's context: options checked,
 * arguments encoded, a promise for the end.
 *
 * G1 nothing is sent before every option and argument is found good.
 * G2 the promise settles exactly once, at the deadline at the latest.
 * Who carries the call is the engine's; runs are in run-caller.ts.
 */

import type { Effect, Need } from '../core/catalog/offer.ts';
import { type AnyFunction, rangeOf } from '../core/function.ts';
import { HeddleError } from '../errors.ts';
import { fromWireError } from '../wire/error.ts';
import { decodeValue, encodeArguments } from '../wire/value.ts';
import { argumentError, peerValueError } from '../wire/value-problem.ts';
import type { CallOptions } from './api.ts';
import { checkCallOptions, checkMeta } from './call-options.ts';
import { termsOf } from './call-terms.ts';
import type { ParentCall } from './context.ts';
import { type CallEngine, type CallHandle, type CallSink, callTimeoutMsDefault, type Invocation, type Settlement } from './invocation.ts';

export interface CallerOptions {
  readonly engine: CallEngine;
  readonly nowMs: () => number;
  /** Of this process: its name and instance. */
  readonly identity: { readonly name: string; readonly instance: string };
  /** Set once nothing may be called any more. */
  readonly refusal: () => HeddleError | undefined;
}

type OnSettled = (settlement: Settlement) => void;

/** What is called, however the user named it. */
interface Callee {
  readonly name: string;
  readonly version: string | undefined;
  readonly effect: Effect | undefined;
}

export class FabricCaller {
  readonly #options: CallerOptions;
  #callNumber = 0;

  constructor(options: CallerOptions) {
    this.#options = options;
  }

  /** The number of the next call of this process; with the instance the callId. */
  nextCallNumber(): number {
    this.#callNumber += 1;
    return this.#callNumber;
  }

  /** A root call. Rejects with a HeddleError. */
  call(fn: unknown, args: unknown, options: unknown): Promise<unknown> {
    return this.#call(fn, { args, options, parent: undefined });
  }

  /** A root call whose end is told to `onSettled` as well, just before its promise settles. */
  watchedCall(fn: unknown, call: { readonly args: unknown; readonly options: unknown }, onSettled: OnSettled): Promise<unknown> {
    return this.#call(fn, { ...call, parent: undefined, onSettled });
  }

  /** A call out of a handler: inherits deadline and meta, and is given up with its parent. */
  nestedCall(parent: ParentCall, fn: unknown, call: { readonly args: unknown; readonly options: unknown }): Promise<unknown> {
    return this.#call(fn, { ...call, parent });
  }

  #call(
    fn: unknown,
    call: {
      readonly args: unknown;
      readonly options: unknown;
      readonly parent: ParentCall | undefined;
      readonly onSettled?: OnSettled | undefined;
    },
  ): Promise<unknown> {
    try {
      const refusal = this.#options.refusal();
      if (refusal) throw refusal;
      const options = call.options === undefined ? noOptions : checkCallOptions(call.options);
      refuseAborted(options.signal, call.parent);
      const invocation = this.#invocation(fn, call.args, { options, parent: call.parent });
      return new Promise((resolve, reject) => {
        const ending = new Ending(resolve, reject);
        const sink = call.onSettled ? watched(ending, call.onSettled) : ending;
        ending.follow(this.#options.engine.start(invocation, sink), options.signal, call.parent);
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #invocation(fn: unknown, args: unknown, how: { readonly options: CallOptions; readonly parent: ParentCall | undefined }): Invocation {
    const { options, parent } = how;
    const callee = calleeOf(fn);
    const nowMs = this.#options.nowMs();
    const leftMs = parent === undefined ? Number.POSITIVE_INFINITY : Math.max(0, parent.deadlineMs - nowMs);
    const timeoutMs = Math.min(options.timeoutMs ?? (parent === undefined ? callTimeoutMsDefault : leftMs), leftMs);
    return {
      function: callee.name,
      version: options.version ?? callee.version,
      effect: callee.effect,
      need: options.need,
      target: options.target,
      args: { template: encoded(args), inputs: [] },
      timeoutMs,
      deadlineMs: nowMs + timeoutMs,
      caller: this.#options.identity.instance,
      callerName: this.#options.identity.name,
      callNumber: this.nextCallNumber(),
      attempt: 1,
      paid: 0,
      lost: 0,
      meta: inheritedMeta(parent, options),
      terms: termsOf(options, parent?.priority),
      isJsonOnly: false,
      wantsProgress: false,
      isOverloadFinal: false,
    };
  }
}

/** A call that was given up before it began is not sent. */
function refuseAborted(signal: AbortSignal | undefined, parent: ParentCall | undefined): void {
  if (signal?.aborted) throw givenUp(signal.reason);
  const before: { reason: unknown }[] = [];
  parent?.onAbort((reason) => before.push({ reason }))();
  if (before[0]) throw givenUp(before[0].reason);
}

function givenUp(reason: unknown): HeddleError {
  return new HeddleError('cancelled', { reason }, { executed: 'no', cause: reason });
}

/** What travels with a nested call; 4 KiB with what it inherits. */
function inheritedMeta(parent: ParentCall | undefined, options: CallOptions): CallOptions['meta'] {
  if (parent?.meta === undefined) return options.meta;
  if (options.meta === undefined) return parent.meta;
  const meta = { ...parent.meta, ...options.meta };
  checkMeta(meta);
  return meta;
}

const noOptions: CallOptions & { readonly need?: Need | undefined } = {};

function calleeOf(fn: unknown): Callee {
  if (typeof fn === 'string') return { name: fn, version: undefined, effect: undefined };
  if (isHandle(fn)) return { name: fn.name, version: rangeOf(fn), effect: fn.effect };
  throw new HeddleError('bad_argument', {
    path: ['function'],
    expected: 'a name, or what defineFunction or remote gave',
    found: typeof fn === 'function' ? 'a plain function (call it by the name it is offered under)' : typeof fn,
  });
}

function isHandle(fn: unknown): fn is AnyFunction {
  return typeof fn === 'object' && fn !== null && 'kind' in fn && fn.kind === 'call' && 'name' in fn && typeof fn.name === 'string';
}

function encoded(args: unknown) {
  if (!Array.isArray(args)) {
    throw new HeddleError('bad_argument', { path: ['args'], expected: 'the arguments as one array', found: typeof args });
  }
  try {
    return encodeArguments(args);
  } catch (problem) {
    throw argumentError(problem);
  }
}

function watched(sink: CallSink, onSettled: OnSettled): CallSink {
  return {
    settled(settlement) {
      onSettled(settlement);
      sink.settled(settlement);
    },
  };
}

/** The end of a call, as the user's promise sees it. */
class Ending implements CallSink {
  readonly #resolve: (value: unknown) => void;
  readonly #reject: (error: unknown) => void;
  #isSettled = false;
  #reason: unknown;
  #unfollow: (() => void) | undefined;

  constructor(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
    this.#resolve = resolve;
    this.#reject = reject;
  }

  /** Gives the call up when the signal aborts or the parent is given up. */
  follow(handle: CallHandle, signal: AbortSignal | undefined, parent: ParentCall | undefined): void {
    if (this.#isSettled || (signal === undefined && parent === undefined)) return;
    const cancel = (reason: unknown): void => {
      this.#reason = reason;
      handle.cancel(reason instanceof Error ? reason.message : String(reason));
    };
    const onAbort = (): void => cancel(signal?.reason);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort, { once: true });
    const leaveParent = parent?.onAbort(cancel);
    this.#unfollow = () => {
      signal?.removeEventListener('abort', onAbort);
      leaveParent?.();
    };
    // A parent that was given up already has called back at once.
    if (this.#isSettled) this.#unfollow();
  }

  settled({ outcome }: Settlement): void {
    this.#isSettled = true;
    this.#unfollow?.();
    if (outcome.ok) this.#decode(outcome.value);
    else this.#reject(this.#withReason(fromWireError(outcome.error)));
  }

  #decode(value: Parameters<typeof decodeValue>[0]): void {
    try {
      this.#resolve(decodeValue(value));
    } catch (problem) {
      this.#reject(peerValueError(problem));
    }
  }

  /** The user's own abort reason is the cause, as it was given. */
  #withReason(error: HeddleError): HeddleError {
    if (this.#reason === undefined || !HeddleError.is(error, 'cancelled')) return error;
    return new HeddleError('cancelled', { ...error.detail, reason: this.#reason }, { executed: error.executed, cause: this.#reason });
  }
}
