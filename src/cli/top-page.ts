/**
 * One page of `heddle top`, as lines: a heading, the views, a table, and what the keys do. No terminal is touched here.
 *
 * P1 there are never more lines than the terminal has, nor is one longer than it is wide. P2 without colour nothing but text.
 */

import { count, milliseconds, perSecond, plural, timeOfDay } from '../observe/figures.ts';
import type { TopView } from './top-model.ts';
import { type Arrangement, arranged, type Row, type Tab, type Table, type Tone, tableOf, tabs } from './top-tables.ts';

/** What a person has chosen. */
export interface TopChoice extends Arrangement {
  readonly tab: Tab;
  /** Rows above the first that is shown. */
  readonly scroll: number;
  /** A filter is being typed. */
  readonly isTyping: boolean;
}

export interface Paper {
  readonly columns: number;
  readonly rows: number;
  readonly hasColour: boolean;
}

/** Where the figures come from: a server, or why there are none just now. */
export interface Source {
  readonly url: string;
  readonly trouble?: string | undefined;
}

interface Piece {
  readonly text: string;
  readonly style?: Tone | 'strong' | 'chosen' | undefined;
}

/** Rows of a table that is printed once. */
const plainRowsMax = 20;
/** Lines around the table. */
const frameLines = 5;
const styles: Readonly<Record<string, string>> = { good: '32', bad: '31', dim: '90', strong: '1', chosen: '7' };

/** How many rows of the table fit. */
export function rowsThatFit({ rows }: Pick<Paper, 'rows'>): number {
  return Math.max(1, rows - frameLines);
}

export function pageOf(view: TopView, choice: TopChoice, at: { readonly paper: Paper; readonly source: Source }): readonly string[] {
  const { paper, source } = at;
  const table = tableOf(choice.tab, view);
  const rows = arranged(table, choice);
  const shown = rows.slice(choice.scroll, choice.scroll + rowsThatFit(paper));
  const lines: readonly (readonly Piece[])[] = [
    headOf(view, source),
    tabsOf(view, choice.tab),
    [],
    ...tableLines(table, shown, choice.sort),
    ...(rows.length === 0 ? [[{ text: emptyText(choice), style: 'dim' as const }]] : []),
  ];
  const all = [...lines.slice(0, Math.max(0, paper.rows - 1)), footOf(choice, rows.length - choice.scroll - shown.length)];
  return all.slice(0, paper.rows).map((line) => written(line, paper));
}

/** The same without a terminal: all tables, one after the other. */
export function plainPage(view: TopView, arrangement: (tab: Tab) => Arrangement): string {
  const { all, servers } = view;
  const head = `${plural(servers.length, 'server')}, ${perSecond(all.callsPerSecond)}, ${count(all.failedPerSecond)} failed/s, p50 ${milliseconds(all.p50Ms)}, p99 ${milliseconds(all.p99Ms)}`;
  const blocks = tabs.flatMap((tab) => {
    const table = tableOf(tab, view);
    const rows = arranged(table, arrangement(tab));
    if (rows.length === 0) return [];
    const paper = { columns: Number.POSITIVE_INFINITY, rows: 0, hasColour: false };
    const more = rows.length > plainRowsMax ? [`and ${rows.length - plainRowsMax} more; --json has all`] : [];
    const shown = tableLines(table, rows.slice(0, plainRowsMax), '').map((line) => written(line, paper).trimEnd());
    return [['', ...shown, ...more].join('\n')];
  });
  return [head, ...blocks].join('\n');
}

function headOf({ atMs, all, servers }: TopView, { url, trouble }: Source): readonly Piece[] {
  const alive = servers.filter(({ state }) => state === 'alive').length;
  const counts = alive === servers.length ? plural(alive, 'server') : `${alive} of ${plural(servers.length, 'server')} alive`;
  const said = [counts, perSecond(all.callsPerSecond), `${count(all.failedPerSecond)} failed/s`, `p50 ${milliseconds(all.p50Ms)}`];
  return [
    { text: `heddle top  ${url}  `, style: 'strong' },
    ...(trouble === undefined ? [] : [{ text: `${trouble}; trying again  `, style: 'bad' as const }]),
    ...(atMs === 0 ? [] : [{ text: `${timeOfDay(atMs).slice(0, 8)}  ${said.join('  ')}  p99 ${milliseconds(all.p99Ms)}` }]),
  ];
}

function tabsOf(view: TopView, chosen: Tab): readonly Piece[] {
  const sizes = [view.servers, view.functions, view.runs, view.breakers, view.changes].map(({ length }) => length);
  return tabs.flatMap((tab, at) => [
    { text: ` ${at + 1} ${tab} ${sizes[at] ?? 0} `, style: tab === chosen ? ('chosen' as const) : undefined },
    { text: ' ' },
  ]);
}

function tableLines({ columns }: Table, rows: readonly Row[], sort: string): readonly (readonly Piece[])[] {
  const titles = columns.map(({ title }) => (title === sort ? `${title}*` : title));
  const widths = titles.map((title, at) => rows.reduce((most, { cells }) => Math.max(most, (cells[at] ?? '').length), title.length));
  const line = (cells: readonly string[]): string =>
    cells.map((cell, at) => (columns[at]?.isNumber ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0))).join('  ');
  return [[{ text: line(titles), style: 'dim' }], ...rows.map(({ cells, tone }): readonly Piece[] => [{ text: line(cells), style: tone }])];
}

function emptyText({ filter, tab }: TopChoice): string {
  return filter === '' ? `no ${tab}` : `no ${tab} with "${filter}"`;
}

function footOf({ isTyping, filter }: TopChoice, below: number): readonly Piece[] {
  if (isTyping)
    return [
      { text: `filter: ${filter}`, style: 'strong' },
      { text: '_   enter keeps it, escape drops it', style: 'dim' },
    ];
  const kept = filter === '' ? '' : `   only "${filter}"`;
  const more = below > 0 ? `   ${below} more below` : '';
  return [{ text: `q quit  tab view  s sort  r reverse  / filter  up down scroll${kept}${more}`, style: 'dim' }];
}

function written(pieces: readonly Piece[], { columns, hasColour }: Paper): string {
  let left = columns;
  const parts = pieces.map(({ text, style }) => {
    const shown = text.slice(0, left);
    left -= shown.length;
    const code = styles[style ?? ''];
    return hasColour && code !== undefined && shown !== '' ? `\u001b[${code}m${shown}\u001b[0m` : shown;
  });
  return parts.join('');
}
