/**
 * What a client and a server have in common, and the client, as types: calls, streams, runs, and looking around.
 *
 * One signature takes a name or a definition: overloads spoil every message, and a union constraint is quadratic in names
 * times calls. `${N}` and the defaults do it.
 */

import type { Effect, OfferKind } from '../../core/catalog/offer.ts';
import type {
  AnyFunction,
  ArgsOf,
  Calls,
  HeddleFunction,
  HeddleStream,
  Is,
  ItemOf,
  ResultOf,
  Streams,
  Untyped,
} from '../../core/function.ts';
import type { Workflow } from '../../core/workflow/builder.ts';
import type { Command, WorkflowData } from '../../core/workflow/data.ts';
import type { CallOptions } from './call-api.ts';
import type { Drained, DrainOptions } from './drain-port.ts';
import type { TokenSource } from './identity-api.ts';
import type { Plan } from './plan.ts';
import type { Run, RunOptions, SubmitOptions, Wait } from './run-api.ts';
import type { ClientTls } from './tls-api.ts';

/** `string` where nothing is known of the fabric, so that a name in a variable will do; else nothing. */
type AnyName<F> = string extends keyof Calls<F> ? string : never;

/** What a client and a server have in common: calls, runs, and questions about the fabric. */
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
   * the others from being taken. Of a workflow the same for every step, in order, what goes together, and what it would take as far
   * as that is known. Calls nothing. Rejects with `no_such_function`, of a workflow with `bad_workflow`.
   */
  explain(plan: Explainable | (keyof Calls<F> & string), options?: ExplainOptions): Promise<Plan>;
  /**
   * What holds a run back just now, or one of its steps, or a call of a function: reasons of a closed set, and what would end
   * each. Empty: nothing waits. Rejects with `unknown_run`; with `bad_argument` for a step that the run does not have.
   */
  why(what: { readonly run: string; readonly step?: string | undefined } | { readonly function: string }): Promise<readonly Wait[]>;
  /** Every server of the fabric, as the one that is asked sees it. */
  members(): Promise<readonly Member[]>;
  /** Every offer, by function, version and server; with `schemas` also the JSON Schemas that the functions have. */
  catalog(options?: { readonly schemas?: boolean | undefined }): Promise<readonly Offer[]>;
}

/** What has a plan: a definition or handle, or a workflow, built or as data. */
type Explainable = AnyFunction | Workflow<never, unknown> | WorkflowData | readonly Command[];

/** Demands, as for a call of the function; `references` and `input`, as for a run of the workflow. */
export interface ExplainOptions
  extends Pick<CallOptions, 'need' | 'version' | 'target' | 'key'>,
    Pick<SubmitOptions, 'references' | 'input'> {}

type RunInput<I> = [I] extends [void] ? [input?: undefined, options?: RunOptions] : [input: I, options?: RunOptions];

/** One server of the fabric. */
export interface Member {
  /** Unique in its fabric. */
  readonly name: string;
  /** `host:port` under which others reach it. */
  readonly url: string;
  /** As the server that was asked sees it: `alive`, `suspect`, `unreachable` or `leaving`. */
  readonly status: string;
  /** Counts the lives of a name: a restarted server has a higher one. */
  readonly epoch: number;
  /** Its own tags, without those of its functions. */
  readonly resources: readonly string[];
  /** What stands against it there: `reset`, `refused`, `silent`, `stalled`, `untrusted`; empty when it is alive. */
  readonly evidence: readonly string[];
  /** Hash of all that it knows of the fabric, by its last beat: servers that agree have the same. Absent without a link to it. */
  readonly root?: string;
}

/** One function at one server. */
export interface Offer {
  /** By the name under which it is called. */
  readonly function: string;
  /** Full semver. */
  readonly version: string;
  /** The server's name. */
  readonly server: string;
  /** Tags of the server and of the function together. */
  readonly resources: readonly string[];
  /** What repeating it means. */
  readonly effect: Effect;
  /** `call`, or `stream` for one that yields items. */
  readonly kind: OfferKind;
  /** JSON Schema of the arguments, as text: a list, `true` for one that is not known. Only when asked for, and where there is one. */
  readonly inputSchema?: string;
  /** Of the result, or of each item. */
  readonly outputSchema?: string;
}

/** A light session through an entry server; several addresses are for failover. */
export interface Client<F = Untyped> extends Caller<F> {
  /**
   * Drains a server of the fabric, by name: it takes no new work and finishes what it has, within its grace time. Resolves
   * when it has, with what had to be ended. Throws `bad_argument` for a name that nobody has, `unreachable`.
   */
  drain(server: string, options?: DrainOptions): Promise<Drained>;
  /** Ends the session; calls under way are rejected with `closed`. */
  close(): Promise<void>;
  /** As `close`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** What `connect` takes beside addresses. */
export interface ConnectOptions {
  /**
   * `entry` (the default): every call goes through the server that the client is connected to. `direct`: the client keeps a
   * catalog and connections of its own and calls the servers themselves, one hop less; through its entry where it cannot.
   */
  readonly routing?: 'entry' | 'direct' | undefined;
  /**
   * Proof of who this is: a token, or a function that gets a fresh one whenever one is needed, which is before the last one ends. It is
   * sent over TLS, and in the clear to this machine alone.
   */
  readonly token?: TokenSource | undefined;
  /** For servers that speak TLS: whose certificates are trusted, and the client's own. Default: everything is in the clear. */
  readonly tls?: ClientTls | undefined;
}
