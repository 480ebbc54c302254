import { describe, expect, test } from 'vitest';
import { ReplayLog } from '../../src/base/replay-log.ts';

interface Entry {
  readonly at: number;
  readonly key?: string;
}

async function seen(log: ReplayLog<Entry>): Promise<number[]> {
  const numbers: number[] = [];
  for await (const { at } of log) numbers.push(at);
  return numbers;
}

describe('a replay log', () => {
  test('L1: every loop sees every entry from the first, also those that come while it runs', async () => {
    const log = new ReplayLog<Entry>();
    log.push({ at: 1 });
    const early = seen(log);
    await Promise.resolve();
    log.push({ at: 2 });
    log.end();
    log.push({ at: 3 });
    expect([await early, await seen(log)]).toEqual([
      [1, 2],
      [1, 2],
    ]);
  });

  test('L1: a loop ends by throwing the error that ended the log', async () => {
    const log = new ReplayLog<Entry>();
    log.push({ at: 1 });
    log.end(new Error('over'));
    await expect(seen(log)).rejects.toThrow('over');
  });

  test('L2: beyond its bound only the last entry of a key is kept, and a loop under way goes on', async () => {
    const log = new ReplayLog<Entry>({ keyOf: (entry) => entry.key, entriesMax: 10 });
    log.push({ at: 0 });
    const loop = log[Symbol.asyncIterator]();
    expect((await loop.next()).value?.at).toBe(0);
    for (let at = 1; at <= 1_000; at += 1) log.push({ at, key: at % 2 === 0 ? 'even' : 'odd' });
    log.push({ at: 1_001 });
    log.end();
    const replayed = await seen(log);
    expect(replayed.length).toBeLessThan(15);
    expect(replayed.slice(-3)).toEqual([999, 1_000, 1_001]);
    const rest: number[] = [];
    for await (const { at } of { [Symbol.asyncIterator]: () => loop }) rest.push(at);
    expect(rest).toEqual(replayed.slice(1));
  });

  test('L1, L2: a loop that has seen what is dropped goes on with what it has not seen', async () => {
    const log = new ReplayLog<Entry>({ keyOf: (entry) => entry.key, entriesMax: 10 });
    for (let at = 1; at <= 8; at += 1) log.push({ at, key: 'one' });
    const loop = log[Symbol.asyncIterator]();
    for (let at = 1; at <= 8; at += 1) expect((await loop.next()).value?.at).toBe(at);
    for (let at = 9; at <= 11; at += 1) log.push({ at });
    log.end();
    const rest: number[] = [];
    for await (const { at } of { [Symbol.asyncIterator]: () => loop }) rest.push(at);
    expect([rest, await seen(log)]).toEqual([
      [9, 10, 11],
      [8, 9, 10, 11],
    ]);
  });
});
