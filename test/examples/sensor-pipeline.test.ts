import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { summariseMonths } from '../../examples/sensor-pipeline/aggregate.ts';
import { cleanRows } from '../../examples/sensor-pipeline/clean.ts';
import { detectAnomalies } from '../../examples/sensor-pipeline/detect.ts';
import { readWeather } from '../../examples/sensor-pipeline/ingest.ts';
import { dirtKinds, plantDirt } from '../../examples/sensor-pipeline/plant.ts';
import { lineOf, type RawRow } from '../../examples/sensor-pipeline/readings.ts';
import { type Report, writeReport } from '../../examples/sensor-pipeline/report.ts';

const raw = await readWeather();
const seeds = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

/** The whole pipeline without a fabric around it. */
function hunt(seed: number): Report {
  const { rows, planted } = plantDirt(raw, { seed, each: 20 });
  const { readings, rejected } = cleanRows(rows);
  const anomalies = ['Seattle', 'New York'].flatMap((location) => detectAnomalies(readings, location));
  return writeReport({ planted, rejected, anomalies, months: summariseMonths(readings, anomalies) });
}

describe('the real file', () => {
  test('holds 1,461 days of each place, and nothing that the cleaner turns away', () => {
    const { readings, rejected } = cleanRows(raw);
    expect(rejected).toEqual([]);
    expect(['Seattle', 'New York'].map((place) => readings.filter((reading) => reading.location === place).length)).toEqual([1461, 1461]);
  });
});

describe('planting', () => {
  test('puts the asked number of every kind where the ledger says, and leaves all other rows alone', () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 0, max: 30 }), (seed, each) => {
        const { rows, planted } = plantDirt(raw, { seed, each });
        for (const kind of dirtKinds) expect(planted.filter((one) => one.kind === kind)).toHaveLength(each);
        const dirty = new Set(planted.map(({ line }) => line));
        const replaced = planted.filter(({ kind }) => kind !== 'duplicated row').length;
        const untouched = rows.filter((_, index) => !dirty.has(lineOf(index)));
        expect(untouched).toHaveLength(raw.length - replaced);
        expect(untouched.every((row) => raw.includes(row))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('is the same for the same seed', () => {
    expect(plantDirt(raw, { seed: 0.3, each: 5 })).toEqual(plantDirt(raw, { seed: 0.3, each: 5 }));
    expect(plantDirt(raw, { seed: 0.3, each: 5 })).not.toEqual(plantDirt(raw, { seed: 0.31, each: 5 }));
  });
});

describe('cleaning', () => {
  const good: RawRow = {
    location: 'Seattle',
    date: '2012-01-01',
    precipitation: '0.0',
    temp_max: '12.8',
    temp_min: '5.0',
    wind: '4.7',
    weather: 'sun',
  };
  const cases: readonly (readonly [string, Partial<RawRow>, RegExp])[] = [
    ['an empty field', { weather: '' }, /weather is missing/],
    ['a field that is no number', { wind: 'n/a' }, /wind of NaN is not between 0 and 60/],
    ['a value below what can be', { precipitation: '-1' }, /precipitation of -1/],
    ['a value above what can be', { temp_max: '55.0' }, /tempMax of 55/],
    ['a minimum above the maximum', { temp_min: '13.0' }, /a minimum of 13 is above the maximum of 12.8/],
    ['a date that does not exist', { date: '2012-13-01' }, /2012-13-01 is not a date/],
  ];
  test.each(cases)('turns away %s, with the reason', (_what, change, reason) => {
    const { readings, rejected } = cleanRows([{ ...good, ...change }]);
    expect(readings).toEqual([]);
    expect(rejected).toEqual([{ line: 2, reason: expect.stringMatching(reason) }]);
  });

  test('keeps the first of two rows of one day and place', () => {
    const { readings, rejected } = cleanRows([good, { ...good, location: 'New York' }, { ...good, wind: '1.0' }]);
    expect(readings.map(({ line }) => line)).toEqual([2, 3]);
    expect(rejected).toEqual([{ line: 4, reason: 'repeats line 2' }]);
  });
});

describe('the hunt', () => {
  test('finds at least 90 % of the planted rows, and most of what it flags was planted, whatever the seed', () => {
    const reports = [0.1, 0.2, 0.3, 0.42, 0.5, 0.6].map(hunt);
    for (const { recall } of reports) expect(recall).toBeGreaterThanOrEqual(0.9);
    for (const { precision } of reports) expect(precision).toBeGreaterThanOrEqual(0.8);
    console.log(
      reports
        .map(({ recall, precision }) => `found ${(recall * 100).toFixed(1)} %, precision ${(precision * 100).toFixed(1)} %`)
        .join('\n'),
    );
  });

  test('misses what it is not looking for: without a detector the share found falls below 90 %', () => {
    const { rows, planted } = plantDirt(raw, { seed: 0.42, each: 20 });
    const report = writeReport({ planted, rejected: cleanRows(rows).rejected, anomalies: [], months: [] });
    expect(report.recall).toBeLessThan(0.9);
  });

  test('names the landfall of Hurricane Sandy as the strangest real day', () => {
    const [strangest] = hunt(0.42).realAnomalies;
    expect(strangest).toMatchObject({ location: 'New York', date: '2012-10-29', field: 'wind' });
  });
});

describe('the months', () => {
  test('leave anomalies out and hold every other reading once', () => {
    const { readings } = cleanRows(raw);
    const anomalies = detectAnomalies(readings, 'Seattle');
    const months = summariseMonths(readings, anomalies);
    expect(months).toHaveLength(24);
    expect(months.reduce((days, month) => days + month.days, 0)).toBe(readings.length - anomalies.length);
  });
});
