/**
 * What every row of the benchmark is to the command line: a title, and a way to measure it that gives data and a table.
 */

export interface MeasureOptions {
  readonly rounds: number;
  readonly roundMs: number;
  readonly onProgress: (text: string) => void;
}

export interface Outcome {
  /** For `--json`. */
  readonly data: unknown;
  /** For people: what was measured, and what both sides did. */
  readonly table: string;
}

export interface Measurement {
  readonly title: string;
  measure(options: MeasureOptions): Promise<Outcome>;
}

export function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

/** Half the distance between the least and the most, relative to the median. */
export function spreadOf(numbers: readonly number[]): number {
  return (Math.max(...numbers) - Math.min(...numbers)) / 2 / median(numbers);
}

export function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`;
}

/** What a load cost whoever bore it. */
export interface Figures {
  readonly callsPerSecond: number;
  readonly p50Micros: number;
  readonly p99Micros: number;
  /** Processor time per call, over all its own processes. */
  readonly cpuMicros: number;
  /** Of the calls per second, as `spreadOf` has it. */
  readonly spread: number;
}

export const figureHeads = ['calls/s', 'p50 us', 'p99 us', 'cpu us', 'spread'] as const;

/** The cells under `figureHeads`. */
export function figuresOf({ callsPerSecond, p50Micros, p99Micros, cpuMicros, spread }: Figures): readonly string[] {
  return [callsPerSecond.toFixed(0), p50Micros.toFixed(0), p99Micros.toFixed(0), cpuMicros.toFixed(1), percent(spread)];
}

export interface Table {
  readonly title: string;
  readonly head: readonly string[];
  readonly lines: readonly (readonly string[])[];
  /** Below it, one line each. */
  readonly notes?: readonly string[];
}

/** The first column to the left, the others to the right. */
export function renderTable({ title, head, lines, notes = [] }: Table): string {
  const widths = head.map((name, at) => Math.max(name.length, ...lines.map((line) => line[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return [title, format(head), ...lines.map(format), ...notes.map((note) => `  ${note}`), ''].join('\n');
}
