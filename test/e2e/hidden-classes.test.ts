/**
 * What runs and streams are made of has the same few hidden classes for ever. An object that is spread with something added
 * behind (`{ ...record, added }`) has one of its own each time, where that is warm: 350 ns and 250 bytes for each addition, and
 * whatever reads it afterwards sees a class that it never saw. V8's own log says whether one was made.
 */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { builtModule } from './built-module.ts';
import { Spawned } from './processes.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-classes-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('once warm, runs of workflows and streams make no hidden classes', async () => {
  const log = join(folder, 'v8.log');
  const flags = ['--log-maps', '--no-log-maps-details', '--no-logfile-per-isolate', `--logfile=${log}`];
  const child = new Spawned([...flags, builtModule('warm-runs.ts'), log], {});
  const warm = await child.line(/^warm at /);
  expect(await child.finished, child.errors.join('\n')).toMatchObject({ code: 0 });
  const lines = readFileSync(log, 'utf8')
    .slice(Number(warm.slice('warm at '.length)))
    .split('\n');
  // Such a class is derived from one that keeps no account of what is derived from it: for V8, one of a prototype.
  const added = lines.filter((line) => line.startsWith('map,Transition,') && line.includes(',prototype,'));
  expect(tally(added)).toEqual([]);
});

/** What was added, and how often: what Node itself adds at the end, once for each server, is not told. */
function tally(lines: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const added = line.split(',')[9] ?? '';
    counts.set(added, (counts.get(added) ?? 0) + 1);
  }
  return [...counts].filter(([, count]) => count > 10).map(([added, count]) => `${added}: ${count} times`);
}
