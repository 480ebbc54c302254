/**
 * The calling side of the API, the same for a client, a server and a handler's context: options checked,
 * arguments encoded, a promise for the end.
 *
 * G1 nothing is sent before every option and argument is found good.
 * G2 the promise settles exactly once, at the deadline at the latest.
 * Who carries the call is the engine's; runs are in run-caller.ts.
 */

import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Need, OfferKind } from '../../core/catalog/offer.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';
import { encodeArguments } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { CallOptions } from '../api/api.ts';
import {
  type CallEngine,
  type CallHandle,
  type CallSink,
  callTimeoutMsDefault,
  type Invocation,
  isEndless,
  isStreamed,
  type Settlement,
  timeoutMsMax,
} from '../link/invocation.ts';
import type { GivenCall, ParentCall } from '../serve/serving.ts';
import { isAsyncIterable } from '../stream/stream-pump.ts';
import { StreamWindows } from '../stream/stream-windows.ts';
import { Ending, refuseAborted } from './call-ending.ts';
import { checkCallOptions, checkMeta } from './call-options.ts';
import { checkHedge, termsOf } from './call-terms.ts';
import { type Callee, calleeOf } from './callee.ts';
import { CallerStreams } from './caller-streams.ts';
import { type AskedCall, StreamCall } from './stream-call.ts';
import { TracedEngine } from './traced-calls.ts';

export interface CallerOptions {
  readonly engine: CallEngine;
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  /** Of this process: its name and instance. */
  readonly identity: { readonly name: string; readonly instance: string };
  /** Set once nothing may be called any more. */
  readonly refusal: () => HeddleError | undefined;
}

type OnSettled = (settlement: Settlement) => void;

interface Asked extends GivenCall {
  readonly parent: ParentCall | undefined;
}

/** What is wanted of the function; of a stream so many bytes at first. */
interface Wanted {
  readonly kind: OfferKind;
  readonly window: number;
}

const oneResult: Wanted = { kind: 'call', window: 0 };

interface Circumstances {
  readonly options: CallOptions;
  readonly parent: ParentCall | undefined;
  readonly wanted: Wanted;
  readonly hasStreamInput: boolean;
}

export class FabricCaller {
  readonly #options: CallerOptions;
  readonly #windows = new StreamWindows();
  #callNumber = 0;

  constructor(options: CallerOptions) {
    this.#options = { ...options, engine: new TracedEngine(options.engine, true) };
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
  watchedCall(fn: unknown, call: GivenCall, onSettled: OnSettled): Promise<unknown> {
    return this.#call(fn, { args: call.args, options: call.options, parent: undefined, onSettled });
  }

  /** A call out of a handler: inherits deadline and meta, and is given up with its parent. */
  nestedCall(parent: ParentCall, fn: unknown, call: GivenCall): Promise<unknown> {
    return this.#call(fn, { args: call.args, options: call.options, parent });
  }

  /** A root stream; it starts with the loop, which throws a HeddleError where it fails. */
  stream(fn: unknown, args: unknown, options: unknown): AsyncIterable<unknown> {
    return this.#stream(fn, { args, options, parent: undefined });
  }

  /** A stream out of a handler, likewise. */
  nestedStream(parent: ParentCall, fn: unknown, call: GivenCall): AsyncIterable<unknown> {
    return this.#stream(fn, { args: call.args, options: call.options, parent });
  }

  #call(fn: unknown, asked: Asked & { readonly onSettled?: OnSettled | undefined }): Promise<unknown> {
    try {
      const { invocation, source, signal } = this.#ask(fn, asked, oneResult);
      return new Promise((resolve, reject) => {
        const ending = new Ending(resolve, reject);
        const sink = asked.onSettled ? watched(ending, asked.onSettled) : ending;
        ending.follow(this.#start(invocation, sink, source), signal, asked.parent);
      });
    } catch (error) {
      return Promise.reject(error);
    }
  }

  #start(invocation: Invocation, ending: CallSink, source: AsyncIterable<unknown> | undefined): CallHandle {
    if (source === undefined) return this.#options.engine.start(invocation, ending);
    return new CallerStreams(this.#options, ending, source).start(invocation);
  }

  #stream(fn: unknown, asked: Asked): AsyncIterable<unknown> {
    const { clock, wheel, engine } = this.#options;
    const ask = (window: number): AskedCall => this.#ask(fn, asked, { kind: 'stream', window });
    return new StreamCall({ clock, wheel, engine, windows: this.#windows, parent: asked.parent, ask });
  }

  /** G1. */
  #ask(fn: unknown, asked: Asked, wanted: Wanted): AskedCall {
    const refusal = this.#options.refusal();
    if (refusal) throw refusal;
    const { parent } = asked;
    const options = asked.options === undefined ? noOptions : checkCallOptions(asked.options);
    const { signal } = options;
    refuseAborted(signal, parent);
    const args = listOf(asked.args);
    const source = sourceOf(args);
    const circumstances = { options, parent, wanted, hasStreamInput: source !== undefined };
    const plain = source === undefined ? args : args.slice(0, -1);
    return { invocation: this.#invocation(calleeOf(fn, wanted.kind), plain, circumstances), source, signal };
  }

  #invocation(callee: Callee, args: readonly unknown[], how: Circumstances): Invocation {
    const { options, parent, wanted, hasStreamInput } = how;
    if (options.hedge === true) checkHedge({ effect: callee.effect, kind: wanted.kind, hasStreamInput });
    const nowMs = this.#options.clock.nowMs();
    const timeoutMs = timeoutOf(how, nowMs);
    return {
      function: callee.name,
      kind: wanted.kind,
      credit: wanted.window,
      hasStreamInput,
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
      round: 0,
      isAgain: false,
      via: undefined,
      planned: undefined,
      runners: undefined,
      parkMs: undefined,
      parkOverBytes: undefined,
      trace: parent?.trace,
      identity: undefined,
      onBehalfOf: parent?.onBehalfOf,
      isStep: undefined,
    };
  }
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

function listOf(args: unknown): readonly unknown[] {
  if (Array.isArray(args)) return args;
  throw new HeddleError('bad_argument', { path: ['args'], expected: 'the arguments as one array', found: typeName(args) });
}

/** A last argument that is a stream travels beside the others. */
function sourceOf(args: readonly unknown[]): AsyncIterable<unknown> | undefined {
  const last = args[args.length - 1];
  return isAsyncIterable(last) ? last : undefined;
}

function encoded(args: readonly unknown[]) {
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

/** A nested call inherits what is left; what has a stream has no deadline of its own, and gives none to calls under it. */
function timeoutOf({ options, parent, wanted, hasStreamInput }: Circumstances, nowMs: number): number {
  const leftMs = parent === undefined ? timeoutMsMax : Math.max(0, parent.deadlineMs - nowMs);
  const ownMs = isStreamed({ kind: wanted.kind, hasStreamInput }) ? timeoutMsMax : callTimeoutMsDefault;
  return Math.min(options.timeoutMs ?? (isEndless(leftMs) ? ownMs : leftMs), leftMs);
}
