/**
 * A row in which contestants are measured side by side, as a measurement: its table has the ratios that the targets speak of.
 */

import { contestants } from './contestants.ts';
import { figureHeads, figuresOf, type Measurement, renderTable } from './measurement.ts';
import type { Row } from './rows.ts';
import { type RowResult, runRow, type Standing } from './run.ts';

export function contest(row: Row): Measurement {
  return {
    title: row.title,
    measure: async ({ rounds, roundMs, onProgress }) => {
      const result = await runRow(row, { rounds, roundMs, warmUpMs: roundMs, onProgress });
      return { data: result, table: tableOf(row, result) };
    },
  };
}

function tableOf(row: Row, { standings, skipped }: RowResult): string {
  const subject = standings.find(({ name }) => name === row.subject);
  return renderTable({
    title: row.title,
    head: ['', ...figureHeads, 'calls', 'ratio', 'target', ''],
    lines: standings.map((standing) => lineOf(standing, row, subject)),
    notes: [
      ...standings.map(({ name }) => `${name}: ${contestants[name].what}`),
      ...skipped.map(({ name, why }) => `${name}: skipped (${why})`),
    ],
  });
}

function lineOf(standing: Standing, row: Row, subject: Standing | undefined): string[] {
  const target = row.peers.find(({ name }) => name === standing.name)?.target;
  const isSubject = standing.name === row.subject;
  const ratio = subject && !isSubject ? subject[row.figure] / standing[row.figure] : undefined;
  const isMet = ratio !== undefined && target && (target.kind === 'atLeast' ? ratio >= target.ratio : ratio <= target.ratio);
  return [
    standing.name,
    ...figuresOf(standing),
    String(standing.calls),
    ratio === undefined ? '' : `${ratio.toFixed(2)} x`,
    target === undefined ? '' : `${target.kind === 'atLeast' ? '>=' : '<='} ${target.ratio} x`,
    target === undefined ? '' : isMet ? 'met' : 'missed',
  ];
}
