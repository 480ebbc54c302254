import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { deferred } from '../../src/base/deferred.ts';
import { drawGraph, type GraphStep, railsMax } from '../../src/cli/graph.ts';
import { runProgram } from '../../src/cli/program.ts';
import { runText } from '../../src/cli/run-text.ts';
import { waitsOf } from '../../src/fabric/explain/why.ts';
import { type Server, startServer } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { FakeTerminal, heddleSays } from './terminal.ts';

let server: Server;
let held: { entered: ReturnType<typeof deferred<void>>; released: ReturnType<typeof deferred<void>> };
beforeAll(async () => {
  const hold = async (): Promise<string> => {
    held.entered.resolve();
    await held.released.promise;
    return 'held';
  };
  server = await startServer({ name: 'one', cluster: randomUUID(), functions: { hold, same: (value: unknown) => value } });
});
afterAll(() => server.stop());

const commands = [
  { name: 'rows', fun: 'same', args: [[1, 2]] },
  { name: 'slow', fun: 'hold' },
  { name: 'both', fun: 'same', args: [[{ $ref: 'rows' }, { $ref: 'slow' }]] },
];

/** A run of which one step is held. */
async function heldRun() {
  held = { entered: deferred<void>(), released: deferred<void>() };
  const run = server.submit({ name: 'report', commands });
  await held.entered.promise;
  for await (const event of run.events) if (event.kind === 'step.settled' && event.step === 'rows') break;
  return run;
}

const asked = (...args: readonly string[]) => heddleSays(...args, '--url', server.url);

describe('heddle runs, why and cancel', () => {
  test('list a run, draw how it stands, and end it', async () => {
    const run = await heldRun();
    const listed = await asked('runs');
    expect(listed).toMatchObject({ code: 0, notes: '' });
    expect(listed.out).toMatch(new RegExp(`^${run.runId} +report +one +running +1/3 +\\d+`, 'm'));
    const json: unknown = JSON.parse((await asked('runs', '--json')).out);
    expect(json).toMatchObject([{ runId: run.runId, coordinator: 'one', state: 'running', steps: 3, settled: 1 }]);

    const why = await asked('why', run.runId);
    expect(why.code).toBe(0);
    expect(why.out.replace(/\d+(\.\d)? m?s\b/g, 'T').split('\n')).toEqual([
      `run ${run.runId} of report on one: running, 1 of 3 steps settled, T`,
      '●  rows (same) done on one T',
      '│ ▶  slow (hold) runs on one',
      '├─╯',
      '○  both (same) waits: for slow',
    ]);
    expect((await asked('why', run.runId, '--step', 'both')).out).toContain('both  for slow  the end of step "slow"');
    expect(JSON.parse((await asked('why', run.runId, '--json')).out)).toEqual([
      { kind: 'input', step: 'slow', of: 'both', ends: 'the end of step "slow"' },
    ]);

    const failed = failureOf(run.result);
    expect(await asked('cancel', run.runId, '--reason', 'enough')).toMatchObject({ code: 0, out: '' });
    expect(await failed).toMatchObject({ code: 'cancelled', detail: { reason: 'enough' } });
    const again = await asked('cancel', run.runId);
    expect(again).toMatchObject({ code: 0, notes: `run ${run.runId} had ended before: failed` });
    expect((await asked('why', run.runId)).out).toContain('failed, 3 of 3 steps settled');
    held.released.resolve();
  });

  test('why --follow shows what happens until the run ends', async () => {
    const run = await heldRun();
    const followed = asked('why', run.runId, '--follow');
    held.released.resolve();
    await run.result;
    const { code, out, notes } = await followed;
    expect(code).toBe(0);
    expect(out).toContain(`run ${run.runId} of report`);
    expect(`${out}${notes}`).toMatch(/both done on one|both \(same\) done/);
  });

  test('why --follow draws the graph anew on a terminal', async () => {
    const run = await heldRun();
    const terminal = new FakeTerminal({ isInteractive: true });
    const { notes } = terminal;
    const unsaid: number[] = [];
    const drawn = Object.assign(terminal, { unsay: (lines: number) => unsaid.push(lines) });
    const followed = runProgram(['why', run.runId, '--follow', '--url', server.url], drawn, '9.9.9');
    held.released.resolve();
    await run.result;
    expect(await followed).toBe(0);
    if (notes.length > 0) expect(notes.at(-1)).toContain('done, 3 of 3 steps settled');
    // What others wrote does nothing to a terminal (O3): what moves its cursor is not said as a line.
    expect(notes.join()).not.toContain('\u001b');
    expect(unsaid).toEqual(notes.slice(0, -1).map((note) => note.split('\n').length));
  });

  test('why of a function says what a call would wait for', async () => {
    expect(await asked('why', 'same')).toMatchObject({ code: 0, out: 'nothing waits' });
    expect(await asked('why', 'same', '--json')).toMatchObject({ code: 0, out: '[]' });
  });

  test('name what there is not', async () => {
    expect(await asked('why', 'nothing')).toMatchObject({ code: 2, notes: expect.stringContaining('neither a run nor a function') });
    expect(await asked('why', 'same', '--step', 'a')).toMatchObject({ code: 2, notes: expect.stringContaining('unknown_run') });
    expect(await asked('cancel', 'nobody~1')).toMatchObject({ code: 2, notes: expect.stringContaining('unknown_run') });
    expect(await asked('why', 'same', '--json', '--follow')).toMatchObject({ code: 2 });
    const run = await heldRun();
    expect(await asked('why', run.runId, '--step', 'non')).toMatchObject({ code: 2, notes: expect.stringContaining('rows, slow, both') });
    held.released.resolve();
    await run.result;
  });
});

const graph = (edges: Readonly<Record<string, readonly string[]>>): readonly GraphStep[] =>
  Object.entries(edges).map(([name, needs]) => ({ name, needs, mark: '●', label: name }));

describe('a graph', () => {
  test('is drawn with a rail from each step to all that need it (G1)', () => {
    expect(drawGraph(graph({ a: [], b: ['a'], c: ['a'], d: ['b', 'c'] }))).toEqual(['●  a', '├─╮', '│ ●  b', '● │  c', '├─╯', '●  d']);
    expect(drawGraph(graph({ a: [], b: ['a'], c: ['b'] }))).toEqual(['●  a', '●  b', '●  c']);
    expect(drawGraph(graph({ a: [], b: [], c: [] }))).toEqual(['●  a', '●  b', '●  c']);
    expect(drawGraph(graph({ a: [], b: [], c: [], d: ['a', 'c'] }))).toEqual(['●  a', '│ ●  b', '│ ●  c', '├─╯', '●  d']);
    expect(drawGraph(graph({ a: [], b: [], c: [], d: ['a', 'c'], e: ['b'] }))).toEqual([
      '●  a',
      '│ ●  b',
      '│ │ ●  c',
      '├─│─╯',
      '● │  d',
      '  ●  e',
    ]);
  });

  test('shows every step once and in order, however it is joined, or is too wide (G2)', () => {
    const steps = fc.array(fc.array(fc.nat(30), { maxLength: 4 }), { maxLength: 30 });
    fc.assert(
      fc.property(steps, (needs) => {
        const listed = graph(
          Object.fromEntries(needs.map((some, at) => [`s${at}`, [...new Set(some.filter((need) => need < at).map((need) => `s${need}`))]])),
        );
        const lines = drawGraph(listed);
        if (!lines) return;
        expect(lines.flatMap((line) => /s\d+$/.exec(line)?.[0] ?? [])).toEqual(listed.map(({ name }) => name));
        for (const line of lines) expect(line).toMatch(/^[ ●│├┤┼╭╮╰╯┬┴─╴╶╵╷]+( {2}s\d+)?$/);
        // A rail that stands in a line goes on above or begins there: nothing hangs in the air.
        lines.forEach((line, at) => {
          for (const [column, character] of [...line.replace(/ {2}s\d+$/, '')].entries())
            if ('│├┤┼╰╯┴'.includes(character)) expect('│├┤┼╭╮┬●╷').toContain(lines[at - 1]?.[column]);
        });
      }),
    );
    const wide = Object.fromEntries(Array.from({ length: railsMax + 1 }, (_, at) => [`s${at}`, []] as const));
    expect(drawGraph(graph({ ...wide, all: Object.keys(wide) }))).toBeUndefined();
  });

  test('has what a failed run undoes below it', () => {
    const done = { state: 'settled', outcome: 'done', server: 'one', elapsedMs: 5 } as const;
    const waiting = { state: 'waiting', reason: { kind: 'deadline', untilMs: 9 }, ends: 'its end' } as const;
    const undos = [undefined, waiting, { state: 'running', server: 'two', attempt: 2 } as const, done];
    const steps = undos.map((undo, at) => ({ step: `s${at}`, function: 'f', needs: [], now: done, ...(undo ? { undo } : {}) }));
    const run = { runId: 'r', coordinator: 'one', state: 'running', startedAtMs: 0, elapsedMs: 1, steps: 4, settled: 4 } as const;
    expect(runText({ run, steps }).split('\n').slice(5)).toEqual([
      'undo of s1 waits: its step may still be running, until its end',
      'undo of s2 runs on two, attempt 2',
      'undo of s3 done on one 5 ms',
    ]);
    expect(waitsOf({ run, steps }, undefined)).toEqual([{ kind: 'deadline', untilMs: 9, of: 's1', ends: 'its end', isUndo: true }]);
    expect(waitsOf({ run, steps }, 's2')).toEqual([]);
  });

  test('of many steps is a list of what is under way and what waits (T2)', () => {
    const steps = Array.from({ length: 200 }, (_, at) => ({
      step: `s${at}`,
      function: 'f',
      needs: [],
      now:
        at === 150
          ? ({ state: 'running', server: 'one' } as const)
          : ({ state: 'waiting', reason: { kind: 'run_limit', limit: 1 }, ends: 'x' } as const),
    }));
    const run = { runId: 'r', coordinator: 'one', state: 'running', startedAtMs: 0, elapsedMs: 1_500, steps: 200, settled: 0 } as const;
    const lines = runText({ run, steps }).split('\n');
    expect(lines[0]).toBe('run r on one: running, 0 of 200 steps settled, 1.5 s');
    expect(lines[1]).toBe('▶  s150 (f) runs on one');
    expect(lines).toHaveLength(42);
    expect(lines.at(-1)).toBe('and 160 more steps; --step names one');
  });
});
