/** Fault 30: callers abort their calls, in flight or waiting for room, again and again; 100,000 at once: load.soak.ts. Figures are printed. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect } from 'vitest';
import { defineFunction } from '../../src/index.ts';
import { within } from '../within.ts';
import { test } from './story.ts';

const rounds = 4;
const callsPerRound = 14_500;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void; // what the flag above gives

function heapMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe('fault 30: callers that abort 14,500 calls at once, four times', () => {
  test('free their slots and their memory within 1 s, and whoever comes next is served', async ({ fabric }) => {
    const running = { now: 0, most: 0 };
    const hold = defineFunction({
      name: 'hold',
      handler: (ctx) =>
        new Promise<void>((_, reject) => {
          running.now += 1;
          running.most = Math.max(running.most, running.now);
          ctx.signal.addEventListener('abort', () => {
            running.now -= 1;
            reject(new Error('given up'));
          });
        }),
    });
    const entry = await fabric.start('entry', []);
    await fabric.start('owner', [], { hold, same: (value: unknown) => value });
    const client = await fabric.connect(entry);
    const heaps: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const giver = new AbortController();
      const codes = new Map<string, number>();
      const calls = Array.from({ length: callsPerRound }, () =>
        client.call(hold, [], { signal: giver.signal }).catch((error: { code: string }) => {
          codes.set(error.code, (codes.get(error.code) ?? 0) + 1);
        }),
      );
      await within(`round ${round + 1}: a thousand calls run`, 5_000, () => running.now >= 1_000);
      const startMs = performance.now();
      giver.abort(new Error('enough'));
      await Promise.all(calls);
      // A machine that is late for a second with so many at once refuses some of them.
      const { cancelled = 0, overloaded = 0, ...others } = Object.fromEntries(codes);
      expect([others, cancelled + overloaded]).toEqual([{}, callsPerRound]);
      expect(cancelled).toBeGreaterThan(callsPerRound / 2);
      await within(`round ${round + 1}: every handler has stopped`, 1_000, () => running.now === 0);
      expect(await client.call('same', [round])).toBe(round);
      console.log(
        `fault 30, round ${round + 1}: ${callsPerRound} calls given up in ${(performance.now() - startMs).toFixed(0)} ms (bound 1000 ms)`,
      );
      heaps.push(heapMiB());
    }
    const growth = Math.max(...heaps.slice(2)) - Math.min(...heaps.slice(0, 2));
    console.log(
      `fault 30: ${rounds * callsPerRound} calls, at most ${running.most} at once, heap ${heaps.map((heap) => heap.toFixed(0)).join(', ')} MiB`,
    );
    expect(growth).toBeLessThan(40);
  });
});
