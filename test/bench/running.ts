/**
 * P8r: how the time of a run grows with its commands, in this process: a server that is alone runs workflows of all sizes, whose steps
 * do next to nothing, so that what is measured is the fabric's own work for them.
 */

import { seededRandom } from '../../src/base/random.ts';
import { defineFunction, type Server, startServer } from '../../src/index.ts';
import { type Measurement, median, renderTable } from './measurement.ts';
import { shapesOf, sizes } from './shapes.ts';

interface RunningRow {
  readonly shape: string;
  readonly commands: number;
  /** From `submit` to the result; median over the rounds. */
  readonly runMs: number;
}

/** Runs before anything is timed, so that the engine has seen the shape. */
const warmUps = 5;
const shapes = shapesOf(seededRandom('running'));
const work = defineFunction({ name: 'work', effect: 'pure', handler: (_ctx, _inputs: unknown): number => 1 });

export const running: Measurement = {
  title: 'run workflows at one server, from submitting to the result; linear',
  measure: async ({ rounds, onProgress }) => {
    onProgress(`${Object.keys(shapes).length} shapes, up to ${sizes.at(-1)} commands, in this process`);
    const server = await startServer({ name: 'loom', cluster: `bench-running-${process.pid}`, functions: { work } });
    try {
      const measured = await measureRunning(server, rounds);
      return { data: { shapes: measured }, table: runningTable(measured) };
    } finally {
      await server.stop();
    }
  },
};

async function measureRunning(server: Server, rounds: number): Promise<readonly RunningRow[]> {
  const rows: RunningRow[] = [];
  for (const [shape, make] of Object.entries(shapes)) {
    for (let run = 0; run < warmUps; run += 1) await server.submit(make(1_000), { returns: [] }).result;
    for (const size of sizes) {
      const measured: number[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const commands = make(size);
        const startMs = performance.now();
        await server.submit(commands, { returns: [] }).result;
        measured.push(performance.now() - startMs);
      }
      rows.push({ shape, commands: size, runMs: median(measured) });
    }
  }
  return rows;
}

function runningTable(rows: readonly RunningRow[]): string {
  return renderTable({
    title: running.title,
    head: ['shape', 'commands', 'run ms', 'us each'],
    lines: rows.map(({ shape, commands, runMs }) => [shape, String(commands), runMs.toFixed(1), ((runMs / commands) * 1_000).toFixed(2)]),
    notes: ['run ms: read, checked, planned and run by a server that is alone, in this process beside nobody'],
  });
}
