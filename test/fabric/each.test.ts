import { describe, expect } from 'vitest';
import { runText } from '../../src/cli/run-text.ts';
import { workflow } from '../../src/core/workflow/builder.ts';
import type { Builder } from '../../src/core/workflow/builder-api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { describeRun } from '../../src/fabric/client/run-inspection.ts';
import { failureOf } from '../within.ts';
import { same } from './runs.ts';
import { worldTest as test } from './world.ts';

/** Sleeps for the milliseconds that it is given, and counts what became of its calls. */
function napper(effect: 'pure' | 'once' = 'pure', concurrency?: number, name = 'nap') {
  const state = { entered: 0, ended: 0, aborted: 0, servers: new Set<string>() };
  const nap = defineFunction({
    name,
    effect,
    concurrency,
    handler: async (ctx, ms: number, index: number): Promise<number> => {
      state.entered += 1;
      state.servers.add(ctx.server);
      ctx.signal.addEventListener('abort', () => {
        state.aborted += 1;
      });
      if (ms < 0) throw new Error('no such nap');
      await ctx.sleep(ms);
      state.ended += 1;
      return ms * 10 + index;
    },
  });
  return { nap, state };
}

const naps = (list: unknown, more: object = {}) => [
  { name: 'list', fun: 'same', args: [{ $literal: list }] },
  { name: 'naps', fun: 'nap', each: { $ref: 'list' }, args: [{ $item: true }, { $index: true }], ...more },
];

describe('each, over a fabric', () => {
  test('spreads the elements over the servers and gives one list in their order', async ({ world }) => {
    const { nap, state } = napper();
    const entry = await world.start('entry', { same });
    await world.start('one', { nap });
    await world.start('two', { nap });
    const client = await world.connect(entry);
    const list = Array.from({ length: 100 }, (_unused, at) => (at * 7) % 13);
    const flow = workflow('w', ({ each, input }: Builder<{ ms: number[] }>) =>
      each('naps', nap, input.get('ms'), (ms, index) => [ms, index]),
    );
    expect(await world.settle(client.run(flow, { ms: list }).result)).toEqual(list.map((ms, at) => ms * 10 + at));
    expect([state.entered, state.servers.size]).toEqual([100, 2]);
  });

  test('hands Dates, bytes and undefined through as they are', async ({ world }) => {
    const entry = await world.start('entry', { same });
    await world.start('one', { kept: (value: unknown) => value });
    const client = await world.connect(entry);
    const list = [new Date(5), Uint8Array.of(1, 2), undefined, 7n, { deep: [new Map([[1, 2]])] }];
    const commands = [{ name: 'all', fun: 'kept', each: { $literal: list }, args: [{ $item: true }] }];
    expect(await world.settle(client.submit(commands).result)).toEqual({ all: list });
  });

  test('says of what is no list which step wanted it, where, and what it is', async ({ world }) => {
    const entry = await world.start('entry', { same, nap: napper().nap });
    const client = await world.connect(entry);
    const wrong = async (list: unknown, each: object): Promise<string> => {
      const error = await world.settle(failureOf(client.submit(naps(list, { each })).result));
      expect(error).toMatchObject({ code: 'step_failed', detail: { step: 'naps', steps: { list: 'done', naps: 'not_run' } } });
      expect(error).toMatchObject({ cause: { code: 'bad_argument', executed: 'no' } });
      return error.message;
    };
    expect(await wrong({ rows: 5 }, { $ref: 'list', path: ['rows'] })).toBe(
      'step "naps" failed: each: expected a list at "list.rows", found a number',
    );
    expect(await wrong({ rows: 5 }, { $ref: 'list', path: ['rowz'] })).toBe(
      'step "naps" failed: each: expected "list.rowz", found no field "rowz" in an object with "rows"',
    );
  });

  test('names the element that failed, and the field that an element has not', async ({ world }) => {
    const entry = await world.start('entry', { same, nap: napper().nap });
    const client = await world.connect(entry);
    const thrown = await world.settle(failureOf(client.submit(naps([1, -1, 2])).result));
    expect(thrown.message).toBe('step "naps" failed at element 1: Error: no such nap');
    const args = [{ $item: true, path: ['ms'] }, 0];
    const missing = await world.settle(failureOf(client.submit(naps([{ ms: 1 }, { mss: 1 }], { args })).result));
    expect(missing.message).toContain('step "naps" failed at element 1: ');
    expect(missing.message).toContain('expected "list.1.ms", found no field "ms" in an object with "mss"');
  });

  test('case 29: 300 elements on a function with `concurrency: 4` are all done', async ({ world }) => {
    const { nap, state } = napper('once', 4);
    const entry = await world.start('entry', { same });
    await world.start('one', { nap });
    const client = await world.connect(entry);
    const run = client.submit(naps(Array(300).fill(2)), { returns: 'all' });
    expect((await world.settle(run.result))['naps']).toHaveLength(300);
    expect(state.entered).toBe(300);
  });

  test('an element whose server dies runs elsewhere if it may, and is `maybe` if it is `once`', async ({ world }) => {
    const pure = napper('pure');
    const entry = await world.start('entry', { same });
    for (const name of ['one', 'two']) await world.start(name, { nap: pure.nap });
    const client = await world.connect(entry);
    const run = client.submit(naps(Array(20).fill(500)));
    await world.until('every element is under way', () => pure.state.entered === 20);
    world.kill('one');
    expect((await world.settle(run.result))['naps']).toEqual(Array.from({ length: 20 }, (_unused, at) => 5_000 + at));

    const once = napper('once', undefined, 'once');
    await world.start('three', { once: once.nap });
    const lost = client.submit(naps(Array(5).fill(500), { fun: 'once' }));
    await world.until('every element is under way', () => once.state.entered === 5);
    world.kill('three');
    const error = await world.settle(failureOf(lost.result));
    expect(error).toMatchObject({ code: 'step_failed', executed: 'yes', detail: { step: 'naps', steps: { naps: 'maybe' } } });
    expect(once.state.entered).toBe(5);
  });

  test('a cancel reaches every element under way once, and no other starts', async ({ world }) => {
    const { nap, state } = napper();
    const entry = await world.start('entry', { same });
    await world.start('one', { nap });
    const client = await world.connect(entry);
    const run = client.submit(naps(Array(50).fill(60_000), { parallel: 7 }));
    await world.until('as many as may are under way', () => state.entered === 7);
    await world.settle(run.cancel('enough'));
    const error = await world.settle(failureOf(run.result));
    expect(error.code).toBe('cancelled');
    await world.advance(1_000);
    expect(state).toMatchObject({ entered: 7, aborted: 7 });
  });

  test('`why`, the view and the drawn graph say how far it is', async ({ world }) => {
    const { nap, state } = napper('pure', 3);
    const entry = await world.start('entry', { same });
    await world.start('one', { nap });
    const client = await world.connect(entry);
    const run = client.submit([...naps([1, 1, 5_000, 5_000, 5_000]), { name: 'last', fun: 'same', args: [{ $ref: 'naps' }] }]);
    await world.until('three are left', () => state.ended === 2 && state.entered === 5);
    await world.advance(100);
    const view = await world.settle(describeRun(client, run.runId));
    expect(view.steps[1]).toMatchObject({ now: { state: 'running' }, elements: { of: 5, done: 2, failed: 0, running: 3 } });
    expect(runText(view)).toContain('▶  naps (nap) 2 of 5 done, 3 running');
    expect(await world.settle(client.why({ run: run.runId }))).toMatchObject([{ kind: 'input', step: 'naps', of: 'last' }]);
    await world.settle(run.result);
    expect(runText(await world.settle(describeRun(client, run.runId)))).toContain('●  naps (nap) done (5 of 5 done)');
  });

  test('`explain` says what is called for each element, and that nobody knows yet how many there are', async ({ world }) => {
    const entry = await world.start('entry', { same });
    await world.start('one', { nap: napper().nap });
    const client = await world.connect(entry);
    const plan = await world.settle(client.explain({ commands: naps([], { parallel: 8 }) }));
    expect(plan.steps[1]).toMatchObject({ server: 'one', each: { list: 'list', parallel: 8 }, predicted: { isKnown: false } });
    expect(plan.steps[1]?.reasons).toContain('one call for each element of list, 8 at a time; how many is known when it runs');
  });
});
