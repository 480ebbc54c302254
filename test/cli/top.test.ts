import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { Screen } from '../../src/cli/screen.ts';
import { changesBetween, type TopAnswer } from '../../src/cli/top-changes.ts';
import { chosenBy, firstChoice, keysIn } from '../../src/cli/top-keys.ts';
import { TopModel } from '../../src/cli/top-model.ts';
import { pageOf } from '../../src/cli/top-page.ts';
import { type Server, startServer } from '../../src/index.ts';
import { boundsMs } from '../../src/observe/histogram.ts';
import type { Vitals } from '../../src/observe/vitals.ts';
import { within } from '../within.ts';
import { FakeTerminal, heddleSays } from './terminal.ts';
import { VirtualTty } from './virtual-tty.ts';

const member = (name: string, status = 'alive') => ({ name, url: 'h:1', status, epoch: 1, resources: ['gpu'], evidence: [] });
const run = {
  runId: 'r1',
  name: 'report',
  coordinator: 'a',
  state: 'running',
  startedAtMs: 0,
  elapsedMs: 1_500,
  steps: 4,
  settled: 1,
} as const;

function vitalsOf(server: string, count: number, more: Partial<Vitals> = {}): Vitals {
  const totals = { count, failed: count / 10, buckets: [...boundsMs, 0].map((_, at) => (at === 4 ? count : 0)) };
  return {
    server,
    instance: `instance of ${server}`,
    atMs: count,
    countedSinceMs: 1,
    isDraining: false,
    isOverloaded: false,
    process: { residentBytes: 90e6, heapUsedBytes: 30e6, cpuMs: 100, loopDelayMs: 1.5 },
    served: totals,
    inFlight: 3,
    sent: 2,
    functions: [{ function: 'resize', inFlight: 2, waiting: 1, ...totals }],
    links: [],
    sessions: 1,
    breakers: [],
    members: { alive: 2 },
    gossip: { sentBytes: 0, receivedBytes: 0 },
    runs: 1,
    results: { values: 0, bytes: 0, memoryBytes: 0 },
    ...more,
  };
}

/** Two servers, asked twice a second apart: 1,000 calls more each. */
function answered(): TopModel {
  const model = new TopModel();
  for (const count of [1_000, 2_000]) {
    const vitals = [vitalsOf('a', count), vitalsOf('b', count)];
    model.take({ atMs: count, members: [member('a'), member('b'), member('c', 'suspect')], vitals, runs: [run] });
  }
  return model;
}

const source = { url: 'h:1' };
const pressed = (keys: string, view = answered().view()) =>
  keysIn(keys).reduce<typeof firstChoice | undefined>((choice, key) => choice && chosenBy(key, choice, { view, rows: 10 }), firstChoice);
const page = (keys: string, { columns = 140, rows = 12, hasColour = false } = {}) =>
  pageOf(answered().view(), pressed(keys) ?? firstChoice, { paper: { columns, rows, hasColour }, source }).map((line) => line.trimEnd());

describe('a page of heddle top', () => {
  test('has the servers with their states, calls, latencies, queues, loop and memory', () => {
    expect(page('').slice(1)).toEqual([
      ' 1 servers 3   2 functions 1   3 runs 1   4 breakers 0   5 events 0',
      '',
      'SERVER*  STATE    CALLS/S  FAILED/S     P50     P99  RUNNING  QUEUED  SENT  RUNS  CLIENTS    LOOP  MEMORY  RESOURCES',
      'a        alive       1000       100  3.8 ms  5.0 ms        2       1     2     1        1  1.5 ms   90 MB  gpu',
      'b        alive       1000       100  3.8 ms  5.0 ms        2       1     2     1        1  1.5 ms   90 MB  gpu',
      'c        suspect        0         0       –       –        –       –     –     –        –       –       –  gpu',
      'q quit  tab view  s sort  r reverse  / filter  up down scroll',
    ]);
    expect(page('')[0]).toMatch(
      /^heddle top {2}h:1 {2}\d\d:\d\d:\d\d {2}2 of 3 servers alive {2}2000\/s {2}200 failed\/s {2}p50 3.8 ms {2}p99 5.0 ms$/,
    );
  });

  test('has the functions, the runs and what has changed, each on a tab of its own', () => {
    expect(page('\t').slice(3, 5)).toEqual([
      'FUNCTION  CALLS/S*  FAILED/S     P50     P99  RUNNING  QUEUED  SERVERS',
      'resize        2000       200  3.8 ms  5.0 ms        4       2        2',
    ]);
    expect(page('3')[4]).toMatch(/^r1 {3}report {4}a {12}running {4}1\/4 {2}1\.5 s +\d\d:\d\d:\d\d\.000$/);
    expect(page('4')[4]).toBe('no breakers');
    expect(page('\u001b[Z')[4]).toBe('no events');
  });

  test('is sorted by any column, either way, and filtered by a text', () => {
    const names = (keys: string) =>
      page(keys)
        .slice(4, -1)
        .map((line) => line[0]);
    expect(names('r')).toEqual(['c', 'b', 'a']);
    expect(names('s')).toEqual(['a', 'b', 'c']);
    expect(names('ssr')).toEqual(['c', 'b', 'a']);
    expect(page('ss')[3]).toContain('CALLS/S*');
    expect(names('/SUSP\r')).toEqual(['c']);
    expect(page('/su').at(-1)).toBe('filter: su_   enter keeps it, escape drops it');
    expect(names('/susp\u001b')).toEqual(['a', 'b', 'c']);
    expect(page('/zzz\r')[4]).toBe('no servers with "zzz"');
    expect(names('/xy\u007f\u007fsusp\r')).toEqual(['c']);
  });

  test('is scrolled to the last row and no further', () => {
    const small = { rows: 7 };
    expect(page('', small).at(-1)).toContain('1 more below');
    expect(
      pageOf(answered().view(), pressed('\u001b[B'.repeat(9)) ?? firstChoice, {
        paper: { columns: 99, rows: 10, hasColour: false },
        source,
      })[4],
    ).toMatch(/^a/);
    const end = keysIn('\u001b[B'.repeat(9)).reduce(
      (choice, key) => chosenBy(key, choice, { view: answered().view(), rows: 7 }) ?? choice,
      firstChoice,
    );
    expect(end.scroll).toBe(1);
  });

  test('ends by q and Ctrl-C, but a q is also a letter of a filter', () => {
    expect(pressed('q')).toBeUndefined();
    expect(pressed('\u0003')).toBeUndefined();
    expect(pressed('/q')?.filter).toBe('q');
    expect(pressed('/q\u0003')).toBeUndefined();
  });

  test('P1: fits into any terminal, and into none is more colour than text', () => {
    const choices = ['', '\t', '3', '5', '/a', 's'];
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), fc.integer({ min: 1, max: 40 }), fc.constantFrom(...choices), (columns, rows, keys) => {
        const lines = page(keys, { columns, rows });
        expect(lines.length).toBeLessThanOrEqual(rows);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
      }),
      { numRuns: 50, seed: 7 },
    );
    expect(page('').join('')).not.toContain('\u001b');
    expect(page('', { hasColour: true })[6]?.startsWith('\u001b[31mc ')).toBe(true);
  });
});

describe('what has changed', () => {
  const before: TopAnswer = { atMs: 1, members: [member('a'), member('b')], vitals: [vitalsOf('a', 1)], runs: [run] };
  const open = { server: 'b', function: 'resize', state: 'open', opensForMs: 500 };
  test.each<[string, Partial<TopAnswer>, readonly string[]]>([
    ['nothing', {}, []],
    ['a server came', { members: [...before.members, member('c')] }, ['c has joined']],
    ['a server went', { members: [member('a')] }, ['b is gone']],
    ['a server is suspected', { members: [member('a'), { ...member('b', 'suspect'), evidence: ['silent'] }] }, ['b is suspect silent']],
    ['a server is overloaded', { vitals: [vitalsOf('a', 1, { isOverloaded: true })] }, ['a is overloaded: it refuses calls']],
    ['a breaker opened', { vitals: [vitalsOf('a', 1, { breakers: [open] })] }, ['breaker of a to b for resize: open']],
    ['a run ended', { runs: [{ ...run, state: 'failed' }] }, ['run report (r1) is failed']],
    ['a run began', { runs: [run, { ...run, runId: 'r2' }] }, ['run report (r2) has begun on a']],
  ])('%s', (_what, changes, expected) => {
    expect(changesBetween(before, { ...before, ...changes })).toEqual(expected);
  });

  test('is told back: a breaker that is gone has closed', () => {
    const opened = { ...before, vitals: [vitalsOf('a', 1, { breakers: [open] })] };
    expect(changesBetween(opened, before)).toEqual(['breaker of a to b for resize: closed']);
  });
});

describe('the screen', () => {
  const lines = ['first', 'second', 'third'];
  test('S1: is drawn whole once, and from then on line by line, in one write', () => {
    const tty = new VirtualTty(20, 5);
    const screen = new Screen(tty, { read: () => {}, resized: () => {} });
    screen.draw(lines);
    expect(tty.lines).toEqual([...lines, '', '']);
    const count = tty.writes.length;
    screen.draw(['first', 'other', 'third']);
    screen.draw(['first', 'other', 'third']);
    expect(tty.writes.length).toBe(count + 1);
    expect(tty.writes.at(-1)).not.toContain('first');
    screen.draw(['first']);
    expect(tty.lines).toEqual(['first', '', '', '', '']);
  });

  test('S1: is drawn whole again when its size has changed', () => {
    const tty = new VirtualTty(20, 5);
    let resized = 0;
    const screen = new Screen(tty, { read: () => {}, resized: () => (resized += 1) });
    screen.draw(lines);
    tty.resize(4, 2);
    screen.draw(['firs', 'seco']);
    expect([tty.lines, resized]).toEqual([['firs', 'seco'], 1]);
  });

  test('S2: is given back as it was', () => {
    const tty = new VirtualTty(20, 5);
    const screen = new Screen(tty, { read: () => {}, resized: () => {} });
    expect([tty.isRaw, [...tty.modes]]).toEqual([true, ['1049']]);
    screen.close();
    expect([tty.isRaw, [...tty.modes].sort(), tty.listenersLeft]).toEqual([false, ['25', '7'], 0]);
  });
});

describe('heddle top', () => {
  let server: Server;
  const cluster = randomUUID();
  const functions = { same: (value: unknown) => value };
  beforeAll(async () => {
    server = await startServer({ name: 'one', cluster, functions });
  });
  afterAll(() => server.stop());

  const quick = ['--interval-ms', '100'];

  /** `heddle top` on a terminal; gives what ends it too. */
  function live(...args: readonly string[]) {
    const tty = new VirtualTty(120, 12);
    const terminal = new (class extends FakeTerminal {
      tty = () => tty;
    })();
    const ended = runProgram(['top', '--url', server.url, ...quick, ...args], terminal, '9.9.9');
    return { tty, terminal, ended };
  }

  test('T2: prints how it is now where there is no terminal, and ends', async () => {
    const calling = setInterval(() => void server.call('same', [1]), 10);
    const said = await heddleSays('top', '--url', server.url, ...quick);
    clearInterval(calling);
    expect(said).toMatchObject({ code: 0, notes: '' });
    expect(said.out).toMatch(/^1 server, \d+\/s, 0 failed\/s, p50 .*ms\n\nSERVER +STATE .*\none +alive +[1-9]/);
    expect(said.out).toMatch(/\n\nFUNCTION .*\nsame +[1-9]/);
  });

  test('prints the same as JSON, also on a terminal', async () => {
    const { ended, terminal, tty } = live('--json');
    expect(await ended).toBe(0);
    expect(JSON.parse(terminal.outs.join(''))).toMatchObject({
      servers: [{ server: 'one', state: 'alive', vitals: { process: { residentBytes: expect.any(Number) } } }],
      functions: [{ function: 'same', servers: 1 }],
      runs: [],
    });
    expect(tty.writes).toEqual([]);
  });

  test('T3: is live on a terminal, obeys its keys and its size, and gives it back', async () => {
    const { tty, ended, terminal } = live();
    await within('the server is shown', 10_000, () => /^one +alive/m.test(tty.text));
    tty.press('2');
    expect(tty.text).toMatch(/^same +\d/m);
    tty.resize(30, 6);
    expect(tty.lines).toHaveLength(6);
    expect(tty.text).toMatch(/^same/m);
    tty.press('q');
    expect(await ended).toBe(0);
    expect([tty.isRaw, tty.modes.has('1049'), tty.listenersLeft, terminal.outs, terminal.notes]).toEqual([false, false, 0, [], []]);
  });

  test('T3: ends with 130 by Ctrl-C, and draws without colour where NO_COLOR is set', async () => {
    const { tty, ended, terminal } = live();
    Object.assign(terminal.environment, { NO_COLOR: '1' });
    await within('the server is shown', 10_000, () => /^one +alive/m.test(tty.text));
    tty.press('\u0003');
    expect(await ended).toBe(130);
    for (const code of [0, 1, 7, 31, 90]) expect(tty.writes.join('')).not.toContain(`\u001b[${code}m`);
  });

  test('T1: says that its server is gone, and goes on when it is back', async () => {
    const { tty, ended } = live();
    await within('the server is shown', 10_000, () => /^one +alive/m.test(tty.text));
    const port = Number(server.url.split(':').at(-1));
    await server.stop();
    await within('it says so', 15_000, () => tty.lines[0]?.includes('trying again') === true);
    expect(tty.text).toMatch(/^one +(?:alive|leaving)/m);
    server = await startServer({ name: 'one', cluster, functions, port });
    await within('the server is back', 15_000, () => tty.lines[0]?.includes('1 server ') === true && !tty.text.includes('trying again'));
    tty.press('5');
    expect(tty.text).toContain('servers answer again');
    tty.press('q');
    expect(await ended).toBe(0);
  });

  test.each([
    [['--colour'], "unknown option '--colour'"],
    [['--interval-ms', '5'], 'a whole number from 100'],
    [['one'], 'too many arguments'],
  ])('refuses %j with what would have been right', async (args, message) => {
    const said = await heddleSays('top', ...args);
    expect(said.code).toBe(2);
    expect(said.notes).toContain(message);
  });

  test('ends with 3 where nobody answers', async () => {
    expect(await heddleSays('top', '--url', '127.0.0.1:1')).toMatchObject({ code: 3, out: '' });
  });
});
