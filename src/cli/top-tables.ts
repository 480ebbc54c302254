/**
 * The tables of `heddle top`: of each view its columns, what stands in them, and what they are sorted by.
 */

import type { RunSummary } from '../fabric/client/run-inspection.ts';
import { bytes, count, milliseconds, timeOfDay } from '../observe/figures.ts';
import type { TopBreaker, TopChange, TopFunction, TopServer, TopView } from './top-model.ts';

export const tabs = ['servers', 'functions', 'runs', 'breakers', 'events'] as const;
export type Tab = (typeof tabs)[number];

/** How a row stands out. */
export type Tone = 'plain' | 'good' | 'bad' | 'dim';

export interface Row {
  readonly cells: readonly string[];
  /** What the row is sorted by, column by column; numbers from the highest down. */
  readonly keys: readonly (string | number)[];
  readonly tone: Tone;
}

export interface Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
}

interface Column {
  readonly title: string;
  readonly isNumber: boolean;
}

interface Field<T> {
  readonly title: string;
  readonly cell: (of: T) => string;
  /** Absent: its text is. */
  readonly key?: (of: T) => number;
}

const rates: readonly Field<Pick<TopServer, 'callsPerSecond' | 'failedPerSecond' | 'p50Ms' | 'p99Ms'>>[] = [
  { title: 'CALLS/S', cell: (of) => count(of.callsPerSecond), key: (of) => of.callsPerSecond },
  { title: 'FAILED/S', cell: (of) => count(of.failedPerSecond), key: (of) => of.failedPerSecond },
  { title: 'P50', cell: (of) => milliseconds(of.p50Ms), key: (of) => of.p50Ms ?? -1 },
  { title: 'P99', cell: (of) => milliseconds(of.p99Ms), key: (of) => of.p99Ms ?? -1 },
];

/** A figure that a server has told, or a dash. */
function told(title: string, pick: (of: TopServer) => number | undefined, write: (value: number) => string = count): Field<TopServer> {
  const cell = (of: TopServer): string => {
    const value = pick(of);
    return value === undefined ? '–' : write(value);
  };
  return { title, cell, key: (of) => pick(of) ?? -1 };
}

const serverFields: readonly Field<TopServer>[] = [
  { title: 'SERVER', cell: (of) => of.server },
  { title: 'STATE', cell: (of) => of.state },
  ...rates,
  told('RUNNING', ({ vitals, queued }) => vitals && vitals.inFlight - queued),
  told('QUEUED', ({ vitals, queued }) => vitals && queued),
  told('SENT', ({ vitals }) => vitals?.sent),
  told('RUNS', ({ vitals }) => vitals?.runs),
  told('CLIENTS', ({ vitals }) => vitals?.sessions),
  told('LOOP', ({ vitals }) => vitals?.process?.loopDelayMs, milliseconds),
  told('MEMORY', ({ vitals }) => vitals?.process?.residentBytes, bytes),
  { title: 'RESOURCES', cell: (of) => of.resources.join(' ') },
];

const functionFields: readonly Field<TopFunction>[] = [
  { title: 'FUNCTION', cell: (of) => of.function },
  ...rates,
  { title: 'RUNNING', cell: (of) => count(of.running), key: (of) => of.running },
  { title: 'QUEUED', cell: (of) => count(of.queued), key: (of) => of.queued },
  { title: 'SERVERS', cell: (of) => count(of.servers), key: (of) => of.servers },
];

const runFields: readonly Field<RunSummary>[] = [
  { title: 'RUN', cell: (of) => of.runId },
  { title: 'WORKFLOW', cell: (of) => of.name ?? '' },
  { title: 'COORDINATOR', cell: (of) => of.coordinator },
  { title: 'STATE', cell: (of) => of.state },
  { title: 'STEPS', cell: (of) => `${of.settled}/${of.steps}`, key: (of) => of.settled / Math.max(1, of.steps) },
  { title: 'TIME', cell: (of) => milliseconds(of.elapsedMs), key: (of) => of.elapsedMs },
  { title: 'BEGAN', cell: (of) => timeOfDay(of.startedAtMs), key: (of) => of.startedAtMs },
];

const breakerFields: readonly Field<TopBreaker>[] = [
  { title: 'BY', cell: (of) => of.by },
  { title: 'TO', cell: (of) => of.server },
  { title: 'FUNCTION', cell: (of) => of.function ?? '(all)' },
  { title: 'STATE', cell: (of) => of.state },
  { title: 'TRIES IN', cell: (of) => milliseconds(of.opensForMs), key: (of) => of.opensForMs ?? -1 },
];

const changeFields: readonly Field<TopChange>[] = [
  { title: 'TIME', cell: (of) => timeOfDay(of.atMs), key: (of) => of.atMs },
  { title: 'WHAT', cell: (of) => of.what },
];

/** The whole table of one view. */
export function tableOf(tab: Tab, view: TopView): Table {
  switch (tab) {
    case 'servers':
      return tableWith(serverFields, view.servers, ({ state }) => (state === 'alive' ? 'plain' : 'bad'));
    case 'functions':
      return tableWith(functionFields, view.functions, ({ failedPerSecond }) => (failedPerSecond > 0 ? 'bad' : 'plain'));
    case 'runs':
      return tableWith(runFields, view.runs, ({ state }) => (state === 'running' ? 'good' : state === 'failed' ? 'bad' : 'dim'));
    case 'breakers':
      return tableWith(breakerFields, view.breakers, ({ state }) => (state === 'open' ? 'bad' : 'plain'));
    case 'events':
      return tableWith(changeFields, view.changes, () => 'plain');
  }
}

/** By which column each is sorted at first: the busiest, youngest or latest above. */
export const sortedAtFirst: Readonly<Record<Tab, string>> = {
  servers: 'SERVER',
  functions: 'CALLS/S',
  runs: 'BEGAN',
  breakers: 'BY',
  events: 'TIME',
};

/** The rows that hold the text, in order of the column. */
export function arranged({ columns, rows }: Table, { sort, isReversed, filter }: Arrangement): readonly Row[] {
  const wanted = filter.toLowerCase();
  const at = Math.max(
    0,
    columns.findIndex(({ title }) => title === sort),
  );
  const order = rows.filter(({ cells }) => cells.join(' ').toLowerCase().includes(wanted));
  order.sort((a, b) => compared(a.keys[at] ?? '', b.keys[at] ?? '') || compared(a.keys[0] ?? '', b.keys[0] ?? ''));
  return isReversed ? order.reverse() : order;
}

export interface Arrangement {
  readonly sort: string;
  readonly isReversed: boolean;
  readonly filter: string;
}

function tableWith<T>(fields: readonly Field<T>[], of: readonly T[], tone: (of: T) => Tone): Table {
  const columns = fields.map(({ title, key }) => ({ title, isNumber: key !== undefined && title !== 'TIME' }));
  const rows = of.map((one) => ({
    cells: fields.map(({ cell }) => printable(cell(one))),
    keys: fields.map(({ cell, key }) => (key ? key(one) : cell(one))),
    tone: tone(one),
  }));
  return { columns, rows };
}

function compared(a: string | number, b: string | number): number {
  return typeof a === 'number' && typeof b === 'number' ? b - a : String(a).localeCompare(String(b));
}

/** Names of others move no cursor. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '?');
}
