/**
 * Functions as their author writes them, as types: what a handler gets, what `defineFunction` takes and gives, and the record
 * in which functions are offered. How a caller sees them is core/function.ts.
 */

import type { Effect } from '../../core/catalog/offer.ts';
import type {
  AnyFunction,
  AnyStream,
  Bytes,
  HeddleFunction,
  HeddleStream,
  InputOf,
  Inputs,
  ItemIn,
  OutputOf,
  Outputs,
  Schema,
  Streaming,
} from '../../core/function.ts';
import type { Caller } from './caller-api.ts';

/** What a handler gets beside its arguments. */
export interface Context {
  /** Fires when the caller gives up or the deadline passes. */
  readonly signal: AbortSignal;
  /** Constant over the attempts of one call. */
  readonly callId: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Equal for calls that mean the same: what the caller chose, else the callId. */
  readonly idempotencyKey: string;
  /** Name of the server that runs this. */
  readonly server: string;
  /** Name of the client or server that asked first. */
  readonly caller: string;
  /** What the caller sent along; nested calls inherit it. */
  readonly meta: Readonly<Record<string, string>>;
  /** Milliseconds until the caller's deadline, by this machine's monotonic clock. */
  remainingMs(): number;
  /** A nested call; it inherits deadline and meta. */
  readonly call: Caller['call'];
  /** A nested stream, likewise. */
  readonly stream: Caller['stream'];
  /** Shown to whoever follows the run; of several, the last is kept. */
  progress(value: unknown): void;
  /** The event `handler.logged` at the server that runs this. */
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Milliseconds since the Unix epoch; virtual in a simulation, as `sleep` and `random` are. */
  now(): number;
  /** Ends early, by rejecting with its reason, when `signal` fires. */
  sleep(ms: number): Promise<void>;
  /** From 0 to below 1. */
  random(): number;
}

/** What `defineFunction` takes. */
export interface FunctionSpec<Name extends string, In, Out, Args extends readonly unknown[], Result> {
  /** By which it is called: dots may structure it. */
  readonly name: Name;
  /** Full semver; default `1.0.0`. */
  readonly version?: string | undefined;
  /** Tags that its offers carry beside the server's; never a demand. Default none. */
  readonly resources?: readonly string[] | undefined;
  /** Default `once`: it must not run twice. */
  readonly effect?: Effect | undefined;
  /** One schema an argument; validated where it runs. */
  readonly input?: In;
  /** Describes the result; of a stream each item. */
  readonly output?: Out;
  /** Longest run of one attempt, in milliseconds; default: the caller's. */
  readonly timeoutMs?: number | undefined;
  /** Calls that one server runs at the same time; the next 2 x as many queue for at most 100 ms. */
  readonly concurrency?: number | undefined;
  /** Slots of the server (`slots`) that each call takes while it runs, as in `{ gpu: 1 }`; a server without them refuses the function. */
  readonly uses?: Readonly<Record<string, number>> | undefined;
  /** For a handler that returns an AsyncIterable without being an `async function*`. */
  readonly stream?: true | undefined;
  /** What runs. It gets the context, then the arguments: with `input` as the schemas read them. */
  readonly handler: (ctx: Context, ...args: HandlerArgs<In, Args>) => HandlerResult<Out, Result>;
}
type HandlerArgs<In, Args extends readonly unknown[]> = In extends readonly Schema[] ? Outputs<In> : Args;
type CallArgs<In, Args extends readonly unknown[]> = In extends readonly Schema[] ? Inputs<In> : Args;
type HandlerResult<Out, Result> = Out extends Schema ? InputOf<Out> | Promise<InputOf<Out>> | AsyncIterable<InputOf<Out>> : Result;
type Received<Out, Value> = Out extends Schema ? OutputOf<Out> : Bytes<Value>;

/** What `defineFunction` gives: a callable, or, of a handler that yields, a stream. */
export type Defined<Name extends string, In, Out, Args extends readonly unknown[], Result> =
  Streaming<Result> extends true
    ? HeddleStream<CallArgs<In, Args>, Received<Out, ItemIn<Result>>, Name>
    : HeddleFunction<CallArgs<In, Args>, Received<Out, Awaited<Result>>, Name>;

/** The type of `defineFunction` (define.ts). */
export type DefineFunction = <
  const Name extends string,
  Args extends readonly unknown[],
  Result,
  const In extends readonly Schema[] | undefined = undefined,
  Out extends Schema | undefined = undefined,
>(
  spec: FunctionSpec<Name, In, Out, Args, Result>,
) => Defined<Name, In, Out, Args, Result>;

/** One record of definitions (wire name: their `name`) and plain functions (wire name: their key). */
// `Function`, not a signature: a call signature here would type the parameters of an unannotated handler as unknown.
export type Functions = Readonly<Record<string, AnyFunction | AnyStream | Function>>;
