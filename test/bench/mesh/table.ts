/**
 * The figures of both meshes side by side, for people.
 */

import type { MeshName } from './crew.ts';
import type { FalseDeads, Figures } from './script.ts';

interface Row {
  readonly title: string;
  readonly cell: (figures: Figures) => string;
  /** What is compared; more is better by that factor. */
  readonly compared?: (figures: Figures) => number | undefined;
  readonly target?: number;
}

const rows: readonly Row[] = [
  { title: 'all know one another after the last start', cell: ({ joinedMs }) => msOf(joinedMs) },
  {
    title: 'a new function is known to all: median',
    cell: ({ knownMs }) => msOf(median(knownMs)),
    compared: ({ knownMs }) => median(knownMs),
    target: 10,
  },
  { title: '  slowest', cell: ({ knownMs }) => msOf(slowest(knownMs)) },
  {
    title: 'a killed server is avoided by all: median',
    cell: ({ killedMs }) => msOf(median(killedMs)),
    compared: ({ killedMs }) => median(killedMs),
    target: 5,
  },
  { title: '  slowest', cell: ({ killedMs }) => msOf(slowest(killedMs)) },
  {
    title: 'a stopped server is avoided by all: median',
    cell: ({ stoppedMs }) => msOf(median(stoppedMs)),
    compared: ({ stoppedMs }) => median(stoppedMs),
  },
  { title: 'false deads, one member starved', cell: ({ starved }) => deadsOf(starved) },
  { title: 'false deads, one link cut', cell: ({ cut }) => deadsOf(cut) },
  {
    title: "  a third server's calls to both, failed",
    cell: ({ cut }) => (cut ? `${cut.calls.failed} of ${cut.calls.failed + cut.calls.done}` : '-'),
  },
  {
    title: 'sent by each server when quiet',
    cell: ({ bytesPerSecond }) => (bytesPerSecond === undefined ? '-' : `${(bytesPerSecond / 1000).toFixed(1)} kB/s`),
  },
  {
    title: 'processor of each server when quiet',
    cell: ({ cpuMsPerSecond }) => (cpuMsPerSecond === undefined ? '-' : `${cpuMsPerSecond.toFixed(1)} ms/s`),
  },
  {
    title: 'memory of each server',
    cell: ({ residentBytes }) => (residentBytes === undefined ? '-' : `${(residentBytes / 1e6).toFixed(0)} MB`),
  },
];

export function tableOf(members: number, { heddle, moleculer }: Partial<Record<MeshName, Figures>>): string {
  const lines = rows.map((row) => [row.title, cellOf(row, heddle), cellOf(row, moleculer), ...ratioOf(row, heddle, moleculer)]);
  const head = [`${members} servers, each a process`, 'heddle', 'Moleculer TCP', 'ratio', 'target', ''];
  const widths = head.map((title, at) => Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  return `\n${[head, ...lines].map(format).join('\n')}\n`;
}

function cellOf(row: Row, figures: Figures | undefined): string {
  return figures ? row.cell(figures) : '';
}

/** How many times as long the other one takes; "over" where it never did. */
function ratioOf({ compared, target }: Row, ours: Figures | undefined, theirs: Figures | undefined): string[] {
  if (!compared || !ours || !theirs) return ['', '', ''];
  const [own, other] = [compared(ours), compared(theirs)];
  if (own === undefined) return ['', target === undefined ? '' : `>= ${target} x`, target === undefined ? '' : 'missed'];
  const ratio = other === undefined ? undefined : other / own;
  const isMet = ratio === undefined || (target !== undefined && ratio >= target);
  const text = ratio === undefined ? 'never' : `${ratio.toFixed(1)} x`;
  return target === undefined ? [text, '', ''] : [text, `>= ${target} x`, isMet ? 'met' : 'missed'];
}

function deadsOf(deads: FalseDeads | undefined): string {
  if (!deads) return 'skipped';
  return deads.verdicts === 0 ? 'none' : `${deads.servers} by ${deads.observers} servers (${deads.verdicts} times)`;
}

function msOf(ms: number | undefined): string {
  return ms === undefined ? 'not in time' : `${ms.toFixed(0)} ms`;
}

/** Over figures of which the ones that are missing count as the longest. */
function median(figures: readonly (number | undefined)[]): number | undefined {
  return sorted(figures)[Math.floor(figures.length / 2)];
}

function slowest(figures: readonly (number | undefined)[]): number | undefined {
  return sorted(figures).at(-1);
}

function sorted(figures: readonly (number | undefined)[]): (number | undefined)[] {
  const inTime = figures.filter((figure) => figure !== undefined).sort((a, b) => a - b);
  return [...inTime, ...figures.filter((figure) => figure === undefined)];
}
