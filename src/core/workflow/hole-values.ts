/**
 * What belongs into the holes of a template, as the run has it.
 */

import { present } from '../../base/assert.ts';
import type { Input, Payload } from '../payload.ts';
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
  return holes.map((hole) => inputFor(hole, from));
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
