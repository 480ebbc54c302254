import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { runProgram } from '../../src/cli/program.ts';
import { connect, type Functions, startServer } from '../../src/index.ts';
import { failureOf, within } from '../within.ts';
import { FakeTerminal, heddle } from './terminal.ts';

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
      'one is draining, with 1 call served, 1 call sent or passed on under way (wait); it waits 0.3 s at most, then it ends what is left',
      'its grace time was over with 1 call served, 1 call sent or passed on under way, which had to be ended',
    ]);
    await lost;
  });

  test('names the functions that hold it up, and tells the time that is left when they are others (D1)', async () => {
    const [first, both] = [deferred<void>(), deferred<void>()];
    const entered = { load: 0, train: 0 };
    const hold = async (name: keyof typeof entered, until: Promise<void>): Promise<void> => {
      entered[name] += 1;
      await until;
    };
    const load = (): Promise<void> => hold('load', first.promise);
    const train = (): Promise<void> => hold('train', both.promise);
    await using server = await start({ load, train });
    await using caller = await connect(server.url);
    const calls = [caller.call('load', []), caller.call('load', []), caller.call('train', [])];
    await within('they run', 1_000, () => entered.load + entered.train === 3);
    const terminal = new FakeTerminal();
    const code = runProgram(['drain', 'one', '--url', server.url], terminal, '0.0.0');
    await within('it says what it waits for', 1_000, () => terminal.notes.length === 1);
    first.resolve();
    await within('it says what is left', 2_000, () => terminal.notes.length === 2);
    both.resolve();
    await Promise.all(calls);
    expect(await code).toBe(0);
    expect(terminal.notes).toEqual([
      'one is draining, with 3 calls served, 3 calls sent or passed on under way (load 2, train 1); it waits 25.0 s at most, then it ends what is left',
      expect.stringMatching(
        /^one is draining, with 1 call served, 1 call sent or passed on under way \(train\); it waits 2[0-4]\.\d s more at most, then it ends what is left$/,
      ),
    ]);
  });

  test('names the runs that hold it up, the oldest first (D1)', async () => {
    const released = deferred<void>();
    const entered: string[] = [];
    const wait = async (name: string): Promise<void> => {
      entered.push(name);
      await released.promise;
    };
    await using server = await start({ wait });
    await using client = await connect(server.url);
    const runIds = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];
    const submit = (runId: string) => client.submit([{ name: 'held', fun: 'wait', args: [runId] }], { runId }).result;
    await client.submit([], { runId: 'settled' }).result;
    const runs = runIds.map(submit);
    await within('they run', 1_000, () => entered.length === 7);
    const terminal = new FakeTerminal();
    const code = runProgram(['drain', 'one', '--url', server.url], terminal, '0.0.0');
    await within('it says what it waits for', 1_000, () => terminal.notes.length === 1);
    released.resolve();
    await Promise.all(runs);
    expect(await code).toBe(0);
    expect(terminal.notes[0]).toContain('7 runs coordinated under way (wait; runs a, b, c, d, e and 2 more); it waits');
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
