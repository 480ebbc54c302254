import { describe, expect } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import type { RunEngine, RunFollower } from '../../src/fabric/run/run-engine.ts';
import { RunHandle } from '../../src/fabric/run/run-handle.ts';
import { type Builder, remote, workflow } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { gate, kindsOf, same, waitOnce } from './runs.ts';
import { worldTest as test } from './world.ts';

/** A schema whose validation takes a turn, as one that asks a database would. */
const slowSchema = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: async (value: unknown) => (typeof value === 'number' ? { value } : { issues: [{ message: 'a number, please' }] }),
  },
} as const;

const fn = remote<{ wait: (value: number) => string }>();
const flow = workflow('flow', ({ step, input }: Builder<number>) => step('a', fn('wait'), [input]), { input: slowSchema });

describe('the handle of a run', () => {
  test('H1: raises no unhandled rejection by itself', async ({ world }) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    const client = await world.connect(await world.start('one', { same }));
    client.submit([{ name: 'a', fun: 'nobody' }]);
    client.submit('not a workflow' as never);
    client.submit([], { runId: 7 } as never);
    client.run(flow, 'not a number' as never);
    client.attach('nobody');
    client.attach(7 as never);
    await world.advance(1_000);
    await world.settle(client.close());
    client.submit([]);
    await world.advance(1_000);
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });

  test('H2: carries what is wrong with a workflow, and loops over its events end with it', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    const run = client.submit([{ name: 'a', fun: 'same', args: [{ $ref: 'b' }] }]);
    for (const end of [() => run.accepted, () => run.result, () => kindsOf(run.events)]) {
      expect(await world.settle(failureOf(end()))).toMatchObject({ code: 'bad_workflow', executed: 'no' });
    }
  });

  test('H3: cancels a run that is still having its input validated: it is never submitted', async ({ world }) => {
    const { wait, state } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const run = client.run(flow, 1);
    await world.settle(run.cancel());
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled', executed: 'no' });
    await world.advance(100);
    expect(state.runs).toBe(0);
  });

  test('of a signal that has aborted already submits nothing, and has its reason as the cause', async ({ world }) => {
    const { wait, state } = gate();
    const client = await world.connect(await world.start('one', { wait }));
    const reason = new Error('too late');
    const run = client.submit(waitOnce, { signal: AbortSignal.abort(reason) });
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled', executed: 'no', cause: reason });
    await world.advance(100);
    expect(state.runs).toBe(0);
  });

  test('of a server that stops while the input is validated is closed, and runs nothing', async ({ world }) => {
    const { wait, state } = gate();
    const one = await world.start('one', { wait });
    const run = one.run(flow, 1);
    await world.settle(one.stop());
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'closed', executed: 'no' });
    expect(state.runs).toBe(0);
  });

  test('leaves no listener at the signal of a run that is over', async ({ world }) => {
    const client = await world.connect(await world.start('one', { same }));
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    Object.assign(signal, {
      addEventListener: (...args: Parameters<typeof add>) => {
        listeners += 1;
        add(...args);
      },
      removeEventListener: (...args: Parameters<typeof remove>) => {
        listeners -= 1;
        remove(...args);
      },
    });
    await world.settle(client.submit([{ name: 'a', fun: 'same' }], { signal }).result);
    await world.settle(failureOf(client.submit([{ name: 'a', fun: 'nobody' }], { signal }).result));
    expect(listeners).toBe(0);
  });

  test('H5: whose coordinator dies says of each step what was told of it: the others may have run', async ({ world }) => {
    const { wait } = gate();
    const seed = await world.start('seed', {});
    const lost = await world.start('lost', { same, wait }, { join: [seed.url] });
    const client = await world.connect(lost, seed);
    const run = client.submit([
      { name: 'a', fun: 'same', args: [1] },
      { name: 'b', fun: 'wait', args: [{ $ref: 'a' }] },
      { name: 'c', fun: 'same', args: [{ $ref: 'b' }] },
    ]);
    await world.settle(run.accepted);
    await world.advance(100);
    world.kill('lost');
    const failed = await world.settle(failureOf(run.result));
    expect(failed).toMatchObject({ code: 'coordinator_lost', executed: 'yes', detail: { steps: { a: 'done', b: 'maybe', c: 'maybe' } } });
    const again = await world.settle(failureOf(client.attach(run.runId).result));
    expect(again).toMatchObject({ detail: { steps: {} } });
  });

  test('that is told nonsense by its engine ends as protocol_error', async () => {
    let follower: RunFollower | undefined;
    const engine: RunEngine = {
      submit: (_, told) => {
        follower = told;
        return () => {};
      },
      attach: () => () => {},
      cancel: async () => {},
    };
    const nothing = () => Promise.reject(new Error('nothing is kept'));
    const values = { pull: nothing, pullInput: nothing, collected: () => {} };
    const handle = new RunHandle('r', { engine, values });
    handle.send(() => void engine.submit({} as never, handle), undefined);
    const value = { encoding: 'json', bytes: Buffer.from('{') } as const;
    follower?.onEvent({ seq: 1, atMs: 0, kind: 'step.progress', step: 'a', value });
    expect(await failureOf(handle.result)).toBeInstanceOf(HeddleError);
    expect(await failureOf(handle.result)).toMatchObject({ code: 'protocol_error' });
  });
});

describe('options of a run', () => {
  test('that are wrong or unknown are refused by name, and nothing is sent', async ({ world }) => {
    const { wait, state } = gate();
    const one = await world.start('one', { wait });
    const client = await world.connect(one);
    const wrong: readonly (readonly [unknown, string])[] = [
      [{ runid: 'x' }, 'runid'],
      [{ retry: 1 }, 'retry'],
      [{ runId: '' }, 'runId'],
      [{ runId: 'x'.repeat(129) }, 'runId'],
      [{ runId: 7 }, 'runId'],
      [{ runId: 'a\u001b[2J' }, 'runId'],
      [{ detached: 'yes' }, 'detached'],
      [{ timeoutMs: 0 }, 'timeoutMs'],
      [{ timeoutMs: '1' }, 'timeoutMs'],
      [{ signal: {} }, 'signal'],
      [{ references: 'loose' }, 'references'],
      [null, 'options'],
      ['fast', 'options'],
    ];
    for (const caller of [client, one]) {
      for (const [options, named] of wrong) {
        const failure = await world.settle(failureOf(caller.submit(waitOnce, options as never).result));
        expect(failure).toMatchObject({ code: 'bad_argument', executed: 'no' });
        expect(failure.message).toContain(named);
      }
      expect(await world.settle(failureOf(caller.run(flow, 1, { returns: 'all' } as never).result))).toMatchObject({
        code: 'bad_argument',
      });
      expect(await world.settle(failureOf(caller.run('flow' as never, undefined).result))).toMatchObject({
        code: 'bad_argument',
        detail: { path: ['flow'] },
      });
    }
    expect(state.runs).toBe(0);
  });
});
