/** The rows that travel through the pipeline, and how a line of the file is numbered. */

/** A row as the file gives it: text by column. */
export interface RawRow {
  readonly location: string;
  readonly date: string;
  readonly precipitation: string;
  readonly temp_max: string;
  readonly temp_min: string;
  readonly wind: string;
  readonly weather: string;
}

/** A row that passed every check: millimetres, degrees Celsius, metres a second. */
export interface Reading {
  readonly line: number;
  readonly location: string;
  readonly date: string;
  readonly precipitation: number;
  readonly tempMax: number;
  readonly tempMin: number;
  readonly wind: number;
  readonly weather: string;
}

/** Line in the file of the row at `index`: the header is line 1. */
export function lineOf(index: number): number {
  return index + 2;
}
