/**
 * The lists of steps that map one (`each`), where values are looked into: the elements of what such a step was given, and one
 * list of what its elements gave.
 *
 * L1 what is no list is refused as `bad_argument`, with what it was called and what it is; results that are no value together
 *    (too large, nested too deep) are `bad_result`. Nothing is thrown.
 */

import type { Filled, Input, Part, Payload } from '../../core/payload.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { fill, missingPart } from '../../core/workflow/fill.ts';
import type { RunInput, StepEnd } from '../../core/workflow/run-io.ts';
import { HeddleError } from '../../errors.ts';
import { toWireError } from '../../wire/error.ts';
import { decodeValue, encodeValue } from '../../wire/value.ts';
import { peerValueError, resultError } from '../../wire/value-problem.ts';

type ListRead = Extract<RunInput, { kind: 'listRead' }>['list'];

/** The elements of a list: those that were kept by their producers as they are. Linear in the bytes that are here. */
export function readList({ template, inputs }: Filled): ListRead {
  const parts = inputs.filter(isPart);
  const list = readWhole({ template, inputs: inputs.filter((input) => !isPart(input)) });
  if (!list.ok || parts.length === 0) return list;
  const items = [...list.items];
  for (const { at, value } of parts) items[Number(at[0])] = value;
  return { ok: true, items };
}

/** Of a list: one of its elements, which is not looked into here. */
export function isPart({ at }: Input): boolean {
  return at.length > 0;
}

function readWhole({ template, inputs }: Filled): ListRead {
  if (inputs.some(({ value }) => value.parked?.isStream === true)) return noList(inputs, 'a stream of bytes');
  try {
    const fillings = inputs.map(({ at, value, path, name }) => ({ at: ['each', ...at], path, name, value: decodeValue(value) }));
    // A place of its own, so that errors say where it stands.
    const { each } = fill({ each: decodeValue(template) }, fillings) as { readonly each: unknown }; // the object that was given
    if (Array.isArray(each)) return { ok: true, items: each.map((item) => encodeValue(item)) };
    return noList(inputs, typeName(each));
  } catch (problem) {
    return failed(peerValueError(problem));
  }
}

/** A list whose bytes cannot be had, or of which the server that keeps it has found out that it is none. */
export function unreadList(problem: unknown, input: Input): ListRead {
  if (!HeddleError.is(problem, 'bad_argument')) return failed(problem);
  const { expected, found } = problem.detail;
  if (expected === 'a list') return noList([input], found);
  return failed(missingPart({ ...input, at: ['each', ...input.at] }, found, 'arguments'));
}

/** One list of the results of elements, of which those that were kept by their producers are parts. Linear in the bytes that are here. */
export function makeList(values: readonly Payload[]): StepEnd {
  const parts = values.flatMap((value, at): Part[] => (value.parked ? [{ at, value }] : []));
  try {
    const list = encodeValue(values.map((value) => (value.parked ? null : decodeValue(value))));
    return { ok: true, value: parts.length === 0 ? list : { ...list, parts } };
  } catch (problem) {
    return failed(resultError(problem));
  }
}

function noList(inputs: Filled['inputs'], found: string): ListRead {
  return failed(new HeddleError('bad_argument', { path: ['each'], expected: `a list${placeOf(inputs)}`, found }));
}

function placeOf(inputs: Filled['inputs']): string {
  const [input] = inputs;
  return input ? ` at "${[input.name, ...input.path].join('.')}"` : '';
}

function failed(error: unknown): Extract<StepEnd, { ok: false }> {
  if (!HeddleError.is(error)) throw error;
  return { ok: false, error, wire: toWireError(error) };
}
