/**
 * The server in front of the models: makes a mixture of samples that no model has seen, sorts it by what each item is, and
 * scores what the models say. The labels never reach the models.
 */

import { defineFunction } from 'heddle';
import { passages } from './passages.ts';
import { penguins } from './penguins.ts';
import { tiles } from './tiles.ts';
import { type Sample, shuffled, split } from './training.ts';

/** A tile, a passage or the measurements of a penguin. */
type Item = Uint8Array | string | readonly number[];

export interface Mixture {
  readonly items: readonly Item[];
  readonly labels: readonly string[];
}

/** What came in, by the model that can read it; each with its places in the mixture. */
export interface Sorted {
  readonly tiles: { readonly at: readonly number[]; readonly inputs: readonly Uint8Array[] };
  readonly passages: { readonly at: readonly number[]; readonly inputs: readonly string[] };
  readonly penguins: { readonly at: readonly number[]; readonly inputs: readonly (readonly number[])[] };
}

export interface Predictions {
  readonly tiles: readonly string[];
  readonly passages: readonly string[];
  readonly forest: readonly string[];
  readonly neighbours: readonly string[];
}

export interface Score {
  readonly model: keyof Predictions;
  readonly right: number;
  readonly of: number;
}

export interface Scores {
  readonly models: readonly Score[];
  /** Penguins of which both models say the same. */
  readonly agreed: number;
}

/** `each` held-out samples of every kind, in seeded disorder. */
export function mix({ each, seed }: { readonly each: number; readonly seed: number }): Mixture {
  const heldOut = (samples: readonly Sample<Item>[]): readonly Sample<Item>[] => split(samples).heldOut.slice(0, each);
  const mixed = shuffled([tiles, passages, penguins].flatMap(heldOut), seed);
  return { items: mixed.map(({ input }) => input), labels: mixed.map(({ label }) => label) };
}

/** Tells items apart by what they are made of. */
export function sort(items: readonly Item[]): Sorted {
  const sorted = { tiles: { at: [], inputs: [] }, passages: { at: [], inputs: [] }, penguins: { at: [], inputs: [] } };
  const put = <Input>(pile: { at: number[]; inputs: Input[] }, at: number, input: Input): void => {
    pile.at.push(at);
    pile.inputs.push(input);
  };
  for (const [at, item] of items.entries()) {
    if (item instanceof Uint8Array) put(sorted.tiles, at, item);
    else if (typeof item === 'string') put(sorted.passages, at, item);
    else put(sorted.penguins, at, [...item]);
  }
  return sorted;
}

export function score(labels: readonly string[], sorted: Sorted, said: Predictions): Scores {
  const places = { tiles: sorted.tiles.at, passages: sorted.passages.at, forest: sorted.penguins.at, neighbours: sorted.penguins.at };
  const models = (['tiles', 'passages', 'forest', 'neighbours'] as const).map((model) => {
    const at = places[model];
    return { model, right: at.filter((place, index) => labels[place] === said[model][index]).length, of: at.length };
  });
  return { models, agreed: said.forest.filter((label, index) => label === said.neighbours[index]).length };
}

export const functions = {
  mix: defineFunction({ name: 'mixture.mix', effect: 'pure', handler: (_ctx, how: { each: number; seed: number }) => mix(how) }),
  sort: defineFunction({ name: 'mixture.sort', effect: 'pure', handler: (_ctx, items: readonly Item[]) => sort(items) }),
  score: defineFunction({
    name: 'mixture.score',
    effect: 'pure',
    handler: (_ctx, labels: readonly string[], sorted: Sorted, said: Predictions) => score(labels, sorted, said),
  }),
};
