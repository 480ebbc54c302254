import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { type Functions, startServer } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { heddle } from './terminal.ts';

const start = (functions: Functions = {}, drainGraceMs?: number) =>
  startServer({ name: 'one', cluster: randomUUID(), functions }, { drainGraceMs });

describe('heddle drain', () => {
  test('drains the very server that it asks, and says how that ended (D1)', async () => {
    await using server = await start();
    const { code, outs, notes } = await heddle('drain', 'one', '--url', server.url);
    expect(code).toBe(0);
    expect(outs).toEqual([expect.stringMatching(/^one has drained in \d+\.\d s$/)]);
    expect(notes).toEqual(['one is draining, with nothing under way']);
  });

  test('says it as JSON, and what had to be ended with exit code 4 (D2)', async () => {
    const entered = deferred<void>();
    const wait = (): Promise<void> => {
      entered.resolve();
      return new Promise(() => undefined);
    };
    await using server = await start({ wait }, 300);
    const lost = failureOf(server.call('wait', []));
    await entered.promise;
    const { code, outs, notes } = await heddle('drain', 'one', '--url', server.url, '--json');
    expect(code).toBe(4);
    const ended = { calls: 1, sent: 1, runs: 0 };
    expect(outs.map((text) => JSON.parse(text) as unknown)).toEqual([{ server: 'one', elapsedMs: expect.any(Number), ended }]);
    expect(notes).toEqual([
      'one is draining, with 1 call served, 1 call sent or passed on under way',
      'its grace time was over with 1 call served, 1 call sent or passed on under way, which had to be ended',
    ]);
    await lost;
  });

  test('is wrong usage for a name that nobody has, unreachable where nobody listens, late when its time is over', async () => {
    const wait = (): Promise<void> => new Promise(() => undefined);
    await using server = await start({ wait }, 2_000);
    const unknown = await heddle('drain', 'two', '--url', server.url);
    expect([unknown.code, unknown.outs]).toEqual([2, []]);
    expect(unknown.notes.join()).toContain('(one)');
    expect((await heddle('drain', 'one', '--url', '127.0.0.1:9')).code).toBe(3);
    expect((await heddle('drain')).code).toBe(2);
    const lost = failureOf(server.call('wait', []));
    const late = await heddle('drain', 'one', '--url', server.url, '--timeout-ms', '500');
    expect([late.code, late.notes]).toEqual([
      4,
      [
        expect.stringContaining('is draining, with'),
        'one goes on draining, whoever waits for it',
        expect.stringContaining('deadline_exceeded'),
      ],
    ]);
    await lost;
  });
});
