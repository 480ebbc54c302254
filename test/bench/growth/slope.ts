/**
 * Whether memory grows under a steady load: P1's, one long round after the other, and after each what every process holds once it
 * has collected. `npm run bench:slope` takes ten minutes.
 */

import type { ContestantName } from '../contestants.ts';
import { type Measurement, renderTable } from '../measurement.ts';
import { Troupe } from '../troupe.ts';

interface Sample {
  readonly atMinutes: number;
  readonly calls: number;
  readonly heapMiB: readonly number[];
  readonly residentMiB: readonly number[];
}

const subject: ContestantName = 'heddle through an entry';
const parts = ['owner', 'entry', 'client'];
const inFlight = 64;
const MiB = 1024 ** 2;
/** The share of the samples at the start that is left out: tables and the code of the engine fill. */
const settling = 0.2;

export const slope: Measurement = {
  title: 'memory under a steady load, 64 calls in flight through an entry server',
  measure: async ({ rounds, roundMs, onProgress }) => {
    const troupe = new Troupe(subject);
    try {
      await troupe.start();
      const startMs = performance.now();
      const samples: Sample[] = [];
      for (let round = 1; round <= rounds; round += 1) {
        onProgress(`round ${round} of ${rounds}`);
        const { calls } = await troupe.drive({ inFlight, durationMs: roundMs });
        const memory = await troupe.memory();
        samples.push({
          atMinutes: (performance.now() - startMs) / 60_000,
          calls,
          heapMiB: memory.map(({ heapBytes }) => heapBytes / MiB),
          residentMiB: memory.map(({ residentBytes }) => residentBytes / MiB),
        });
      }
      return outcomeOf(samples);
    } finally {
      await troupe.stop();
    }
  },
};

function outcomeOf(samples: readonly Sample[]) {
  const settled = samples.slice(Math.floor(samples.length * settling));
  const rows = parts.map((part, at) => {
    const heap = settled.map(({ heapMiB }) => heapMiB[at] ?? Number.NaN);
    const resident = settled.map(({ residentMiB }) => residentMiB[at] ?? Number.NaN);
    const minutes = settled.map(({ atMinutes }) => atMinutes);
    return { part, heapMiB: heap.at(-1), heapMiBPerHour: slopeOf(minutes, heap) * 60, residentMiBPerHour: slopeOf(minutes, resident) * 60 };
  });
  const calls = samples.reduce((sum, sample) => sum + sample.calls, 0);
  const table = renderTable({
    title: slope.title,
    head: ['', 'heap MiB at the end', 'heap MiB an hour', 'resident MiB an hour'],
    lines: rows.map((row) => [
      row.part,
      (row.heapMiB ?? Number.NaN).toFixed(2),
      row.heapMiBPerHour.toFixed(2),
      row.residentMiBPerHour.toFixed(2),
    ]),
    notes: [
      `${calls} calls in ${(samples.at(-1)?.atMinutes ?? 0).toFixed(1)} minutes, ${samples.length} samples after a collection; least squares without the first fifth`,
    ],
  });
  return { data: { rows, calls, samples }, table };
}

/** Least squares: how much `ys` grow for one of `xs`. */
export function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const together = xs.reduce((sum, x, at) => sum + (x - meanX) * ((ys[at] ?? 0) - meanY), 0);
  return together / xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
}
