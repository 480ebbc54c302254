/**
 * What a server under load offers: functions that are short of something different each, and what they hold.
 */

import { setTimeout as pause } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Context, defineFunction } from 'heddle';

/** Eight at a time, 50 ms each. */
export const press = defineFunction({ name: 'press', effect: 'pure', concurrency: 8, handler: (): Promise<void> => pause(50) });

/** The thread for 5 ms. */
export const spin = defineFunction({
  name: 'spin',
  effect: 'pure',
  handler: (): void => {
    const untilMs = performance.now() + 5;
    while (performance.now() < untilMs);
  },
});

const freeAtMs = [0, 0, 0, 0];

/** Four behind it, 10 ms each; no declared limit. */
export const query = defineFunction({
  name: 'query',
  effect: 'pure',
  handler: (): Promise<void> => {
    const next = freeAtMs.indexOf(Math.min(...freeAtMs));
    const endMs = Math.max(performance.now(), freeAtMs[next] ?? 0) + 10;
    freeAtMs[next] = endMs;
    return pause(endMs - performance.now());
  },
});

let sickRuns = 0;
let isSick = true;

/** Fails, and says that trying again is fine, until it is cured. */
export const sick = defineFunction({
  name: 'sick',
  effect: 'idempotent',
  handler: (): string => {
    sickRuns += 1;
    if (isSick) throw Object.assign(new Error('the disk is gone'), { retryable: true });
    return 'well';
  },
});

/** Cures the process that it runs in; gives how often `sick` ran there. */
export const cure = defineFunction({
  name: 'cure',
  handler: (): number => {
    isSick = false;
    return sickRuns;
  },
});

let inside = 0;

/** Until it is given up. */
export const park = defineFunction({
  name: 'park',
  concurrency: 200_000,
  handler: (ctx: Context): Promise<void> =>
    new Promise((_resolve, reject) => {
      inside += 1;
      ctx.signal.addEventListener('abort', () => {
        inside -= 1;
        reject(ctx.signal.reason);
      });
    }),
});

export const parked = defineFunction({ name: 'parked', handler: () => inside });

setFlagsFromString('--expose_gc');
const collect = runInNewContext('gc') as () => void; // V8's own, by that flag

/** Bytes on the heap once everything that can go is gone. */
export const heap = defineFunction({
  name: 'heap',
  handler: (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  },
});

/** Milliseconds of processor time that this process has used. */
export const cpu = defineFunction({
  name: 'cpu',
  handler: (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});
