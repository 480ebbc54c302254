/**
 * Values to payloads and back: the one place that decides what a value may be.
 *
 * Plain values (JSON types) travel as JSON text, a bare Uint8Array as its bytes, everything else of the value domain
 * (Date, BigInt, Map, Set, bytes inside, -0, NaN, infinities, undefined elements) as `binary`: JSON text with the `$`
 * forms and its bytes beside it, or as base64 inside it where the reader knows JSON only.
 * V1 what comes back equals what went in: an undefined property is left out, an undefined element stays undefined
 *    (JSON only: null), a Buffer comes back as Uint8Array. Anything else is refused with its path.
 * V2 nesting is at most 64 deep both ways; encoding stops as soon as the byte limit is passed.
 * V3 `__proto__` is refused as a key both ways; decoding never touches a prototype.
 * V4 decoding is bounded by the size of what came in, and throws nothing but ValueProblem.
 */

// As a global it is a getter, looked up and run for every value.
import { Buffer } from 'node:buffer';
import { unreachable } from '../base/assert.ts';
import type { Payload } from '../core/payload.ts';
import { fromForms, mayHoldForms } from './forms-reader.ts';
import { toForms } from './forms-writer.ts';
import { parseText, textOf } from './json-text.ts';
import { looksPlain, type WriteLimits } from './plain-data.ts';
import { decodeTree, encodeTree } from './tree.ts';
import { ValueProblem } from './value-problem.ts';

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

const noBytes: Uint8Array = new Uint8Array(0);

/**
 * One value, encoded. Throws ValueProblem. A bare Uint8Array is not copied: it must not change until it is sent.
 * Cost: about a microsecond for 150 bytes of plain data, three for richer ones.
 */
export function encodeValue(value: unknown, options: EncodeOptions = {}): Payload {
  return encode(value, limitsOf(options, 0));
}

/** An argument list, encoded as one value; each argument may itself be nested to the full depth. Throws ValueProblem. */
export function encodeArguments(args: readonly unknown[], options: EncodeOptions = {}): Payload {
  return encode(args, limitsOf(options, 1));
}

function limitsOf(options: EncodeOptions, levelsAround: number): WriteLimits {
  const { isJsonOnly = false, bytesMax = valueBytesMax } = options;
  return { isJsonOnly, bytesMax, depthMax: valueDepthMax, levelsAround };
}

function encode(value: unknown, limits: WriteLimits): Payload {
  if (value === undefined && !limits.isJsonOnly) return { encoding: 'undefined', bytes: noBytes };
  if (value instanceof Uint8Array && !limits.isJsonOnly) {
    checkSize(value.length, limits);
    return { encoding: 'bytes', bytes: value };
  }
  const text = looksPlain(value, limits) ? plainText(value) : undefined;
  if (text !== undefined) return { encoding: 'json', bytes: textBytes(text, limits) };
  return encodeRich(value, limits);
}

/** Undefined when a getter or a Proxy told the truth only once: the careful way then finds out more. */
function plainText(value: unknown): string | undefined {
  try {
    // The types say string, but a `toJSON` that comes and goes can make it undefined.
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

/**
 * JSON text even here: for values of 150 bytes with a Date, a BigInt, a Set and bytes it was measured to be as fast as msgpackr
 * and @msgpack/msgpack behind the checks that these need, lone surrogates survive, and there is one form to understand.
 */
function encodeRich(value: unknown, limits: WriteLimits): Payload {
  const { tree, attachments } = toForms(value, limits);
  const json = textBytes(JSON.stringify(tree), limits);
  if (limits.isJsonOnly || !attachments) return { encoding: 'json', bytes: json };
  const bytes = encodeTree({ json, attachments });
  checkSize(bytes.length, limits);
  return { encoding: 'binary', bytes };
}

function textBytes(text: string, limits: WriteLimits): Uint8Array {
  if (text.length > limits.bytesMax / 3) checkSize(Buffer.byteLength(text), limits);
  return Buffer.from(text);
}

function checkSize(bytes: number, limits: WriteLimits): void {
  if (bytes > limits.bytesMax) throw ValueProblem.tooLarge([], limits.bytesMax);
}

/** The value of a payload. Uint8Arrays in it may be views into the payload's bytes. Throws ValueProblem. */
export function decodeValue(payload: Payload): unknown {
  return decode(payload, 0);
}

/** The argument list of a payload. Throws ValueProblem, also when it is not a list. */
export function decodeArguments(payload: Payload): unknown[] {
  const args = decode(payload, 1);
  if (!Array.isArray(args)) throw new ValueProblem([], 'a list of arguments', args === null ? 'null' : `a value of type ${typeof args}`);
  return args;
}

function decode(payload: Payload, levelsAround: number): unknown {
  const { bytes } = payload;
  switch (payload.encoding) {
    case 'undefined':
      return undefined;
    case 'bytes':
      return plainBytes(bytes);
    case 'json':
      return decodeJson(bytes, levelsAround);
    case 'binary':
      return decodeBinary(bytes, levelsAround);
    default:
      return unreachable(payload.encoding);
  }
}

/** Handlers are promised a Uint8Array; what came from a socket is a Buffer. */
function plainBytes(bytes: Uint8Array): Uint8Array {
  return Buffer.isBuffer(bytes) ? new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) : bytes;
}

function decodeJson(bytes: Uint8Array, levelsAround: number): unknown {
  const text = textOf(bytes);
  const tree = parseText(text);
  return mayHoldForms(text, valueDepthMax) ? fromForms(tree, { depthMax: valueDepthMax, levelsAround }) : tree;
}

function decodeBinary(bytes: Uint8Array, levelsAround: number): unknown {
  const { json, attachments } = decodeTree(bytes);
  return fromForms(parseText(textOf(json)), { depthMax: valueDepthMax, levelsAround, attachments: attachments.map(plainBytes) });
}
