/** Turns text into readings and turns away every row that cannot be true, with the reason. */

import { lineOf, type RawRow, type Reading } from './readings.ts';

export interface Rejection {
  readonly line: number;
  readonly reason: string;
}

/** What a reading can be at all; wider than any record of the two places. */
const possible = { precipitation: [0, 500], tempMax: [-50, 50], tempMin: [-50, 50], wind: [0, 60] } as const;

/** The rows that may be true, in order, and the others with why not. */
export function cleanRows(rows: readonly RawRow[]): { readings: Reading[]; rejected: Rejection[] } {
  const readings: Reading[] = [];
  const rejected: Rejection[] = [];
  const lineOfDay = new Map<string, number>();
  for (const [index, row] of rows.entries()) {
    const reading = parsed(row, lineOf(index));
    const day = `${row.location} ${row.date}`;
    const reason = missing(row) ?? impossible(reading) ?? repeated(lineOfDay.get(day));
    if (reason !== undefined) rejected.push({ line: reading.line, reason });
    else readings.push(reading);
    if (!lineOfDay.has(day)) lineOfDay.set(day, reading.line);
  }
  return { readings, rejected };
}

function parsed(row: RawRow, line: number): Reading {
  const { location, date, weather } = row;
  const numbers = {
    precipitation: Number(row.precipitation),
    tempMax: Number(row.temp_max),
    tempMin: Number(row.temp_min),
    wind: Number(row.wind),
  };
  return { line, location, date, ...numbers, weather };
}

function missing(row: RawRow): string | undefined {
  const empty = Object.entries(row).find(([, text]) => text === '');
  return empty && `${empty[0]} is missing`;
}

function impossible(reading: Reading): string | undefined {
  for (const [name, [low, high]] of Object.entries(possible)) {
    const value = reading[name as keyof typeof possible]; // the keys of a literal object are its type's keys
    if (!(value >= low && value <= high)) return `${name} of ${value} is not between ${low} and ${high}`; // NaN too
  }
  if (reading.tempMin > reading.tempMax) return `a minimum of ${reading.tempMin} is above the maximum of ${reading.tempMax}`;
  return Number.isNaN(Date.parse(reading.date)) ? `${reading.date} is not a date` : undefined;
}

function repeated(firstLine: number | undefined): string | undefined {
  return firstLine === undefined ? undefined : `repeats line ${firstLine}`;
}
