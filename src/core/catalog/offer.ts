/**
 * What a server announces: functions with their version, effect and resources.
 *
 * A body is a server's whole list of functions, canonical and named by its hash: a thousand identical servers
 * share one. An offer is one function at one server; its resources are the union of the server's and the function's.
 */

/** `pure`: same input, same output, no side effect. `idempotent`: safe to run again. `once`: must not run twice. */
export type Effect = 'pure' | 'idempotent' | 'once';

/** The stricter of two effects: once > idempotent > pure. */
export function stricter(a: Effect, b: Effect): Effect {
  if (a === 'once' || b === 'once') return 'once';
  return a === 'idempotent' || b === 'idempotent' ? 'idempotent' : 'pure';
}

/** What is demanded of an offer's resources; a list means all of them. `prefer` only ranks. */
export type Need =
  | readonly string[]
  | {
      readonly all?: readonly string[] | undefined;
      readonly any?: readonly string[] | undefined;
      readonly none?: readonly string[] | undefined;
      readonly prefer?: readonly string[] | undefined;
    };

/** `call`: one result. `stream`: many. */
export type OfferKind = 'call' | 'stream';

/** One function as its owner announces it. */
export interface FunctionRecord {
  readonly name: string;
  /** Full semver version. */
  readonly version: string;
  readonly effect: Effect;
  readonly kind: OfferKind;
  /** The function's own; the server's come on top. */
  readonly resources: readonly string[];
  /** Longest run that the owner allows, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Calls that one server runs at the same time. */
  readonly concurrency?: number | undefined;
  /** JSON Schema texts of the arguments (a list) and of the result, where the function's schemas give them. */
  readonly inputSchema?: string | undefined;
  readonly outputSchema?: string | undefined;
}

/** All functions of one server, sorted by name, then version. */
export interface CatalogBody {
  readonly functions: readonly FunctionRecord[];
}
