/** One input, given to one decoder: what came of it, and whether that is allowed. */

import { HeddleError } from '../../src/errors.ts';
import type { Decoder } from './decoders.ts';

export interface Outcome {
  readonly kind: 'read' | 'refused';
  /** How, without what differs from input to input: the same words for the same branch. */
  readonly how: string;
}

/** Longest that a decoder may take over an input of a few kilobytes; a busy machine included. */
const slowMs = 1_000;
/** A value may weigh so much more than what it was read from: objects, and texts that JSON writes shorter. */
const [weightFactor, weightFree] = [64, 64 * 1024];

/** Throws an Error that says what is wrong with the decoder. */
export function tried({ at, decode, refusals }: Decoder, bytes: Buffer): Outcome {
  const startMs = performance.now();
  const outcome = outcomeOf(() => decode(bytes), refusals, at);
  const tookMs = performance.now() - startMs;
  if (tookMs > slowMs) throw new Error(`${at} took ${tookMs} ms`);
  if (Object.keys(Object.prototype).length > 0) throw new Error(`${at} has written on Object.prototype`);
  const weight = outcome.value === undefined ? 0 : weightOf(outcome.value);
  if (weight > weightFree + weightFactor * bytes.length) throw new Error(`${at} made ${weight} of ${bytes.length} bytes`);
  return outcome;
}

function outcomeOf(decode: () => unknown, refusals: readonly string[], at: string): Outcome & { readonly value?: unknown } {
  try {
    const value = decode();
    return { kind: value === undefined ? 'refused' : 'read', how: shapeOf(value), value };
  } catch (error) {
    const kind = HeddleError.is(error) ? error.code : error instanceof Error ? error.name : String(error);
    if (!refusals.includes(kind))
      throw new Error(`${at} refused with ${kind}, which is not one of ${refusals.join(', ')}`, { cause: error });
    const text = error instanceof Error ? error.message : '';
    return { kind: 'refused', how: (text.split(/found|["'`]|\bat \w/)[0] ?? '').replaceAll(/\d+/g, '*').slice(0, 80) };
  }
}

/** The keys of what was read, and of what is in it. */
function shapeOf(value: unknown, depth = 2): string {
  if (typeof value !== 'object' || value === null || depth === 0) return typeof value;
  if (value instanceof Uint8Array) return 'bytes';
  if (Array.isArray(value)) return `[${shapeOf(value[0], depth - 1)}]`;
  const kind: unknown = Object.getOwnPropertyDescriptor(value, 'kind')?.value;
  return typeof kind === 'string' ? kind : `{${Object.keys(value).slice(0, 12).join()}}`;
}

/** Bytes that a value holds, roughly; views into the input count by their length. */
function weightOf(value: unknown): number {
  const seen = new Set<object>();
  const open: unknown[] = [value];
  let weight = 0;
  while (open.length > 0) {
    const one = open.pop();
    weight += 8;
    if (typeof one === 'string') weight += one.length;
    if (typeof one !== 'object' || one === null || seen.has(one)) continue;
    seen.add(one);
    if (one instanceof Uint8Array) weight += one.length;
    else if (one instanceof Map) open.push(...one.keys(), ...one.values());
    else if (one instanceof Set) open.push(...one);
    else open.push(...Object.keys(one), ...Object.values(one));
  }
  return weight;
}
