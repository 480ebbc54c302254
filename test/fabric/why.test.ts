import { describe, expect } from 'vitest';
import type { Client } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { cancelRun, describeRun, listRuns } from '../../src/fabric/client/run-inspection.ts';
import { failureOf } from '../within.ts';
import { gate, same } from './runs.ts';
import { worldTest as test } from './world.ts';

const commands = [
  { name: 'first', fun: 'wait' },
  { name: 'second', fun: 'same', args: [{ $ref: 'first' }] },
];

describe('why', () => {
  test('of a run: what each step waits for, through any server, until it has ended', async ({ world }) => {
    const { wait, entered, release } = gate();
    const one = await world.start('one', { wait, same });
    const two = await world.start('two');
    const client = await world.connect(two);
    const run = one.submit({ name: 'report', commands });
    await world.settle(entered);
    const waits = [{ kind: 'input', step: 'first', of: 'second', ends: 'the end of step "first"' }];
    const asks: readonly Pick<Client, 'why'>[] = [client, one, two];
    for (const asked of asks) expect(await world.settle(asked.why({ run: run.runId }))).toEqual(waits);
    expect(await world.settle(client.why({ run: run.runId, step: 'second' }))).toEqual(waits);
    expect(await world.settle(client.why({ run: run.runId, step: 'first' }))).toEqual([]);
    const { run: summary, steps } = await world.settle(describeRun(client, run.runId));
    expect(summary).toMatchObject({ runId: run.runId, name: 'report', coordinator: 'one', state: 'running', steps: 2, settled: 0 });
    expect(steps).toMatchObject([
      { step: 'first', function: 'wait', needs: [], now: { state: 'running', server: 'one', attempt: 1 } },
      { step: 'second', needs: ['first'], now: { state: 'waiting' } },
    ]);
    release();
    await world.settle(run.result);
    expect(await world.settle(client.why({ run: run.runId }))).toEqual([]);
    expect(await world.settle(describeRun(client, run.runId))).toMatchObject({ run: { state: 'done', settled: 2 } });
  });

  test('of a function: nobody offers it, breakers stand before it, or nothing is in the way', async ({ world }) => {
    const hang = defineFunction({ name: 'hang', timeoutMs: 1_000, handler: () => new Promise(() => {}) });
    const one = await world.start('one', { same });
    await world.start('two', { hang });
    const client = await world.connect(one);
    expect(await world.settle(client.why({ function: 'same' }))).toEqual([]);
    expect(await world.settle(one.why({ function: 'absent' }))).toEqual([
      { kind: 'no_offer', function: 'absent', of: 'absent', ends: 'a server that offers absent' },
    ]);
    await world.settle(Promise.all(Array.from({ length: 10 }, () => failureOf(one.call('hang', [])))));
    expect(await world.settle(client.why({ function: 'hang' }))).toMatchObject([
      { kind: 'breaker', of: 'hang', ends: expect.stringMatching(/^the first breaker that lets a call through, in \d+ ms/) },
    ]);
  });

  test('says what it cannot be asked, and which runs and steps there are not', async ({ world }) => {
    const one = await world.start('one', { same });
    const client = await world.connect(one);
    const run = client.submit([{ name: 'a', fun: 'same', args: [1] }]);
    await world.settle(run.result);
    const wrong: readonly [unknown, string][] = [
      [undefined, 'an object'],
      [{}, 'found neither'],
      [{ run: 'a', function: 'b' }, 'found both'],
      [{ runs: 'a' }, 'did you mean "run"?'],
      [{ run: '' }, 'the id of a run'],
      [{ function: 7 }, 'the name of a function'],
      [{ function: 'f', step: 'a' }, 'a step only beside a run'],
      [{ run: run.runId, step: 'b' }, `a step of ${run.runId} (a)`],
    ];
    for (const [what, message] of wrong) {
      const failure = await world.settle(failureOf(client.why(what as { function: string })));
      expect(failure).toMatchObject({ code: 'bad_argument', executed: 'no' });
      expect(failure.message).toContain(message);
    }
    for (const asked of [client, one]) {
      expect(await world.settle(failureOf(asked.why({ run: 'nobody~1' })))).toMatchObject({ code: 'unknown_run', executed: 'no' });
    }
  });
});

describe('runs', () => {
  test('are listed from every server, those under way first, and cancelled by their id from anywhere', async ({ world }) => {
    const { wait, state, entered } = gate();
    const one = await world.start('one', { wait, same });
    const two = await world.start('two');
    const client = await world.connect(two);
    await world.settle(one.submit([{ name: 'a', fun: 'same', args: [1] }]).result);
    const run = one.submit({ name: 'long', commands });
    await world.settle(entered);
    await world.settle(two.submit([{ name: 'a', fun: 'same', args: [2] }]).result);
    const list = await world.settle(listRuns(client));
    expect(list.map(({ coordinator, name, state: how, settled, steps }) => [coordinator, name, how, settled, steps])).toEqual([
      ['one', 'long', 'running', 0, 2],
      ['two', undefined, 'done', 1, 1],
      ['one', undefined, 'done', 1, 1],
    ]);
    await world.settle(cancelRun(client, run.runId, 'enough'));
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled', detail: { reason: 'enough' } });
    expect(state.aborts).toBe(1);
    const after = await world.settle(listRuns(client));
    expect(after.find(({ runId }) => runId === run.runId)).toMatchObject({ state: 'failed', settled: 2 });
    expect(await world.settle(failureOf(cancelRun(client, 'nobody~1', 'x')))).toMatchObject({ code: 'unknown_run' });
  });

  test('of a server that does not answer are missing from the list, the others are there', async ({ world }) => {
    const one = await world.start('one', { same });
    await world.start('two', { same });
    const client = await world.connect(one);
    await world.settle(one.submit([{ name: 'a', fun: 'same', args: [1] }]).result);
    world.network.weather.cut('two', 'one');
    const list = await world.settle(listRuns(client));
    expect(list).toMatchObject([{ coordinator: 'one', state: 'done' }]);
  });
});
