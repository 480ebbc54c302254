/**
 * What belongs into the holes of a template, as the run has it.
 */

import { present } from '../../base/assert.ts';
import type { Input, Part, Payload } from '../payload.ts';
import type { Hole } from './record.ts';
import type { StepTable } from './step-table.ts';

/** One element of a list that a step maps. */
export interface ElementFacts {
  /** From 0. */
  readonly index: number;
  /** The same, encoded. */
  readonly place: Payload;
  readonly item: Payload;
  /** Its result, once there is one. */
  readonly value?: Payload | undefined;
  /** What messages call it: `rows.3`. */
  readonly name: string;
}

export interface HoleValues {
  readonly steps: StepTable;
  /** Of the run. */
  readonly input: Payload | undefined;
  readonly element?: ElementFacts | undefined;
}

/** The values for a template's holes. */
export function valuesFor(holes: readonly Hole[], from: HoleValues): readonly Input[] {
  return spread(holes.map((hole) => inputFor(hole, from)));
}

/**
 * Inputs none of whose values has parts: a list becomes one input for itself and one for each of its parts, in this order; or,
 * where a path leads into a part, that part alone.
 */
export function spread(inputs: readonly Input[]): readonly Input[] {
  return inputs.some(({ value }) => value.parts) ? inputs.flatMap(spreadOne) : inputs;
}

function spreadOne(input: Input): readonly Input[] {
  const { at, value, path, name } = input;
  const { parts, ...list } = value;
  if (!parts) return [input];
  const [place, ...rest] = path;
  const named = (part: Part): string => `${name}.${part.at}`;
  if (place === undefined) {
    return [{ ...input, value: list }, ...parts.map((part) => ({ at: [...at, part.at], value: part.value, path: [], name: named(part) }))];
  }
  const part = parts.find((one) => String(one.at) === String(place));
  return [part ? { at, value: part.value, path: rest, name: named(part) } : { ...input, value: list }];
}

export function inputFor({ at, source }: Hole, { steps, input, element }: HoleValues): Input {
  switch (source.kind) {
    case 'step':
      return { at, value: steps.valueOf(source.step), path: source.path, name: source.step };
    case 'input':
      return { at, value: present(input, 'a workflow refers to an input that the run has not'), path: source.path, name: 'the input' };
    case 'item': {
      const { item, name } = present(element, 'an element is referred to where there is none');
      return { at, value: item, path: source.path, name };
    }
    case 'index': {
      const { place } = present(element, 'an element is referred to where there is none');
      return { at, value: place, path: source.path, name: 'the index' };
    }
  }
}
