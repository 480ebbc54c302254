/**
 * What a function is, checked once: `defineFunction` turns what its author wrote into a handle.
 *
 * D1 a mistake is refused where it was made, naming the key, what was wanted and what was found.
 * D2 a handle is frozen and carries its definition under a symbol: the handler never shows, and two copies of the
 *    package understand each other.
 * D3 an `async function*` is a stream, and so is what says `stream: true`; a `function*` is refused.
 * How the types are inferred is function-api.ts; which functions a server serves is registry.ts.
 */

import { didYouMean } from '../../base/nearest.ts';
import { isRecord } from '../../base/objects.ts';
import type { Effect, OfferKind } from '../../core/catalog/offer.ts';
import { checkVersion } from '../../core/catalog/versions.ts';
import type { Schema } from '../../core/function.ts';
import { checkName, checkResources, describeFound } from '../../core/names.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { timeoutMsMax } from '../link/invocation.ts';
import type { DefineFunction } from './api.ts';
import { checkSlotCounts, type SlotCounts } from './slot-counts.ts';
import { isSchema } from './validation.ts';

/** The user's function, whatever its types. */
export type Handler = (...args: readonly unknown[]) => unknown;

/** A function as the serving side knows it: every default filled in. */
export interface Definition {
  readonly name: string;
  readonly version: string;
  readonly resources: readonly string[];
  readonly effect: Effect;
  readonly kind: OfferKind;
  readonly input: readonly Schema[] | undefined;
  readonly output: Schema | undefined;
  readonly timeoutMs: number | undefined;
  readonly concurrency: number | undefined;
  /** Shared slots of its server that one call takes. */
  readonly uses: SlotCounts | undefined;
  readonly handler: Handler;
  /** Whether the handler's first parameter is the context; a plain function has none. */
  readonly takesContext: boolean;
}

export const versionDefault = '1.0.0';
export const effectDefault: Effect = 'once';
/** Largest declared concurrency. */
const concurrencyMax = 1_000_000;

/** Shared by every copy of the package (D2). */
const definitionKey = Symbol.for('heddle.definition');

/**
 * Defines a function: its name on the wire, its version, effect, resources, schemas, limits, and the handler that runs
 * it. Gives a handle that is offered by `startServer({ functions })` and called by `client.call(handle, args)`.
 * Throws `bad_argument` naming the key that is wrong. Costs nothing on the path of a call.
 */
// The handle has no phantom member at run time, and its types are those that `DefineFunction` infers.
export const defineFunction = ((spec: unknown) => handleOf(readSpec(spec))) as unknown as DefineFunction;

/** The definition behind a handle of `defineFunction`; undefined for anything else. */
export function definitionOf(value: unknown): Definition | undefined {
  if (typeof value !== 'object' || value === null || !(definitionKey in value)) return undefined;
  // Only `handleOf`, here or in another copy of the package, sets this symbol.
  return value[definitionKey] as Definition;
}

/** Throws `bad_argument` for a `function*`: a stream is asynchronous. */
export function checkYields(handler: Handler, path: readonly string[]): void {
  if (Object.prototype.toString.call(handler) !== '[object GeneratorFunction]') return;
  throw wrong(path, 'a function, or an async function* to make a stream', 'a function*');
}

/** What a function is by its own look: an `async function*` yields a stream. */
export function kindOf(handler: Handler): OfferKind {
  return Object.prototype.toString.call(handler) === '[object AsyncGeneratorFunction]' ? 'stream' : 'call';
}

/** Whether a function is a class: callable only with `new`. */
export function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

function handleOf(definition: Definition): object {
  const { kind, name, version, effect } = definition;
  const handle = { kind, name, version, effect };
  Object.defineProperty(handle, definitionKey, { value: definition });
  return Object.freeze(handle);
}

/** Checks one key's value; `path` is where a message says it stands. */
type Read<T> = (value: unknown, path: readonly string[]) => T;

/** One reader a key; the order is that of messages. */
const readers = {
  name: (value, path) => checkName('function', value, path),
  version: optional(checkVersion, versionDefault),
  resources: optional((value, path) => Object.freeze(checkResources(value, path)), Object.freeze([])),
  effect: optional(readEffect, effectDefault),
  input: optional(readInput, undefined),
  output: optional(readSchema, undefined),
  timeoutMs: optional(wholeNumber('milliseconds', timeoutMsMax), undefined),
  concurrency: optional(wholeNumber('calls', concurrencyMax), undefined),
  uses: optional(checkSlotCounts, undefined),
  stream: optional(readStream, false),
  handler: readHandler,
} as const satisfies { readonly [K in Exclude<keyof Definition, 'takesContext' | 'kind'>]: Read<Definition[K]> } & {
  readonly stream: Read<boolean>;
};

function readSpec(spec: unknown): Definition {
  if (!isRecord(spec)) {
    throw wrong(['defineFunction'], 'one object, as in defineFunction({ name, handler })', typeName(spec));
  }
  const known = Object.keys(readers);
  for (const key of Object.keys(spec)) {
    if (!known.includes(key)) throw unknownKey(key, known);
  }
  const given: Readonly<Record<string, unknown>> = { ...spec };
  const read = <K extends keyof typeof readers>(key: K): ReturnType<(typeof readers)[K]> =>
    // Each reader returns its own key's type; the table cannot say so for a generic key.
    readers[key](given[key], ['defineFunction', key]) as ReturnType<(typeof readers)[K]>;
  const [isDeclared, handler] = [read('stream'), read('handler')];
  return Object.freeze({
    name: read('name'),
    version: read('version'),
    resources: read('resources'),
    effect: read('effect'),
    kind: isDeclared ? 'stream' : kindOf(handler),
    input: read('input'),
    output: read('output'),
    timeoutMs: read('timeoutMs'),
    concurrency: read('concurrency'),
    uses: read('uses'),
    handler,
    takesContext: true,
  });
}

function optional<T, D>(read: Read<T>, otherwise: D): Read<T | D> {
  return (value, path) => (value === undefined ? otherwise : read(value, path));
}

function readEffect(value: unknown, path: readonly string[]): Effect {
  if (value === 'pure' || value === 'idempotent' || value === 'once') return value;
  throw wrong(path, '"pure", "idempotent" or "once"', describeFound(value));
}

function readInput(value: unknown, path: readonly string[]): readonly Schema[] {
  if (!Array.isArray(value)) {
    throw wrong(
      path,
      'a list with one schema an argument, as in input: [schema]',
      isSchema(value) ? 'a schema without brackets' : typeName(value),
    );
  }
  return Object.freeze(value.map((schema: unknown, at) => readSchema(schema, [...path, at])));
}

function readSchema(value: unknown, path: readonly (string | number)[]): Schema {
  if (isSchema(value)) return value;
  throw wrong(path, 'a schema that speaks Standard Schema (zod, valibot, arktype, ...)', typeName(value));
}

function wholeNumber(unit: string, max: number): Read<number> {
  return (value, path) => {
    if (Number.isInteger(value) && Number(value) >= 1 && Number(value) <= max) return Number(value);
    throw wrong(path, `a whole number of ${unit} from 1 to ${max}`, describeFound(value));
  };
}

function readHandler(value: unknown, path: readonly string[]): Handler {
  if (typeof value !== 'function' || isClass(value)) {
    throw wrong(path, 'a function (ctx, ...args) => result', typeof value === 'function' ? 'a class' : typeName(value));
  }
  const handler = value as Handler; // a function that is no class can be called with anything
  checkYields(handler, path);
  return handler;
}

function readStream(value: unknown, path: readonly string[]): boolean {
  if (value === true) return true;
  throw wrong(path, 'true, for a handler that returns an AsyncIterable', describeFound(value));
}

function unknownKey(key: string, known: readonly string[]): HeddleErrorOf<'bad_argument'> {
  const hint = didYouMean(key, known);
  return wrong(['defineFunction', key], `one of the keys ${known.join(', ')}${hint === undefined ? '' : ` (${hint})`}`, 'an unknown key');
}

function wrong(path: readonly (string | number)[], expected: string, found: string): HeddleErrorOf<'bad_argument'> {
  return new HeddleError('bad_argument', { path, expected, found });
}
