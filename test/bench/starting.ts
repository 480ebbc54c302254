/**
 * P9: from the start of a process to the line that says it is ready, and the memory that it holds some seconds later, when idle.
 * Both sides are plain Node on built code, in turns, round by round.
 */

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Measurement, median, percent, renderTable, spreadOf } from './measurement.ts';

interface Starter {
  readonly name: string;
  readonly what: string;
  readonly args: readonly string[];
  /** On its stdout, once it is ready. */
  readonly isReady: RegExp;
}

interface Start {
  readonly readyMs: number;
  readonly idleMiB: number;
  /** Processor time from its first instruction to the end of the idle seconds. */
  readonly cpuMs: number;
}

const pathOf = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const starters: readonly Starter[] = [
  {
    name: 'heddle serve',
    what: 'the command line from dist, one module with one function; ready when HEDDLE_URL= is printed',
    args: [pathOf('../../dist/bundle/main.js'), 'serve', pathOf('served.mjs')],
    isReady: /^HEDDLE_URL=/m,
  },
  {
    name: 'Moleculer broker',
    what: 'a script with a broker, TCP transporter, one action; ready when broker.start() has resolved (it waits 500 ms of its own)',
    args: [pathOf('peers/broker.cjs')],
    isReady: /^READY/m,
  },
];
const targets = { readyMs: 0.6, idleMiB: 1.2 } as const;
const idleMs = 3_000;
const startMsMax = 60_000;

export const starting: Measurement = {
  title: 'from start to ready, and memory when idle',
  measure: async ({ rounds, onProgress }) => {
    const starts = new Map<Starter, Start[]>(starters.filter(isThere).map((starter) => [starter, []]));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [starter, all] of starts) {
        onProgress(round === 0 ? `warming up ${starter.name}` : `round ${round} of ${rounds}: ${starter.name}`);
        const start = await startOnce(starter);
        // The first one reads the files from the disk.
        if (round > 0) all.push(start);
      }
    }
    const rows = [...starts].map(([{ name, what }, all]) => ({ name, what, ...figuresOf(all) }));
    const skipped = starters
      .filter((starter) => !isThere(starter))
      .map(({ name }) => `${name}: skipped (test/bench/peers is not installed)`);
    return { data: { rows, skipped }, table: tableOf(rows, skipped) };
  },
};

type StartRow = ReturnType<typeof figuresOf> & { readonly name: string; readonly what: string };

function figuresOf(all: readonly Start[]) {
  const ready = all.map(({ readyMs }) => readyMs);
  const idle = all.map(({ idleMiB }) => idleMiB);
  const figures = { readyMs: median(ready), readySpread: spreadOf(ready), idleMiB: median(idle), idleSpread: spreadOf(idle) };
  return { ...figures, cpuMs: median(all.map(({ cpuMs }) => cpuMs)), starts: all.length };
}

function tableOf(rows: readonly StartRow[], skipped: readonly string[]): string {
  const [subject, peer] = rows;
  const lines = rows.map((row) => [
    row.name,
    row.readyMs.toFixed(0),
    percent(row.readySpread),
    row.idleMiB.toFixed(1),
    percent(row.idleSpread),
    row.cpuMs.toFixed(0),
    String(row.starts),
  ]);
  const verdicts =
    subject && peer ? (['readyMs', 'idleMiB'] as const).map((figure) => verdict(figure, subject[figure] / peer[figure])) : [];
  return renderTable({
    title: starting.title,
    head: ['', 'ready ms', 'spread', 'idle MiB', 'spread', 'cpu ms', 'starts'],
    lines,
    notes: [...verdicts, ...rows.map(({ name, what }) => `${name}: ${what}`), ...skipped],
  });
}

function verdict(figure: keyof typeof targets, ratio: number): string {
  const name = figure === 'readyMs' ? 'start' : 'memory';
  return `${name}: ${ratio.toFixed(2)} x; target: <= ${targets[figure]} x, ${ratio <= targets[figure] ? 'met' : 'missed'}`;
}

function isThere({ args }: Starter): boolean {
  return !args[0]?.includes('/peers/') || existsSync(pathOf('peers/node_modules'));
}

async function startOnce({ name, args, isReady }: Starter): Promise<Start> {
  const startMs = performance.now();
  const child = spawn(process.execPath, [...args], { stdio: ['ignore', 'pipe', 'ignore'] });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${name} was not ready within ${startMsMax} ms`)), startMsMax);
      let text = '';
      child.stdout.on('data', (data) => {
        text += data;
        if (!isReady.test(text)) return;
        clearTimeout(timer);
        resolve();
      });
      child.once('exit', (code) => reject(new Error(`${name} ended with code ${code} before it was ready`)));
    });
    const readyMs = performance.now() - startMs;
    await new Promise((resolve) => setTimeout(resolve, idleMs));
    return { readyMs, ...usageOf(child.pid) };
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}

/** Resident memory and processor time, where the system tells of them (Linux); else not a number. */
function usageOf(pid: number | undefined): Pick<Start, 'idleMiB' | 'cpuMs'> {
  try {
    const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    // Of `stat`, behind the name: user and system time are the 12th and 13th field, in hundredths of a second.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return { idleMiB: Number(kibibytes) / 1024, cpuMs: (Number(fields[11]) + Number(fields[12])) * 10 };
  } catch {
    return { idleMiB: Number.NaN, cpuMs: Number.NaN };
  }
}
