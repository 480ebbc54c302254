import { describe, expect } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { type Client, defineFunction, type Run, type RunEvent } from '../../src/index.ts';
import { failureOf, meetingOf, within } from '../within.ts';
import { startProxy } from './proxy.ts';
import { test } from './story.ts';

const add = (a: number, b: number) => a + b;
const sum = (...numbers: number[]) => numbers.reduce((total, number) => total + number, 0);
const list = (...items: unknown[]) => items;
const same = (value: unknown) => value;

async function eventsOf(run: Run<unknown>): Promise<RunEvent[]> {
  const events: RunEvent[] = [];
  for await (const event of run.events) events.push(event);
  return events;
}

/** The server that each step of a settled run ended on. */
async function serversOf(run: Run<unknown>): Promise<Record<string, string | undefined>> {
  const events = await eventsOf(run);
  return Object.fromEntries(events.flatMap((event) => (event.kind === 'step.settled' ? [[event.step, event.server]] : [])));
}

describe('steps that feed one another', () => {
  test('case 1: a step on one server is fed by a step on another', async ({ fabric }) => {
    const one = await fabric.start('one', ['step1'], { first: (text: string) => ({ text, length: text.length }) });
    await fabric.start('two', ['step2'], { second: (from: { length: number }, factor: number) => from.length * factor });
    const client = await fabric.connect(one);
    const run = client.submit([
      { name: 's1', fun: 'first', args: ['in'], need: ['step1'] },
      { name: 's2', fun: 'second', args: [{ $ref: 's1' }, 5], need: ['step2'] },
    ]);
    expect(await run.result).toEqual({ s2: 10 });
    expect(await serversOf(run)).toEqual({ s1: 'one', s2: 'two' });
  });

  test('case 2: a reference with a path hands over one field of a result', async ({ fabric }) => {
    const stats = (values: number[]) => ({ average: values.reduce((a, b) => a + b, 0) / values.length, n: values.length });
    const edge = await fabric.start('edge', ['edge'], { stats });
    await fabric.start('cloud', ['cloud'], { check: (limit: number, current: number) => ({ current, isOver: current > limit }) });
    const client = await fabric.connect(edge);
    const { alert } = await client.submit([
      { name: 'edge', fun: 'stats', args: [[20.1, 20.5, 21.0]] },
      { name: 'alert', fun: 'check', args: [20.8, { $ref: 'edge', path: ['average'] }] },
    ]).result;
    expect(alert).toEqual({ current: expect.closeTo(20.5333, 3), isOver: false });
  });

  test.for([3, 4])('case 3: %i steps alternate between servers, their functions registered at run time', async (length, { fabric }) => {
    const even = await fabric.start('even', []);
    const odd = await fabric.start('odd', []);
    await even.offer({ double: (n: number) => n * 2 });
    await odd.offer({ increment: (n: number) => n + 1 });
    const client = await fabric.connect(even);
    await knows(client, 'double', 'increment');
    const commands = Array.from({ length }, (_, index) => ({
      name: `step${index}`,
      fun: index % 2 === 0 ? 'double' : 'increment',
      args: [index === 0 ? 10 : { $ref: `step${index - 1}` }],
    }));
    const run = client.submit(commands);
    expect(await run.result).toEqual({ [`step${length - 1}`]: length === 3 ? 42 : 43 });
    const servers = Object.values(await serversOf(run));
    expect(servers).toEqual(commands.map((_, index) => (index % 2 === 0 ? 'even' : 'odd')));
  });

  test('case 4: a reference deep inside arguments is filled in place, and nothing around it changes', async ({ fabric }) => {
    const server = await fabric.start('one', [], { add, same });
    const client = await fabric.connect(server);
    const args = (hole: unknown) => [
      { keep: [1, { $literal: { $ref: 'not a reference' } }, { deep: [null, hole, 'x'] }], at: new Date(0), rest: {} },
    ];
    const { echo } = await client.submit([
      { name: 'three', fun: 'add', args: [1, 2] },
      { name: 'echo', fun: 'same', args: args({ $ref: 'three' }) },
    ]).result;
    expect(echo).toEqual({ keep: [1, { $ref: 'not a reference' }, { deep: [null, 3, 'x'] }], at: new Date(0), rest: {} });
  });

  test('case 5: fan-out and fan-in: two steps on one input level overlap, and a third takes both', async ({ fabric }) => {
    const meet = meetingOf(2);
    const meetThenSum = async (numbers: number[]) => {
      await meet(); // neither returns before both have begun
      return sum(...numbers);
    };
    const one = await fabric.start('one', [], { list });
    await fabric.start('two', [], { meetThenSum });
    const client = await fabric.connect(one);
    const run = client.submit([
      { name: 'left', fun: 'meetThenSum', args: [[1, 2, 3]] },
      { name: 'right', fun: 'meetThenSum', args: [[4, 5, 6]] },
      { name: 'both', fun: 'list', args: [{ $ref: 'left' }, { $ref: 'right' }] },
    ]);
    expect(await run.result).toEqual({ both: [6, 15] });
  });

  test('case 6: the default reply holds every leaf, not only the last level', async ({ fabric }) => {
    const server = await fabric.start('one', [], { same });
    const client = await fabric.connect(server);
    const commands = [
      { name: 'x', fun: 'same', args: ['x'] },
      { name: 'a', fun: 'same', args: ['a'] },
      { name: 'b', fun: 'same', args: [{ $ref: 'a' }] },
    ];
    expect(await client.submit(commands).result).toEqual({ x: 'x', b: 'a' });
    expect(await client.submit(commands, { returns: 'all' }).result).toEqual({ x: 'x', a: 'a', b: 'a' });
    expect(await client.submit(commands, { returns: ['a'] }).result).toEqual({ a: 'a' });
    expect(await client.submit(commands, { returns: { pair: [{ $ref: 'x' }, { $ref: 'b' }] } }).result).toEqual({ pair: ['x', 'a'] });
  });
});

describe('many at once', () => {
  test('case 7: three workflows at once on one connection do not hear one another', async ({ fabric }) => {
    const one = await fabric.start('one', ['one'], { add });
    await fabric.start('two', ['two'], { add });
    const client = await fabric.connect(one);
    const runs = [100, 200, 300].map((base) =>
      client.submit([
        { name: 'first', fun: 'add', args: [base, 1], need: ['one'] },
        { name: 'second', fun: 'add', args: [{ $ref: 'first' }, base], need: ['two'] },
      ]),
    );
    const results = await Promise.all(runs.map((run) => run.result));
    expect(results).toEqual([{ second: 201 }, { second: 401 }, { second: 601 }]);
    expect(new Set(runs.map((run) => run.runId)).size).toBe(3);
  });

  test('case 7: two calls on one client connection overlap, and so do two steps on one remote server', async ({ fabric }) => {
    const [callsMeet, stepsMeet] = [meetingOf(2), meetingOf(2)];
    const entry = await fabric.start('entry', []);
    await fabric.start('remote', [], { meetAsCalls: callsMeet, meetAsSteps: stepsMeet });
    const client = await fabric.connect(entry);
    await Promise.all([client.call('meetAsCalls', []), client.call('meetAsCalls', [])]);
    await client.submit(['a', 'b'].map((name) => ({ name, fun: 'meetAsSteps' }))).result;
  });

  test('case 29: 1,000 steps on a function with concurrency 4 on two servers all get done, and show what they wait for', async ({
    fabric,
  }) => {
    const busy = { now: 0, most: 0 };
    const functions = () => ({
      work: defineFunction({
        name: 'work',
        effect: 'idempotent',
        concurrency: 4,
        handler: async (ctx, n: number) => {
          busy.now += 1;
          busy.most = Math.max(busy.most, busy.now);
          await ctx.sleep(1);
          busy.now -= 1;
          return n;
        },
      }),
    });
    const one = await fabric.start('one', [], functions());
    await fabric.start('two', [], functions());
    const client = await fabric.connect(one);
    const run = client.submit(
      Array.from({ length: 1000 }, (_, n) => ({ name: `s${n}`, fun: 'work', args: [n] })),
      { returns: 'all' },
    );
    const result = await run.result;
    expect(result).toEqual(Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`s${n}`, n])));
    const events = await eventsOf(run);
    expect(events.filter((event) => event.kind === 'step.waiting' && event.reason.kind === 'concurrency_full').length).toBeGreaterThan(0);
    expect(busy.most).toBeLessThanOrEqual(8);
    expect(new Set(Object.values(await serversOf(run)))).toEqual(new Set(['one', 'two']));
  });
});

describe('what is a reference and what is not', () => {
  test("case 9: a literal equal to a command's name arrives unchanged, and the run says that it looks like a reference", async ({
    fabric,
  }) => {
    const client = await fabric.connect(await fabric.start('one', [], { same, list }));
    const run = client.submit([
      { name: 'a', fun: 'same', args: [1] },
      { name: 'b', fun: 'list', args: ['a', { $ref: 'a' }] },
    ]);
    expect(await run.result).toEqual({ b: ['a', 1] });
    expect(await eventsOf(run)).toContainEqual(expect.objectContaining({ kind: 'reference.looksBare', step: 'b', text: 'a' }));
  });

  test('case 9: in bare mode it is replaced, and $literal escapes it', async ({ fabric }) => {
    const client = await fabric.connect(await fabric.start('one', [], { same, list }));
    const { b } = await client.submit(
      [
        { name: 'a', fun: 'same', args: [{ rows: [7, 8] }] },
        { name: 'b', fun: 'list', args: ['a', 'a.rows.1', { $literal: 'a' }, 'no such step'] },
      ],
      { references: 'bare' },
    ).result;
    expect(b).toEqual([{ rows: [7, 8] }, 8, 'a', 'no such step']);
  });
});

describe('workflows that cannot run', () => {
  const bad: readonly (readonly [string, Parameters<Submit>[0], RegExp])[] = [
    [
      'a cycle',
      [
        { name: 'a', fun: 'touch' },
        { name: 'b', fun: 'touch', after: ['c'] },
        { name: 'c', fun: 'touch', after: ['b'] },
      ],
      /"?b"?.*"?c"?/,
    ],
    [
      'a duplicate name',
      [
        { name: 'twice', fun: 'touch' },
        { name: 'twice', fun: 'touch' },
      ],
      /twice/,
    ],
    [
      'an unknown function in the last command',
      [
        { name: 'a', fun: 'touch' },
        { name: 'last', fun: 'tuoch' },
      ],
      /last.*tuoch.*touch/s,
    ],
    [
      'a version that nobody offers',
      [
        { name: 'a', fun: 'touch' },
        { name: 'late', fun: 'touch', version: '^2' },
      ],
      /late.*\^2.*1\.0\.0/s,
    ],
    [
      'a reference to a step that is not there',
      [
        { name: 'a', fun: 'touch' },
        { name: 'b', fun: 'touch', args: [{ $ref: 'nowhere' }] },
      ],
      /b.*nowhere/s,
    ],
  ];
  test.for(bad)('case 10: %s is refused before anything runs, with the names', async ([, commands, names], { fabric }) => {
    let touched = 0;
    const touch = () => (touched += 1);
    const client = await fabric.connect(await fabric.start('one', [], { touch }));
    const run = client.submit(commands);
    const failure = await failureOf(run.result);
    expect(failure).toMatchObject({ code: 'bad_workflow', executed: 'no' });
    expect(failure.message).toMatch(names);
    expect(await failureOf(run.accepted)).toMatchObject({ code: 'bad_workflow' });
    expect(touched).toBe(0);
  });
});

describe('steps that fail', () => {
  test('case 11: a local and a remote function that throw give the same error', async ({ fabric }) => {
    const boom = () => {
      throw Object.assign(new RangeError('out of thread'), { data: { spool: 3 } });
    };
    const entry = await fabric.start('entry', [], { boom });
    await fabric.start('remote', [], { boom });
    const client = await fabric.connect(entry);
    const local = await failureOf(client.call('boom', [], { target: 'entry' }));
    const remote = await failureOf(client.call('boom', [], { target: 'remote' }));
    const shape = {
      code: 'function_failed',
      executed: 'yes',
      detail: { name: 'RangeError', message: 'out of thread', data: { spool: 3 } },
    };
    expect(local).toMatchObject(shape);
    expect(remote).toMatchObject(shape);
    expect(Object.keys(remote.detail)).toEqual(Object.keys(local.detail));
  });

  test('case 11: dependents of a failed step do not run; what is done is in the partial result', async ({ fabric }) => {
    let later = 0;
    const boom = () => {
      throw new Error('boom');
    };
    const entry = await fabric.start('entry', [], { same, after: () => (later += 1) });
    await fabric.start('remote', [], { boom });
    const client = await fabric.connect(entry);
    const failure = await failureOf(
      client.submit([
        { name: 'free', fun: 'same', args: ['kept'] },
        { name: 'bad', fun: 'boom', after: ['free'] },
        { name: 'dependent', fun: 'after', args: [{ $ref: 'bad' }] },
      ]).result,
    );
    expect(failure).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: { step: 'bad', partial: { free: 'kept' }, steps: { free: 'done', bad: 'failed', dependent: 'not_run' } },
      cause: { code: 'function_failed', detail: { message: 'boom' } },
    });
    expect(later).toBe(0);
  });

  test('case 12: a result that cannot be encoded is an error, not silence', async ({ fabric }) => {
    class Loom {}
    const cyclic = () => {
      const value: { self?: unknown } = {};
      value.self = value;
      return value;
    };
    const functions = { loom: () => ({ deep: [new Loom()] }), callback: () => () => 1, cyclic };
    const entry = await fabric.start('entry', [], functions);
    await fabric.start('remote', [], functions);
    const client = await fabric.connect(entry);
    for (const target of ['entry', 'remote']) {
      for (const name of Object.keys(functions)) {
        expect(await failureOf(client.call(name, [], { target }))).toMatchObject({ code: 'bad_result', executed: 'yes' });
      }
      expect(await failureOf(client.call('loom', [], { target }))).toMatchObject({
        detail: { path: ['deep', 0], found: expect.stringContaining('Loom') },
      });
    }
    const failure = await failureOf(client.submit([{ name: 'made', fun: 'loom' }]).result);
    expect(failure).toMatchObject({ code: 'step_failed', cause: { code: 'bad_result' } });
  });
});

describe('watching a run', () => {
  test('case 22: the progress of a slow step is seen while it still runs', async ({ fabric }) => {
    const seen = deferred<void>();
    const slow = defineFunction({
      name: 'slow',
      handler: async (ctx) => {
        ctx.progress({ percent: 50 });
        await seen.promise; // ends only when the follower has seen the progress
        return 'done';
      },
    });
    const entry = await fabric.start('entry', []);
    await fabric.start('remote', [], { slow });
    const client = await fabric.connect(entry);
    const run = client.submit([{ name: 'slow', fun: 'slow' }]);
    for await (const event of run.events) {
      if (event.kind !== 'step.progress') continue;
      expect(event).toMatchObject({ step: 'slow', value: { percent: 50 } });
      seen.resolve();
    }
    expect(await run.result).toEqual({ slow: 'done' });
  });

  test('case 22: a client that comes back to a run misses no event', async ({ fabric }) => {
    const go = deferred<void>();
    const waits = () => go.promise.then(() => 'went');
    const entry = await fabric.start('entry', [], { same, waits });
    const first = await fabric.connect(entry);
    const run = first.submit(
      [
        { name: 'before', fun: 'same', args: [1] },
        { name: 'during', fun: 'waits', after: ['before'] },
        { name: 'after', fun: 'same', args: [{ $ref: 'during' }] },
      ],
      { detached: true },
    );
    await started(run, 'during');
    await first.close();

    const second = await fabric.connect(entry);
    const again = second.attach<Record<string, unknown>>(run.runId);
    await started(again, 'during');
    go.resolve();
    expect(await again.result).toEqual({ after: 'went' });
    const events = await eventsOf(again);
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.filter((event) => event.kind === 'step.settled').map((event) => event.step)).toEqual(['before', 'during', 'after']);
    expect(events.at(0)).toMatchObject({ kind: 'run.accepted', runId: run.runId });
    expect(events.at(-1)).toMatchObject({ kind: 'run.settled', ok: true });
  });

  test('case 22: a client whose connection is cut follows the same run on, and misses no event', async ({ fabric }) => {
    const go = deferred<void>();
    const waits = () => go.promise.then(() => 'went');
    const entry = await fabric.start('entry', [], { same, waits });
    await using proxy = await startProxy(entry.url);
    const client = await fabric.connect(proxy.url);
    const run = client.submit([
      { name: 'during', fun: 'waits' },
      { name: 'after', fun: 'same', args: [{ $ref: 'during' }] },
    ]);
    const followed = eventsOf(run);
    await started(run, 'during');
    proxy.cut();
    go.resolve();
    expect(await run.result).toEqual({ after: 'went' });
    const events = await followed;
    expect(events.map((event) => event.seq)).toEqual(events.map((_, index) => index + 1));
    expect(events.flatMap((event) => (event.kind === 'step.settled' ? [event.step] : []))).toEqual(['during', 'after']);
    expect(proxy.connections).toBeGreaterThan(1);
  });
});

type Submit = Client['submit'];

async function started(run: Run<unknown>, step: string): Promise<void> {
  for await (const event of run.events) if (event.kind === 'step.started' && event.step === step) return;
  throw new Error(`the run settled before "${step}" started`);
}

async function knows(client: Client, ...functions: readonly string[]): Promise<void> {
  await within(`${functions.join(' and ')} are known`, 1000, async () => {
    const known = (await client.catalog()).map((offer) => offer.function);
    return functions.every((name) => known.includes(name));
  });
}
