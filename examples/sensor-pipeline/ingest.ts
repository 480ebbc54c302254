/** Reads the real file: 2,922 daily readings of Seattle and New York, 2012-2015 (vega-datasets). */

import { readFile } from 'node:fs/promises';
import { csvParse } from 'd3-dsv';
import type { RawRow } from './readings.ts';

const file = new URL('../data/weather.csv', import.meta.resolve('vega-datasets'));

export async function readWeather(): Promise<RawRow[]> {
  const text = await readFile(file, 'utf8');
  return csvParse(text, (row) => ({
    location: row.location,
    date: row.date,
    precipitation: row.precipitation,
    temp_max: row.temp_max,
    temp_min: row.temp_min,
    wind: row.wind,
    weather: row.weather,
  }));
}
