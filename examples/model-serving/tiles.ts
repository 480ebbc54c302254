/** Which picture a tile was cut from: three real icons (vega-datasets), 10 x 10 pixels a tile, by its nearest neighbours. */

import { readFile } from 'node:fs/promises';
import { range } from 'd3-array';
import Knn from 'ml-knn';
import { PNG } from 'pngjs';
import type { Lesson, Sample, Teach } from './training.ts';

/** Red, green, blue and alpha of each pixel, row by row. */
type Tile = Uint8Array;

const pictures = ['7zip', 'ffox', 'gimp'] as const;
const sideOfTile = 10;
const channels = 4;
/** Tiles fainter than this on average, of 255, show nothing. */
const alphaMin = 25;

/** All tiles of all pictures that show something. */
export async function readTiles(): Promise<Sample<Tile>[]> {
  const samples = pictures.map(async (label) => {
    const file = new URL(`../data/${label}.png`, import.meta.resolve('vega-datasets'));
    const tiles = tilesOf(PNG.sync.read(await readFile(file)));
    return tiles.filter((tile) => meanColour(tile)[3] >= alphaMin).map((input) => ({ input, label }));
  });
  return (await Promise.all(samples)).flat();
}

/** Mean red, green, blue and alpha: what the model looks at. */
export function meanColour(tile: Tile): [number, number, number, number] {
  const sums: [number, number, number, number] = [0, 0, 0, 0];
  for (const [at, value] of tile.entries()) sums[(at % channels) as 0 | 1 | 2 | 3] += value;
  const pixels = tile.length / channels;
  return [sums[0] / pixels, sums[1] / pixels, sums[2] / pixels, sums[3] / pixels];
}

export const teachTiles: Teach<Tile> = (samples) => {
  const neighbours = new Knn(
    samples.map(({ input }) => meanColour(input)),
    samples.map(({ label }) => label),
    { k: 3 },
  );
  return (tile) => neighbours.predict(meanColour(tile));
};

export const tiles = await readTiles();
export const tilesLesson: Lesson<Tile> = { name: 'picture tiles', samples: tiles, teach: teachTiles, floor: 0.8 };

function tilesOf({ width, height, data }: PNG): Tile[] {
  const corners = range(0, height, sideOfTile).flatMap((top) => range(0, width, sideOfTile).map((left) => ({ top, left })));
  return corners.map(({ top, left }) => {
    const rows = range(top, top + sideOfTile).map((row) => {
      const start = (row * width + left) * channels;
      return data.subarray(start, start + sideOfTile * channels);
    });
    return new Uint8Array(Buffer.concat(rows));
  });
}
