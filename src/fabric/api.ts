/**
 * The public API as types: what a client, a server and a handler's context can do, and every option they take.
 *
 * A1 every option is `?: T | undefined`, every field of data plain `?: T`.
 * A2 one signature takes a name or a definition: overloads spoil every message, and a union constraint is
 *    quadratic in names times calls. `${N}` and the defaults do it.
 * A3 what is not built is not declared; using it is refused by name.
 * Callables are core/function.ts, references and builders core/workflow; this page holds no code.
 */

import type { Effect, OfferKind } from '../core/catalog/offer.ts';
import type {
  AnyFunction,
  AnyStream,
  ArgsOf,
  Bytes,
  Calls,
  HeddleFunction,
  HeddleStream,
  InputOf,
  Inputs,
  Is,
  ItemIn,
  ItemOf,
  OutputOf,
  Outputs,
  ResultOf,
  Schema,
  Streaming,
  Streams,
  Untyped,
} from '../core/function.ts';
import type { Workflow } from '../core/workflow/builder.ts';
import type { Command, Returns, WorkflowData } from '../core/workflow/data.ts';
import type { EventHead, RunEventBody, RunSettled } from '../core/workflow/record.ts';
import type { HeddleError } from '../errors.ts';
import type { FabricEvent } from '../observe/events.ts';
import type { CallOptions } from './call-api.ts';
import type { Drained, DrainOptions } from './drain-port.ts';
import type { Plan } from './plan.ts';

export type { CallOptions } from './call-api.ts';

// ------------------------------------------------------------------------------------------- calling

export interface RunOptions {
  /** Chosen by the caller: submitting it twice attaches to the first. Default: made by the coordinator. */
  readonly runId?: string | undefined;
  /** Outlives its client's connection to its own deadline; otherwise it is cancelled 10 s after the connection is gone. */
  readonly detached?: boolean | undefined;
  /** Milliseconds for the whole run; default 300,000. */
  readonly timeoutMs?: number | undefined;
  /** Abort cancels the run. */
  readonly signal?: AbortSignal | undefined;
}

export interface SubmitOptions extends RunOptions {
  /** Default: what the data says, else `leaves`. */
  readonly returns?: Returns | undefined;
  /** `bare`: a string argument that equals a command's name, or `name.field.0`, stands for that result. Default `explicit`. */
  readonly references?: 'explicit' | 'bare' | undefined;
  /** What `{ $input: true }` stands for. */
  readonly input?: unknown;
}

/** `string` where nothing is known of the fabric, so that a name in a variable will do; else nothing. */
type AnyName<F> = string extends keyof Calls<F> ? string : never;

export interface Caller<F = Untyped> {
  /** Calls a function by name or by definition and resolves to its result; rejects with a HeddleError. */
  call<
    N extends keyof Calls<F> & string = AnyName<F> & keyof Calls<F>,
    A extends readonly unknown[] = ArgsOf<Calls<F>[N]>,
    R = ResultOf<Calls<F>[N]>,
  >(fn: `${N}` | AnyName<F> | HeddleFunction<A, R>, args: Readonly<Is<A>>, options?: CallOptions): Promise<Is<R>>;
  /**
   * Reads a stream by name or by definition, once: it starts with the loop, which gets its items in order and throws a
   * HeddleError where it breaks off (`detail.lastItem` is the number of the last item). Leaving the loop cancels it.
   */
  stream<
    N extends keyof Streams<F> & string = AnyName<F> & keyof Streams<F>,
    A extends readonly unknown[] = ArgsOf<Streams<F>[N]>,
    T = ItemOf<Streams<F>[N]>,
  >(fn: `${N}` | AnyName<F> | HeddleStream<A, T>, args: Readonly<Is<A>>, options?: CallOptions): AsyncIterable<Is<T>>;
  /** Starts a run of a built workflow; the handle is there at once. */
  run<I, R>(flow: Workflow<I, R>, ...input: RunInput<Is<I>>): Run<R>;
  /** The same for a workflow as data. */
  submit(commands: WorkflowData | readonly Command<keyof Calls<F> & string>[], options?: SubmitOptions): Run<Record<string, unknown>>;
  /** The handle of a run that was started before; `flow` types its result. */
  attach<R = unknown>(runId: string, flow?: Workflow<never, R>): Run<R>;
  /**
   * Where a call of the function would go now, and why: its offers in the order in which they are preferred, and what keeps
   * the others from being taken. Calls nothing. Rejects with `no_such_function`.
   */
  explain(fn: (keyof Calls<F> & string) | AnyFunction, options?: CallOptions): Promise<Plan>;
  members(): Promise<readonly Member[]>;
  catalog(): Promise<readonly Offer[]>;
}

type RunInput<I> = [I] extends [void] ? [input?: undefined, options?: RunOptions] : [input: I, options?: RunOptions];

/** One server of the fabric. */
export interface Member {
  readonly name: string;
  readonly url: string;
  readonly status: string;
  readonly epoch: number;
  readonly resources: readonly string[];
}

/** One function at one server. */
export interface Offer {
  readonly function: string;
  readonly version: string;
  readonly server: string;
  readonly resources: readonly string[];
  readonly effect: Effect;
  readonly kind: OfferKind;
}

// ------------------------------------------------------------------------------------------- runs

/** One execution of a workflow. Its promises never raise an unhandled rejection by themselves. */
export interface Run<out Result> {
  /** Chosen by the caller, or by this client before it submits. */
  readonly runId: string;
  /** Resolves when the coordinator has checked the workflow and started it; rejects with `bad_workflow` and the like. */
  readonly accepted: Promise<void>;
  /** Every loop over it replays from the first event; it ends after `run.settled`. */
  readonly events: AsyncIterable<RunEvent>;
  readonly result: Promise<Result>;
  /** Cancels the steps under way and starts no more; resolves when the coordinator has heard it. */
  cancel(reason?: string): Promise<void>;
}

/** `event.kind` narrows. */
export type RunEvent = EventHead & (RunEventBody<unknown, HeddleError> | RunSettled<unknown, HeddleError>);

// ------------------------------------------------------------------------------------------- connecting

/** A light session through an entry server; several addresses are for failover. */
export interface Client<F = Untyped> extends Caller<F> {
  /**
   * Drains a server of the fabric, by name: it takes no new work and finishes what it has, within its grace time. Resolves
   * when it has, with what had to be ended. Throws `bad_argument` for a name that nobody has, `unreachable`.
   */
  drain(server: string, options?: DrainOptions): Promise<Drained>;
  /** Ends the session; calls under way are rejected with `closed`. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ConnectOptions {
  /**
   * `entry` (the default): every call goes through the server that the client is connected to. `direct`: the client keeps a
   * catalog and connections of its own and calls the servers themselves, one hop less; through its entry where it cannot.
   */
  readonly routing?: 'entry' | 'direct' | undefined;
}

// ------------------------------------------------------------------------------------------- defining

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
  readonly meta: Readonly<Record<string, string>>;
  /** Milliseconds until the caller's deadline, by this machine's monotonic clock. */
  remainingMs(): number;
  /** A nested call; it inherits deadline and meta. */
  readonly call: Caller['call'];
  /** A nested stream, likewise. */
  readonly stream: Caller['stream'];
  /** Shown to whoever follows the run; of several, the last is kept. */
  progress(value: unknown): void;
  log(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Milliseconds since the Unix epoch; virtual in a simulation, as `sleep` and `random` are. */
  now(): number;
  sleep(ms: number): Promise<void>;
  random(): number;
}

/** What `defineFunction` takes. */
export interface FunctionSpec<Name extends string, In, Out, Args extends readonly unknown[], Result> {
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

/** The type of `defineFunction` (fabric/define.ts). */
export type DefineFunction = <
  const Name extends string,
  Args extends readonly unknown[],
  Result,
  const In extends readonly Schema[] | undefined = undefined,
  Out extends Schema | undefined = undefined,
>(
  spec: FunctionSpec<Name, In, Out, Args, Result>,
) => Defined<Name, In, Out, Args, Result>;

// ------------------------------------------------------------------------------------------- serving

/** One record of definitions (wire name: their `name`) and plain functions (wire name: their key). */
// `Function`, not a signature: a call signature here would type the parameters of an unannotated handler as unknown.
export type Functions = Readonly<Record<string, AnyFunction | AnyStream | Function>>;

export interface ServerOptions {
  /** Unique in its fabric; default `<hostname>-<6 random>`. */
  readonly name?: string | undefined;
  /** Tags that every offer of this server carries. */
  readonly resources?: readonly string[] | undefined;
  readonly functions?: Functions | undefined;
  /** Only servers of one cluster join one another; default `default`. */
  readonly cluster?: string | undefined;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** `host:port` or host by which others reach this server; default: the address it listens on. */
  readonly advertise?: string | undefined;
  /** What functions share that say `uses`, as in `{ gpu: 1 }`: calls that need more than there is wait, or go elsewhere. */
  readonly slots?: Readonly<Record<string, number>> | undefined;
  /** Addresses of servers that may be up already. */
  readonly join?: readonly string[] | undefined;
  /** Default `auto`: any free one. */
  readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined;
  /**
   * Also listens for an operator's gRPC tools: channelz (what connections and streams there are, with their counts), health and
   * reflection. It tells of the whole process and asks nobody who they are: `host` is 127.0.0.1 unless said. Default: nowhere.
   */
  readonly admin?:
    | { readonly port?: number | 'auto' | { readonly from: number; readonly to: number } | undefined; readonly host?: string | undefined }
    | undefined;
  /** Called once, after the socket listens. */
  readonly onListening?: ((at: Listening) => void) | undefined;
}

export interface Listening {
  readonly name: string;
  readonly url: string;
  readonly port: number;
  /** `host:port` of the admin listener, when one was asked for. */
  readonly adminUrl?: string;
}

export interface Server extends Caller {
  readonly name: string;
  /** `host:port`. */
  readonly url: string;
  /** Adds functions while running; resolves when the catalog has them. */
  offer(functions: Functions): Promise<void>;
  withdraw(...names: readonly string[]): Promise<void>;
  /** Listens to one kind of event; returns its own removal. */
  on<K extends FabricEvent['kind']>(kind: K, listener: (event: Extract<FabricEvent, { readonly kind: K }>) => void): () => void;
  /** Takes no new work and finishes what runs; resolves when it has, or when the grace time is over and the rest was ended. */
  drain(): Promise<void>;
  /** Leaves, closes, and leaves no timer or socket behind. */
  stop(): Promise<void>;
  /** Drain, then stop. */
  [Symbol.asyncDispose](): Promise<void>;
}
