/** Which species a penguin is, by four measurements: 342 real penguins (vega-datasets), learnt by two models. */

import { readFile } from 'node:fs/promises';
import { deviation, mean } from 'd3-array';
import Knn from 'ml-knn';
import { RandomForestClassifier } from 'ml-random-forest';
import type { Lesson, Sample, Teach } from './training.ts';

type Measurements = readonly number[];

const columns = ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'] as const;
type Row = { readonly Species: string } & Readonly<Record<(typeof columns)[number], number | null>>;

export async function readPenguins(): Promise<Sample<Measurements>[]> {
  const file = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'));
  const rows = JSON.parse(await readFile(file, 'utf8')) as Row[]; // the published shape of that file
  return rows.flatMap((row) => {
    const input = columns.map((column) => row[column]);
    return input.every((value) => value !== null) ? [{ input, label: row.Species }] : [];
  });
}

export const teachForest: Teach<Measurements> = (samples) => {
  const labels = [...new Set(samples.map(({ label }) => label))];
  const forest = new RandomForestClassifier({ seed: 42, nEstimators: 25, maxFeatures: 2, replacement: true });
  forest.train(
    samples.map(({ input }) => [...input]),
    samples.map(({ label }) => labels.indexOf(label)),
  );
  return (input) => labels[forest.predict([[...input]])[0] ?? 0] ?? 'unknown';
};

/** A gram and a millimetre count alike once each measurement is in its own standard deviations. */
export const teachNeighbours: Teach<Measurements> = (samples) => {
  const scales = columns.map((_, at) => {
    const values = samples.map(({ input }) => input[at] ?? 0);
    return { mean: mean(values) ?? 0, deviation: deviation(values) ?? 1 };
  });
  const scaled = (input: Measurements): number[] => scales.map((scale, at) => ((input[at] ?? 0) - scale.mean) / scale.deviation);
  const neighbours = new Knn(
    samples.map(({ input }) => scaled(input)),
    samples.map(({ label }) => label),
    { k: 3 },
  );
  return (input) => neighbours.predict(scaled(input));
};

export const penguins = await readPenguins();
export const forestLesson: Lesson<Measurements> = { name: 'penguin forest', samples: penguins, teach: teachForest, floor: 0.85 };
export const neighboursLesson: Lesson<Measurements> = { name: 'penguin k-NN', samples: penguins, teach: teachNeighbours, floor: 0.9 };
