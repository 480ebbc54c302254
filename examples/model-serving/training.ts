/**
 * Trains a model on three quarters of its samples, and tries it on the rest.
 *
 * T1 equal seeds split equally, so a sample that was held out for trying was never learnt from.
 * T2 a model that is right less often than its floor is not served.
 */

import { shuffler } from 'd3-array';
import { randomLcg } from 'd3-random';

export interface Sample<Input> {
  readonly input: Input;
  readonly label: string;
}

/** Gives the label of an input. */
export type Predict<Input> = (input: Input) => string;

/** Learns from samples. */
export type Teach<Input> = (samples: readonly Sample<Input>[]) => Predict<Input>;

/** What is tried out: real samples, a way to learn from them, and how often it must be right. */
export interface Lesson<Input> {
  readonly name: string;
  readonly samples: readonly Sample<Input>[];
  readonly teach: Teach<Input>;
  /** Share of the held-out samples, 0 to 1. */
  readonly floor: number;
}

export interface Split<Input> {
  readonly learnt: readonly Sample<Input>[];
  readonly heldOut: readonly Sample<Input>[];
}

/** In [0, 1); everything in this example is split by it. */
export const splitSeed = 0.42;

export function split<Input>(samples: readonly Sample<Input>[]): Split<Input> {
  const mixed = shuffled(samples, splitSeed);
  const border = Math.floor(mixed.length * 0.75);
  return { learnt: mixed.slice(0, border), heldOut: mixed.slice(border) };
}

/** Share of the samples that `predict` gets right. */
export function accuracy<Input>(predict: Predict<Input>, samples: readonly Sample<Input>[]): number {
  return samples.filter(({ input, label }) => predict(input) === label).length / samples.length;
}

/** Trains and tries a model, and says how well it did; throws a `RangeError` when it is below the floor. */
export function train<Input>({ name, samples, teach, floor }: Lesson<Input>): Predict<Input> {
  const { learnt, heldOut } = split(samples);
  const predict = teach(learnt);
  const share = accuracy(predict, heldOut);
  console.log(`  ${name.padEnd(15)} right on ${(share * 100).toFixed(1)} % of ${heldOut.length} held-out samples`);
  if (share < floor) throw new RangeError(`${name} is right on ${share}, and must be on ${floor}`);
  return predict;
}

/** The same inputs with their labels dealt out anew: there is nothing left to learn. */
export function mislabelled<Input>(samples: readonly Sample<Input>[], seed: number): Sample<Input>[] {
  const labels = shuffled(
    samples.map(({ label }) => label),
    seed,
  );
  return samples.map(({ input }, at) => ({ input, label: labels[at] ?? '' }));
}

export function shuffled<T>(items: readonly T[], seed: number): T[] {
  return shuffler(randomLcg(seed))([...items]);
}
