/**
 * `npm run bench [-- P1 P3] [--json] [--rounds 5] [--seconds 2]`: every row in one run, contestants side by side in processes of
 * their own. Absolute figures mean little on a shared machine; the ratios are what the targets speak of.
 */

import { readArguments, type Wanted, WrongUsage } from './arguments.ts';
import { known, measurements } from './measurements.ts';
import { installPeers } from './peers.ts';

const wanted = readOrExit();
if (!installPeers()) process.stderr.write('the other projects could not be installed: their contestants are skipped\n');
const rows: Record<string, unknown> = {};
for (const id of wanted.ids) {
  const measurement = measurements[id];
  if (!measurement) continue;
  const onProgress = (text: string): void => void process.stderr.write(`${id}: ${text}\n`);
  const { data, table } = await measurement.measure({ rounds: wanted.rounds, roundMs: wanted.roundMs, onProgress });
  rows[id] = { title: measurement.title, ...(data as object) };
  if (!wanted.json) process.stdout.write(`\n${id}: ${table}`);
}
if (wanted.json) process.stdout.write(`${JSON.stringify({ node: process.version, rows }, null, 2)}\n`);

function readOrExit(): Wanted {
  try {
    return readArguments(process.argv.slice(2), known);
  } catch (error) {
    if (!(error instanceof WrongUsage)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(2);
  }
}
