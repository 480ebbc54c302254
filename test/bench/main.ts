/**
 * `npm run bench [-- P1 P3] [--json] [--rounds 5] [--seconds 2]`: every row in one run, contestants side by side in processes of
 * their own. Absolute figures mean little on a shared machine; the ratios are what the targets speak of.
 */

import { parseArgs } from 'node:util';
import { contestants } from './contestants.ts';
import { installPeers } from './peers.ts';
import { measurePlanning, type PlanningRow, planningTable } from './planning.ts';
import { type Row, rows } from './rows.ts';
import { type RowResult, runRow, type Standing } from './run.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
  },
});
/** Measured in this process, beside nobody. */
const planning = 'P8';
const known = [...Object.keys(rows), planning];
const wanted = positionals.length > 0 ? positionals : known;
const results: Record<string, RowResult | readonly PlanningRow[]> = {};

installPeers();
for (const id of wanted) {
  if (id === planning) {
    const measured = measurePlanning(Number(values.rounds));
    results[id] = measured;
    if (!values.json) process.stdout.write(planningTable(measured));
    continue;
  }
  const row = rows[id];
  if (!row) {
    process.stderr.write(`there is no row ${id}; the rows are ${known.join(', ')}\n`);
    process.exit(2);
  }
  const roundMs = Number(values.seconds) * 1000;
  const result = await runRow(row, {
    rounds: Number(values.rounds),
    roundMs,
    warmUpMs: roundMs,
    onProgress: (text) => process.stderr.write(`${id}: ${text}\n`),
  });
  results[id] = result;
  if (!values.json) process.stdout.write(tableOf(id, row, result));
}
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows: results }, null, 2)}\n`);

function tableOf(id: string, row: Row, result: RowResult): string {
  const subject = result.standings.find(({ name }) => name === row.subject);
  const lines = result.standings.map((standing) => lineOf(standing, row, subject));
  const head = ['', 'calls/s', 'p50 us', 'p99 us', 'cpu us', 'spread', 'calls', 'ratio', 'target', ''];
  const widths = head.map((title, at) => Math.max(title.length, ...lines.map((line) => line[at]?.length ?? 0)));
  const format = (cells: readonly string[]): string =>
    cells
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
      .join('  ')
      .trimEnd();
  const notes = result.standings.map(({ name }) => `  ${name}: ${contestants[name].what}`);
  const skips = result.skipped.map(({ name, why }) => `  ${name}: skipped (${why})`);
  return [`\n${id}: ${row.title}`, format(head), ...lines.map(format), ...notes, ...skips, ''].join('\n');
}

function lineOf(standing: Standing, row: Row, subject: Standing | undefined): string[] {
  const target = row.peers.find(({ name }) => name === standing.name)?.target;
  const isSubject = standing.name === row.subject;
  const ratio = subject && !isSubject ? subject[row.figure] / standing[row.figure] : undefined;
  const isMet = ratio !== undefined && target && (target.kind === 'atLeast' ? ratio >= target.ratio : ratio <= target.ratio);
  return [
    standing.name,
    standing.callsPerSecond.toFixed(0),
    standing.p50Micros.toFixed(0),
    standing.p99Micros.toFixed(0),
    standing.cpuMicros.toFixed(1),
    `${(standing.spread * 100).toFixed(0)} %`,
    String(standing.calls),
    ratio === undefined ? '' : `${ratio.toFixed(2)} x`,
    target === undefined ? '' : `${target.kind === 'atLeast' ? '>=' : '<='} ${target.ratio} x`,
    target === undefined ? '' : isMet ? 'met' : 'missed',
  ];
}
