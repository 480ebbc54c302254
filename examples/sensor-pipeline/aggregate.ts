/** Months as a database would give them: one row for each place and calendar month, anomalies left out. */

import { group, mean, sum } from 'd3-array';
import type { Anomaly } from './detect.ts';
import type { Reading } from './readings.ts';

export interface MonthSummary {
  readonly location: string;
  /** '01' to '12'. */
  readonly month: string;
  readonly days: number;
  readonly meanTempMax: number;
  readonly meanWind: number;
  /** Millimetres in an average day. */
  readonly dailyRain: number;
}

export function summariseMonths(readings: readonly Reading[], anomalies: readonly Anomaly[]): MonthSummary[] {
  const strange = new Set(anomalies.map((anomaly) => anomaly.line));
  const usual = readings.filter((reading) => !strange.has(reading.line));
  const months = group(usual, (reading) => `${reading.location}/${reading.date.slice(5, 7)}`);
  return [...months.values()].map(summaryOf).sort((a, b) => a.location.localeCompare(b.location) || a.month.localeCompare(b.month));
}

function summaryOf(days: readonly Reading[]): MonthSummary {
  const [first] = days;
  return {
    location: first?.location ?? '',
    month: first?.date.slice(5, 7) ?? '',
    days: days.length,
    meanTempMax: mean(days, (day) => day.tempMax) ?? 0,
    meanWind: mean(days, (day) => day.wind) ?? 0,
    dailyRain: sum(days, (day) => day.precipitation) / days.length,
  };
}
