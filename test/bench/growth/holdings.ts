/**
 * G5: what an idle link, an offer and a call in flight hold in memory, after a collection; in a process of its own, both ends in it.
 */

import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Measurement, median, renderTable, spreadOf } from '../measurement.ts';

/** What one process measured: bytes each. */
export interface Holding {
  readonly what: string;
  readonly count: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
}

const holder = fileURLToPath(new URL('holder.ts', import.meta.url));
const built = new URL('../built.ts', import.meta.url).href;

export const holdings: Measurement = {
  title: 'memory of an idle link, an offer and a call in flight, both ends in one process',
  measure: async ({ rounds, onProgress }) => {
    const all: (readonly Holding[])[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      onProgress(`round ${round} of ${rounds}`);
      all.push(await measureOnce());
    }
    const rows = (all[0] ?? []).map(({ what, count }, at) => {
      const heap = all.map((round) => round[at]?.heapBytes ?? Number.NaN);
      const resident = all.map((round) => round[at]?.residentBytes ?? Number.NaN);
      return { what, count, heapBytes: median(heap), heapSpread: spreadOf(heap), residentBytes: median(resident) };
    });
    const lines = rows.map(({ what, count, heapBytes, heapSpread, residentBytes }) => [
      what,
      String(count),
      (heapBytes / 1024).toFixed(2),
      `${(heapSpread * 100).toFixed(0)} %`,
      (residentBytes / 1024).toFixed(2),
    ]);
    const head = ['one of', 'so many', 'heap KiB', 'spread', 'resident KiB'];
    const notes = ['heap: live objects and their buffers; resident: what the process grew by, divided; what was freed before hides in it'];
    return { data: { rows }, table: renderTable({ title: holdings.title, head, lines, notes }) };
  },
};

function measureOnce(): Promise<readonly Holding[]> {
  const child = fork(holder, [], { execArgv: ['--import', 'tsx', '--import', built], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  return new Promise((resolve, reject) => {
    child.once('message', (message: { readonly holdings: readonly Holding[] }) => resolve(message.holdings));
    child.once('exit', (code) => reject(new Error(`the process that measures memory ended with code ${code}`)));
  });
}
