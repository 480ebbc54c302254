/**
 * The rows of the table, as text, and who is in it.
 */

import { seededRandom } from '../../../src/base/random.ts';
import type { Contender, ContenderOptions } from './contender.ts';
import { Heddle } from './heddle.ts';
import { measureCost, measureHeal, measureNews, measureSilence, percentile, type Spreading } from './scenarios.ts';
import { Swim } from './swim.ts';

export const contenders: Readonly<Record<string, (options: ContenderOptions) => Contender>> = {
  heddle: (options) => new Heddle(options),
  'swim-model': (options) => new Swim(options),
};

export const rowNames = ['news', 'silence', 'cost', 'heal'] as const;
export type RowName = (typeof rowNames)[number];

/** Before the first event, so that what joining left behind is done. */
const settleMs = 5_000;
/** How long traffic is counted, and from how many members on less long: a second of 10,000 takes ten of a processor. */
const costMs = 60_000;
const costLargeMs = 20_000;
const largeMembers = 5_000;
const silenceWatchMs = 60_000;
const healMaxMs = 180_000;
const partitionMs = 120_000;

/** Forms the fabric and asks it row after row; one line each. */
export function* measureRow(fabric: Contender, options: { readonly seed: string; readonly rows: readonly RowName[] }): Iterable<string> {
  const startedMs = performance.now();
  const random = seededRandom(`measure ${options.seed}`);
  const formedMs = fabric.form();
  yield `formed ${formedMs === undefined ? 'never' : seconds(formedMs)}${machine(startedMs)}`;
  if (formedMs === undefined) return;
  fabric.advance(settleMs);
  for (const row of rowNames) {
    if (!options.rows.includes(row)) continue;
    const rowMs = performance.now();
    yield `${textOf(row, fabric, random)}${machine(rowMs)}`;
  }
}

function textOf(row: RowName, fabric: Contender, random: ReturnType<typeof seededRandom>): string {
  switch (row) {
    case 'news': {
      const known = measureNews(fabric, random.integer(fabric.size));
      return `new offer known ${times(known)}`;
    }
    case 'cost': {
      const forMs = fabric.size > largeMembers ? costLargeMs : costMs;
      const { bytesPerSecond, falseDeads, notes } = measureCost(fabric, random, { churn: 0.01, forMs });
      const [mean, most] = [bytesPerSecond.mean, bytesPerSecond.most].map((bytes) => `${(bytes / 1_000).toFixed(2)} KB/s`);
      return `sent per member with 1 % churn a minute, for ${seconds(forMs)}: mean ${mean}, most of one ${most}; false deads ${falseDeads}; ${notes}`;
    }
    case 'silence': {
      const { avoided, dead, backMs } = measureSilence(fabric, 3 + random.integer(fabric.size - 3), silenceWatchMs);
      return `silent member avoided ${times(avoided)}; dead ${times(dead)}; back ${backMs === undefined ? 'never' : `after ${seconds(backMs)}`}; false deads ${fabric.falseDeads()}`;
    }
    case 'heal': {
      const healedMs = measureHeal(fabric, { forMs: partitionMs, maxMs: healMaxMs });
      return `one view after a 50/50 partition of 2 min: ${healedMs === undefined ? `not within ${seconds(healMaxMs)}` : seconds(healedMs)}`;
    }
  }
}

function times(spreading: Spreading): string {
  const { timesMs, missing } = spreading;
  const [p50, p99] = [0.5, 0.99].map((share) => percentile(spreading, share));
  const last = missing === 0 ? timesMs.at(-1) : undefined;
  const text = (ms: number | undefined): string => (ms === undefined ? 'never' : ms < 1_000 ? `${Math.round(ms)} ms` : seconds(ms));
  return `p50 ${text(p50)}, p99 ${text(p99)}, last ${missing === 0 ? text(last) : `~ ${missing} of ${timesMs.length + missing} never`}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(2)} s`;
}

/** What it cost here. */
function machine(sinceMs: number): string {
  const { heapUsed, rss } = process.memoryUsage();
  const [heapMb, rssMb] = [heapUsed, rss].map((bytes) => Math.round(bytes / 2 ** 20));
  return `   (${seconds(performance.now() - sinceMs)} of this machine, heap ${heapMb} MB, process ${rssMb} MB)`;
}
