/**
 * Callables at the level of types: what a function of the fabric looks like to its callers.
 *
 * F1 `~x` members are phantoms: they carry types, never a value. They sort last in completion lists and are
 *    equal across two copies of the package.
 * F2 arguments and result are inferred once; `Is` keeps every other mention from being an inference site.
 * F3 a function that yields is a stream, and never a call: neither type takes the other.
 * What a definition says beside its type (resources, schemas, handler) is fabric/api/function-api.ts; which server answers a
 * version range is core/catalog.
 */

import { HeddleError, type HeddleErrorOf } from '../errors.ts';
import type { Effect, OfferKind } from './catalog/offer.ts';

/** Any schema library that speaks Standard Schema (https://standardschema.dev); copied, as the specification allows. */
export interface Schema<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown, options?: never) => unknown;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
  };
}

/** What a caller gives to a schema. */
export type InputOf<S> = S extends { readonly '~standard': { readonly types?: { readonly input: infer I } | undefined } } ? I : never;
/** What a schema gives to the handler. */
export type OutputOf<S> = S extends { readonly '~standard': { readonly types?: { readonly output: infer O } | undefined } } ? O : never;

/** One schema an argument, as callers see them; a trailing schema that takes `undefined` makes its argument optional. */
export type Inputs<S extends readonly Schema[]> = Trailing<{ -readonly [K in keyof S]: InputOf<S[K]> }>;
/** The same, as the handler sees them. */
export type Outputs<S extends readonly Schema[]> = Trailing<{ -readonly [K in keyof S]: OutputOf<S[K]> }>;
type Trailing<A extends readonly unknown[]> = A extends readonly [...infer Head, infer Last]
  ? undefined extends Last
    ? [...Trailing<Head>, Last?]
    : A
  : A;

/** A callable by name, version and type: what `defineFunction` and `remote` give. */
export interface HeddleFunction<in Args extends readonly unknown[], out Result, out Name extends string = string> {
  readonly kind: 'call';
  readonly name: Name;
  /** A full version (meaning `^` it) or a range; see `rangeOf`. */
  readonly version: string;
  /** The strictest effect that the caller knows of; absent on a handle that does not say. */
  readonly effect?: Effect | undefined;
  readonly '~call': (...args: Args) => Result;
}

/** The same of a function that yields: it is read item by item. */
export interface HeddleStream<in Args extends readonly unknown[], out Item, out Name extends string = string> {
  readonly kind: 'stream';
  readonly name: Name;
  /** As of a `HeddleFunction`. */
  readonly version: string;
  readonly effect?: Effect | undefined;
  readonly '~stream': (...args: Args) => Item;
}

/** Any definition or handle, whatever its types. */
export type AnyFunction = HeddleFunction<never, unknown>;
/** Any definition or handle of a stream. */
export type AnyStream = HeddleStream<never, unknown>;

/** A Buffer is bytes on the wire and arrives as a Uint8Array. */
export type Bytes<T> = T extends Uint8Array ? Uint8Array<ArrayBuffer> : T;

/** Whether a handler of this return type yields a stream. `any` and `never` do not. */
export type Streaming<R> = 0 extends 1 & R ? false : [R] extends [never] ? false : R extends AsyncIterable<unknown> ? true : false;

/** Evaluates to T and is never an inference site: like NoInfer, but it does not show in hovers. */
export type Is<T> = [T] extends [infer U] ? U : never;

/** The fabric of which nothing is known: every name, any arguments, results unknown. */
export type Untyped = Readonly<Record<string, (...args: readonly unknown[]) => unknown>>;

/** Wire name -> function: a definition under its own name, a plain function under its key, anything else left out. */
export type Calls<F> = {
  [K in keyof F as F[K] extends HeddleFunction<never, unknown, infer N>
    ? N
    : F[K] extends (...args: never) => infer R
      ? Streaming<R> extends true
        ? never
        : K & string
      : never]: F[K];
};

/** The same of streams. Of what returns `unknown` nothing is known: it may be either. */
export type Streams<F> = {
  [K in keyof F as F[K] extends HeddleStream<never, unknown, infer N>
    ? N
    : F[K] extends (...args: never) => infer R
      ? unknown extends R
        ? K & string
        : Streaming<R> extends true
          ? K & string
          : never
      : never]: F[K];
};

/** The argument list of a definition, a handle or a plain function. */
export type ArgsOf<T> =
  T extends HeddleFunction<infer A, unknown>
    ? A
    : T extends HeddleStream<infer A, unknown>
      ? A
      : T extends (...args: infer A) => unknown
        ? A
        : never;
/** What a call of it resolves to. */
export type ResultOf<T> = T extends HeddleFunction<never, infer R> ? R : T extends (...args: never) => infer R ? Bytes<Awaited<R>> : never;
/** What a handler yields. */
export type ItemIn<R> = R extends AsyncIterable<infer I> ? I : never;
/** What a loop over it gets. */
export type ItemOf<T> =
  T extends HeddleStream<never, infer I>
    ? I
    : T extends (...args: never) => infer R
      ? unknown extends R
        ? unknown
        : Bytes<ItemIn<R>>
      : never;

export interface RemoteOptions {
  /** A full version (meaning `^` it) or a range; default any, highest first. */
  readonly version?: string | undefined;
  /** What the caller takes the function for; the strictest of this and the offers decides about retries. Default: the offers alone. */
  readonly effect?: Effect | undefined;
}

/** Typed handles by name. Named, so that an exported one can be declared (TS4023). */
export type Remote<F> = <N extends (keyof Calls<F> | keyof Streams<F>) & string>(
  name: N,
  options?: RemoteOptions,
) => N extends keyof Calls<F>
  ? HeddleFunction<ArgsOf<Calls<F>[N]>, ResultOf<Calls<F>[N]>, N>
  : N extends keyof Streams<F>
    ? HeddleStream<ArgsOf<Streams<F>[N]>, ItemOf<Streams<F>[N]>, N>
    : never;

/**
 * Typed handles without importing a handler: `const fn = remote<Fabric>(); fn('rows.clean')`.
 * Nothing is looked up: that the function exists is seen when it is called.
 */
export function remote<F = Untyped>(): Remote<F> {
  const handle = (name: string, options: RemoteOptions = {}): Handle =>
    Object.freeze({
      kind: 'call',
      name,
      version: options.version ?? '*',
      ...(options.effect === undefined ? {} : { effect: options.effect }),
    });
  // F1: the phantom is the only member that a handle lacks, and nobody reads it.
  return handle as unknown as Remote<F>;
}

/** A handle as it is at run time. */
type Handle = Omit<AnyFunction, '~call'>;

/** The versions that a call by definition or handle accepts: `^` a full version, else the range as it is; `*` for any. */
export function rangeOf(fn: Pick<AnyFunction, 'version'>): string {
  return fullVersion.test(fn.version) ? `^${fn.version}` : fn.version;
}

/** The refusal of a call of what is a stream, or the other way round: it has not run. `kind` is what was asked for. */
export function wrongKind(name: string, kind: OfferKind): HeddleErrorOf<'bad_argument'> {
  const expected = kind === 'call' ? 'a function with one result' : 'a stream';
  const found = kind === 'call' ? `the stream "${name}", which is read with stream(...)` : `"${name}", which is called with call(...)`;
  return new HeddleError('bad_argument', { path: ['function'], expected, found });
}

const fullVersion = /^\d+\.\d+\.\d+(?:[-+][0-9A-Za-z.+-]+)?$/;
