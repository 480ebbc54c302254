/** Reads the real file: 2,922 daily readings of Seattle and New York, 2012-2015 (vega-datasets). */

import { readFile } from 'node:fs/promises';
import { csvParse } from 'd3-dsv';
import type { RawRow } from './readings.ts';

export async function readWeather(): Promise<RawRow[]> {
  const file = new URL('../data/weather.csv', import.meta.resolve('vega-datasets'));
  return [...csvParse<keyof RawRow>(await readFile(file, 'utf8'))];
}
