/** Four small functions over real data: 342 penguins of three species, measured at Palmer Station (vega-datasets). */

import { readFile } from 'node:fs/promises';
import { deviation, group, mean, minIndex } from 'd3-array';
import { defineFunction } from 'heddle';

interface Penguin {
  species: string;
  sizes: number[];
}

interface Model {
  spreads: number[];
  species: { name: string; sizes: number[] }[];
}

/** Reads the file and splits it: two thirds to learn from, one third to test with. */
const load = defineFunction({
  name: 'penguins.load',
  effect: 'pure',
  handler: async () => {
    const file = new URL('../data/penguins.json', import.meta.resolve('vega-datasets'));
    const rows: Record<string, string | number | null>[] = JSON.parse(await readFile(file, 'utf8'));
    const penguins = rows.map(
      (row): Penguin => ({
        species: String(row['Species']),
        sizes: ['Beak Length (mm)', 'Beak Depth (mm)', 'Flipper Length (mm)', 'Body Mass (g)'].map((column) => Number(row[column] ?? NaN)),
      }),
    );
    const complete = penguins.filter(({ sizes }) => !sizes.some(Number.isNaN));
    return { known: complete.filter((_, index) => index % 3 > 0), unknown: complete.filter((_, index) => index % 3 === 0) };
  },
});

/** The typical penguin of each species. */
const learn = defineFunction({
  name: 'penguins.learn',
  effect: 'pure',
  handler: (_ctx, penguins: Penguin[]): Model => {
    const columns = [0, 1, 2, 3];
    const typical = (some: Penguin[]) => columns.map((column) => mean(some, ({ sizes }) => sizes[column]) ?? 0);
    return {
      spreads: columns.map((column) => deviation(penguins, ({ sizes }) => sizes[column]) ?? 1),
      species: [...group(penguins, ({ species }) => species)].map(([name, some]) => ({ name, sizes: typical(some) })),
    };
  },
});

/** The species whose typical penguin is nearest, for each penguin. */
const guess = defineFunction({
  name: 'penguins.guess',
  effect: 'pure',
  handler: (_ctx, { spreads, species }: Model, penguins: Penguin[]): string[] =>
    penguins.map(({ sizes }) => {
      const distanceTo = (other: number[]) => Math.hypot(...spreads.map((spread, at) => ((sizes[at] ?? 0) - (other[at] ?? 0)) / spread));
      return species[minIndex(species, (kind) => distanceTo(kind.sizes))]?.name ?? 'unknown';
    }),
});

/** How many guesses were right. */
const check = defineFunction({
  name: 'penguins.check',
  effect: 'pure',
  handler: (_ctx, guesses: string[], penguins: Penguin[]) => ({
    right: penguins.filter(({ species }, index) => species === guesses[index]).length,
    of: penguins.length,
  }),
});

export const functions = { load, learn, guess, check };
