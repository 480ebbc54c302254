import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { connect, type Functions } from 'heddle';
import { describe, expect, test } from 'vitest';
import { functionsModule, Stage } from './processes.ts';

const stage = new Stage();
const waitMs = 20_000;

interface Whoami extends Functions {
  readonly whoami: () => { readonly server: string; readonly pid: number };
}

/** Resolves once no process of these ids is left; fails when one stays. */
async function gone(pids: readonly number[]): Promise<void> {
  for (const untilMs = Date.now() + waitMs; Date.now() < untilMs; await pause(20)) {
    if (!pids.some(isThere)) return;
  }
  expect(pids.filter(isThere)).toEqual([]);
}

function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function pidsOf(url: string, count: number): Promise<readonly number[]> {
  const client = await connect<Whoami>(url);
  try {
    const targets = Array.from({ length: count }, (_, at) => `dev-${at + 1}`);
    const areThere = async (): Promise<boolean> => {
      const offers = await client.catalog();
      return targets.every((target) => offers.some((offer) => offer.server === target));
    };
    for (const untilMs = Date.now() + waitMs; Date.now() < untilMs && !(await areThere()); await pause(20));
    return await Promise.all(targets.map(async (target) => (await client.call('whoami', [], { target })).pid));
  } finally {
    await client.close();
  }
}

describe('heddle dev', () => {
  test.each(['SIGINT', 'SIGKILL'] as const)('is one fabric of server processes, and leaves none behind after %s', async (signal) => {
    const dev = stage.heddle('dev', functionsModule, '--servers', '2');
    const url = (await dev.line(/^HEDDLE_URL=/)).slice('HEDDLE_URL='.length);
    const pids = await pidsOf(url, 2);
    expect(new Set([...pids, dev.pid]).size).toBe(3);
    const { code } = await dev.kill(signal);
    if (signal === 'SIGINT') expect(code).toBe(0);
    await gone(pids);
  });
});

describe('heddle serve', () => {
  test('a settings file alone starts a whole server, with modules relative to it', async () => {
    const file = await stage.path('whole.toml');
    await writeFile(await stage.path('mine.ts'), 'export const twice = (n: number): number => 2 * n;\n');
    await writeFile(file, '[server]\nname = "whole"\nresources = ["gpu"]\nmodules = ["mine.ts"]\nport = "auto"\n');
    const serve = stage.heddle('serve', '--settings', file);
    const url = (await serve.line(/^HEDDLE_URL=/)).slice('HEDDLE_URL='.length);

    const call = stage.heddle('call', 'twice', '21', '--url', url, '--need', 'gpu');
    expect(await call.finished).toEqual({ code: 0, signal: null });
    expect(call.lines).toEqual(['42']);

    const members = stage.heddle('members', '--json', '--url', url);
    await members.finished;
    expect(JSON.parse(members.lines.join('\n'))).toEqual([
      {
        name: 'whole',
        url,
        status: 'alive',
        epoch: expect.any(Number),
        resources: ['gpu'],
        evidence: [],
        root: expect.stringMatching(/^[0-9a-f]{16}$/),
      },
    ]);

    const flow = await stage.path('flow.toml');
    await writeFile(
      flow,
      '[[commands]]\nname = "a"\nfun = "twice"\nargs = [1]\n\n[[commands]]\nname = "b"\nfun = "twice"\nargs = [{ "$ref" = "a" }]\n',
    );
    const run = stage.heddle('run', flow, '--url', url);
    expect(await run.finished).toEqual({ code: 0, signal: null });
    expect(run.lines).toEqual(['{"b":4}']);
    expect(run.errors.join('\n')).toMatch(/a done on whole .*\n.*b done on whole/);
  });

  test('the first Ctrl-C lets a call under way finish, then the process ends with 0 and takes the ready file along', async () => {
    const [file, ready] = [await stage.path('held'), await stage.path('drain.json')];
    const { url, process } = await stage.serve('drains', functionsModule, '--ready-file', ready);
    const call = stage.heddle('call', 'hold', JSON.stringify(file), '--url', url);
    await process.line(/^holding/);
    const ended = process.kill('SIGINT');
    await writeFile(file, '');
    expect(await call.finished).toEqual({ code: 0, signal: null });
    expect(call.lines).toEqual(['"drains attempt 1"']);
    expect(await ended).toEqual({ code: 0, signal: null });
    expect(existsSync(ready)).toBe(false);
  });

  test('the second Ctrl-C stops at once, with 130', async () => {
    const { url, process } = await stage.serve('stops', functionsModule);
    const call = stage.heddle('call', 'holdOnce', JSON.stringify(await stage.path('never')), '--url', url);
    await process.line(/^holding/);
    void process.kill('SIGTERM');
    await process.said(/^draining/);
    expect(await process.kill('SIGTERM')).toEqual({ code: 130, signal: null });
    expect((await call.finished).code).not.toBe(0);
  });

  test('Ctrl-C on a call cancels it and ends with 130', async () => {
    const { url, process } = await stage.serve('cancels', functionsModule);
    const call = stage.heddle('call', 'holdOnce', JSON.stringify(await stage.path('never')), '--url', url);
    await process.line(/^holding/);
    expect(await call.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(call.errors.join('\n')).toMatch(/^cancelled: SIGINT/);
    expect(call.lines).toEqual([]);
  });

  test('Ctrl-C on what waits ends it with 130 and without a stack trace: run, why --follow and drain', async () => {
    const { url, process } = await stage.serve('waits', functionsModule);
    const flow = await stage.path('waits.json');
    await writeFile(flow, JSON.stringify([{ name: 'a', fun: 'holdOnce', args: [await stage.path('never')] }]));
    const run = stage.heddle('run', flow, '--url', url);
    await process.line(/^holding/);
    const runId = /^run (\S+)/.exec(await run.said(/^run /))?.[1] ?? '';
    const why = stage.heddle('why', runId, '--follow', '--url', url);
    await why.line(/holdOnce/);
    expect(await why.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(why.errors.at(-1)).toBe('cancelled: interrupted');
    const drain = stage.heddle('drain', 'waits', '--url', url);
    await drain.said(/^waits is draining/);
    expect(await drain.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(drain.errors.slice(-2)).toEqual(['waits goes on draining, whoever waits for it', expect.stringMatching(/^cancelled: SIGINT/)]);
    expect(await run.kill('SIGINT')).toEqual({ code: 130, signal: null });
    expect(run.errors.at(-1)).toMatch(/^cancelled: SIGINT/);
    for (const { errors } of [run, why, drain]) expect(errors.join('\n')).not.toMatch(/^ +at /m);
  });
});
