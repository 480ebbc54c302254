/**
 * Values to payloads and back: the one place that decides what a value may be.
 *
 * Plain values (JSON types) travel as JSON text, a bare Uint8Array as its bytes, everything else of the value domain
 * (Date, BigInt, Map, Set, bytes inside, -0, NaN, infinities, undefined elements) as `binary`, or as JSON with the
 * `$` forms of json-forms.ts when the reader knows JSON only.
 *
 * V1 what comes back equals what went in: an undefined property is left out, an undefined element stays undefined
 *    (JSON only: null), a Buffer comes back as Uint8Array. Anything else is refused with its path.
 * V2 nesting is at most 64 deep both ways; encoding stops as soon as the byte limit is passed, before copies are made.
 * V3 `__proto__` is refused as a key both ways; decoding never touches a prototype.
 * V4 decoding is bounded by the size of what came in, and throws nothing but ValueProblem.
 */

import type { Payload } from '../core/payload.ts';
import { ValueProblem } from './value-problem.ts';

export { ValueProblem };

/** Deepest nesting of arrays, objects, Maps and Sets. */
export const valueDepthMax = 64;

/** Largest encoded value, in bytes. */
export const valueBytesMax = 64 * 1024 * 1024;

export interface EncodeOptions {
  /** The reader understands JSON only; default false. */
  readonly isJsonOnly?: boolean | undefined;
  /** Largest encoding, in bytes; default 64 MiB. */
  readonly bytesMax?: number | undefined;
}

/** One value, encoded. Throws ValueProblem. The bytes of a bare Uint8Array are not copied: do not write to them before they are sent. */
export function encodeValue(value: unknown, options: EncodeOptions = {}): Payload {
  throw new ValueProblem([], 'an encoder', `nothing yet for ${typeof value} ${String(options)}`);
}

/** An argument list, encoded as one value; each argument may itself be nested to the full depth. Throws ValueProblem. */
export function encodeArguments(args: readonly unknown[], options: EncodeOptions = {}): Payload {
  return encodeValue(args, options);
}

/** The value of a payload. Uint8Arrays in it may be views into the payload's bytes. Throws ValueProblem. */
export function decodeValue(payload: Payload): unknown {
  throw new ValueProblem([], 'a decoder', payload.encoding);
}

/** The argument list of a payload. Throws ValueProblem, also when it is not a list. */
export function decodeArguments(payload: Payload): unknown[] {
  const args = decodeValue(payload);
  if (!Array.isArray(args)) throw new ValueProblem([], 'a list of arguments', typeof args);
  return args;
}
