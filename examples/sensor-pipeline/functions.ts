/** What the servers of this pipeline offer: plain functions, given a name, an effect and a place in the fabric. */

import { defineFunction } from 'heddle';
import { type MonthSummary, summariseMonths } from './aggregate.ts';
import { cleanRows } from './clean.ts';
import { type Anomaly, detectAnomalies } from './detect.ts';
import { readWeather } from './ingest.ts';
import { type DirtOptions, plantDirt } from './plant.ts';
import type { RawRow, Reading } from './readings.ts';
import { type Findings, writeReport } from './report.ts';

const ingest = defineFunction({ name: 'weather.ingest', effect: 'pure', handler: () => readWeather() });

const plant = defineFunction({
  name: 'weather.plant',
  effect: 'pure',
  handler: (_ctx, rows: RawRow[], dirt: DirtOptions) => plantDirt(rows, dirt),
});

const clean = defineFunction({ name: 'weather.clean', effect: 'pure', handler: (_ctx, rows: RawRow[]) => cleanRows(rows) });

const detect = defineFunction({
  name: 'weather.detect',
  effect: 'pure',
  handler: (_ctx, readings: Reading[], location: string) => detectAnomalies(readings, location),
});

const aggregate = defineFunction({
  name: 'weather.aggregate',
  effect: 'pure',
  handler: (_ctx, readings: Reading[], anomalies: Anomaly[][]): MonthSummary[] => summariseMonths(readings, anomalies.flat()),
});

const report = defineFunction({
  name: 'weather.report',
  effect: 'pure',
  handler: (_ctx, findings: Omit<Findings, 'anomalies'> & { anomalies: Anomaly[][] }) =>
    writeReport({ ...findings, anomalies: findings.anomalies.flat() }),
});

export const functions = { ingest, plant, clean, detect, aggregate, report };
