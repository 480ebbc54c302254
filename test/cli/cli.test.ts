import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planServers } from '../../src/cli/dev.ts';
import { errorText, exitCodeFor, UsageError } from '../../src/cli/exit-code.ts';
import { parseArguments } from '../../src/cli/json-arguments.ts';
import { catalogText, membersText } from '../../src/cli/listings.ts';
import { functionsOf, loadFunctions } from '../../src/cli/modules.ts';
import { lineOf, ProgressState, reasonText, showProgress } from '../../src/cli/progress.ts';
import { table } from '../../src/cli/terminal.ts';
import { readWorkflowFile } from '../../src/cli/workflow-file.ts';
import { type ErrorCode, errorTable } from '../../src/errors.ts';
import { defineFunction, HeddleError, type RunEvent, startServer, workflow } from '../../src/index.ts';
import { FakeTerminal, heddleSays } from './terminal.ts';

const folder = mkdtempSync(join(tmpdir(), 'heddle-cli-'));

function written(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

describe('exit codes', () => {
  test('X1: every error code has one of 1, 2, 3, 4 and 130', () => {
    for (const code of Object.keys(errorTable) as ErrorCode[]) {
      const error = Object.assign(new Error('x'), { [Symbol.for('heddle.error')]: true, code });
      expect([1, 2, 3, 4, 130]).toContain(exitCodeFor(error));
    }
  });

  test.each([
    [new HeddleError('function_failed', { name: 'Error', message: 'x' }), 1],
    [new HeddleError('step_failed', { step: 'a', partial: {}, steps: {} }), 1],
    [new HeddleError('bad_workflow', { problems: [] }), 2],
    [new UsageError('x'), 2],
    [new HeddleError('no_matching_offer', { function: 'a', wanted: 'tpu', offers: [] }), 3],
    [new HeddleError('unreachable', { address: 'a', evidence: 'refused' }), 3],
    [new HeddleError('deadline_exceeded', { timeoutMs: 1 }), 4],
    [new HeddleError('cancelled', {}), 130],
    [new Error('a bug'), 1],
    ['thrown', 1],
  ])('%s ends with %i', (error, code) => {
    expect(exitCodeFor(error)).toBe(code);
  });

  test('an error is said with its code, whether it ran, and its cause', () => {
    const cause = new HeddleError('function_failed', { name: 'RangeError', message: 'too far' });
    const error = new HeddleError('step_failed', { step: 'a', partial: {}, steps: {} }, { executed: 'maybe', cause });
    expect(errorText(error)).toBe(
      'step_failed: step "a" failed (it may have run)\n  because function_failed: RangeError: too far (it ran)',
    );
    expect(errorText(new HeddleError('cancelled', { reason: new Error('SIGINT') }))).toBe('cancelled: SIGINT (it may have run)');
  });
});

describe('arguments', () => {
  test('are JSON, with the forms for what JSON lacks', () => {
    expect(parseArguments(['1', '"a"', '[true, null]', '{"$date":"1970-01-01T00:00:00.000Z"}'])).toEqual([
      1,
      'a',
      [true, null],
      new Date(0),
    ]);
  });

  test.each([
    ['world', `'"world"'`],
    ["it's", `"\\"it's\\""`],
  ])('a text without its own quotes is refused, saying how to quote it: %s', (text, quoted) => {
    expect(() => parseArguments(['1', text])).toThrow(
      `argument 2 is not JSON: ${text}\nA text needs its own quotes, inside those of the shell: ${quoted}`,
    );
  });

  test('JSON that is cut short is refused without advice about quotes', () => {
    expect(() => parseArguments(['{"a":'])).toThrow(/^argument 1 is not JSON: \{"a":\n(?!A text)/);
  });
});

describe('usage', () => {
  test('--version and --help go to stdout with exit code 0', async () => {
    expect(await heddleSays('--version')).toMatchObject({ code: 0, out: '9.9.9' });
    expect((await heddleSays('--help')).out).toContain('members');
  });

  test.each([
    [['frob'], "unknown command 'frob'"],
    [['serv'], 'Did you mean serve?'],
    [['serve', '--nmae', 'x'], 'Did you mean --name?'],
    [['call'], 'name a function: heddle call FUN'],
    [['call', '--need', 'gpu', 'greet', '"x"'], 'put the function first: heddle call greet "x" --need gpu'],
    [['explain', '--need', 'gpu', 'greet'], 'put the function first: heddle explain greet --need gpu'],
    [['call', 'f', '--timeout-ms', 'soon'], 'a whole number from 1'],
    [['call', 'f', '--wait-ms', '-1'], 'a whole number from 0'],
    [['call', 'f', '--priority', 'high'], 'Allowed choices are batch, default, critical'],
    [['call', 'f', 'word'], 'argument 1 is not JSON'],
    [['call', 'f', '--json'], '--json goes with --timing'],
    [['dev', '--servers', '0'], 'a whole number from 1'],
    [['run', 'missing.json'], 'missing.json cannot be read'],
    [['run', 'flow.yaml'], 'neither .json nor .toml nor a module'],
    [['serve', 'missing.ts'], 'there is no file missing.ts'],
    [['serve', '--resource', 'gpu', 'functions.ts'], 'put modules first'],
    [['serve', '--port', 'here'], '--port: expected "auto", a port such as 7420'],
    [['serve', '--settings', 'missing.toml'], 'missing.toml cannot be read'],
  ])('wrong usage is exit code 2 and says what would be right: %s', async (args, message) => {
    const { code, notes, out } = await heddleSays(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(notes).toContain(message);
  });

  test.each(['topic', 'queue', 'cache'])('C3: %s is not built and does not exist', async (name) => {
    expect(await heddleSays(name)).toMatchObject({ code: 2, notes: expect.stringContaining(`unknown command '${name}'`) });
  });
});

describe('modules', () => {
  const resize = defineFunction({ name: 'image.resize', handler: () => 1 });
  const add = (a: number, b: number): number => a + b;

  test('M1: a definition goes by its own name, a plain function by its export name, anything else is left alone', () => {
    const exported = { resize, add, limit: 5, Klass: class {}, list: [add], functions: { sub: add, resize } };
    expect([...functionsOf(exported)]).toEqual([
      ['image.resize', resize],
      ['add', add],
      ['sub', add],
    ]);
  });

  test('a module in TypeScript gives its functions', async () => {
    const path = written('functions.ts', 'export const twice = (n: number): number => 2 * n;\nexport const unit: string = "px";\n');
    expect(Object.keys(await loadFunctions([path]))).toEqual(['twice']);
  });

  test('M2: two functions of one name are refused with both places', async () => {
    const [a, b] = [written('a.ts', 'export const same = () => 1;'), written('b.ts', 'export const same = () => 2;')];
    await expect(loadFunctions([a, b])).rejects.toThrow(`"same" is exported by ${a} and by ${b}`);
  });

  test.each([
    ['throws.ts', 'throw new RangeError("no\\nway");', /throws\.ts cannot be loaded: RangeError: no way$/],
    ['text.ts', 'throw "plain";', /text\.ts cannot be loaded: it threw plain$/],
    ['lacks.ts', 'import "./nowhere.ts";\nexport const f = () => 1;', /lacks\.ts cannot be loaded: Error.*nowhere\.ts.*$/],
    ['broken.js', 'export const f = () => {;', /broken\.js cannot be loaded: \S*Error: .+$/],
  ])('one that cannot be loaded is bad usage, named with the reason on one line: %s', async (name, text, message) => {
    const failure: unknown = await loadFunctions([written(name, text)]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(UsageError);
    expect((failure as UsageError).message).toMatch(message);
    expect((failure as UsageError).message.split('\n')).toHaveLength(1);
  });

  test('a module without functions is refused', async () => {
    await expect(loadFunctions([written('none.ts', 'export const n = 1;')])).rejects.toThrow('exports no function');
  });
});

describe('workflow files', () => {
  const commands = [{ name: 'a', fun: 'f', args: [{ $ref: 'b' }, new Date(0)] }];

  test('JSON is an object with commands, or the list of them', async () => {
    const text = '[{"name":"a","fun":"f","args":[{"$ref":"b"},{"$date":"1970-01-01T00:00:00.000Z"}]}]';
    expect(await readWorkflowFile(written('list.json', text))).toEqual({ kind: 'data', data: commands });
    expect(await readWorkflowFile(written('object.json', `{"commands":${text}}`))).toEqual({ kind: 'data', data: { commands } });
  });

  test('TOML is the same', async () => {
    const path = written('flow.toml', '[[commands]]\nname = "a"\nfun = "f"\nargs = [{ "$ref" = "b", path = ["rows", 0] }]\n');
    const source = await readWorkflowFile(path);
    expect(JSON.parse(JSON.stringify(source))).toEqual({
      kind: 'data',
      data: { commands: [{ name: 'a', fun: 'f', args: [{ $ref: 'b', path: ['rows', 0] }] }] },
    });
  });

  test('a module exports one workflow, under any name', async () => {
    const flow = workflow('empty', ({ step }) => step('a', defineFunction({ name: 'f', handler: () => 1 }), []));
    expect(flow.toJSON().commands).toHaveLength(1);
    const path = written('flow.mjs', 'export const report = { name: "r", commands: [] };\nexport const other = 5;');
    expect(await readWorkflowFile(path)).toEqual({ kind: 'data', data: { name: 'r', commands: [] } });
  });

  test.each([
    ['nothing.json', '{"steps": []}', 'holds no workflow'],
    ['broken.json', '{"commands": [', 'JSON text'],
    ['broken.toml', 'commands = [', 'broken.toml:1'],
    ['two.mjs', 'export const a = { commands: [] }; export const b = { commands: [] };', 'exports 2 workflows'],
    ['none.mjs', 'export const a = 1;', 'exports no workflow'],
  ])('%s is refused', async (name, text, message) => {
    await expect(readWorkflowFile(written(name, text))).rejects.toThrow(message);
  });
});

describe('progress', () => {
  const head = { seq: 1, atMs: 0 };
  const events: RunEvent[] = [
    { ...head, kind: 'run.accepted', runId: 'r', coordinator: 'ada', steps: ['a', 'b'] },
    { ...head, kind: 'reference.looksBare', step: 'b', text: 'a' },
    { ...head, kind: 'step.started', step: 'a', server: 'bell', attempt: 1 },
    { ...head, kind: 'step.waiting', step: 'b', reason: { kind: 'concurrency_full', function: 'f' } },
    { ...head, kind: 'step.progress', step: 'a', value: { part: 0.5, n: 1n } },
    { ...head, kind: 'step.settled', step: 'a', ok: true, outcome: 'done', server: 'bell', elapsedMs: 12.4 },
    {
      ...head,
      kind: 'step.settled',
      step: 'b',
      ok: false,
      outcome: 'not_run',
      elapsedMs: 0,
      error: new HeddleError('upstream_failed', { step: 'b', upstream: 'a' }),
    },
    { ...head, kind: 'run.settled', ok: false, elapsedMs: 20 },
  ];

  async function* replay(): AsyncGenerator<RunEvent> {
    yield* events;
  }

  test('is plain lines on stderr where there is no terminal', async () => {
    const terminal = new FakeTerminal();
    await showProgress(terminal, replay());
    expect(terminal.outs).toEqual([]);
    expect(terminal.notes).toEqual([
      'run r on ada: 2 steps',
      'hint: step "b" was given the text "a", which is also the name of a step; write {"$ref": "a"}, or use --bare, if its result was meant',
      '  b waits: concurrency full (f)',
      '  a: {"part":0.5,"n":"1n"}',
      '  a done on bell 12 ms',
      '  b not run 0 ms: upstream_failed: step "b" did not run because "a" failed',
      'failed in 20 ms',
    ]);
  });

  test('R1: a second attempt is said, a first one is not', () => {
    expect(lineOf({ ...head, kind: 'step.started', step: 'a', server: 'bell', attempt: 2 })).toBe('  a tried again on bell (attempt 2)');
    expect(lineOf({ ...head, kind: 'step.started', step: 'a', server: 'bell', attempt: 1 })).toBeUndefined();
  });

  test('R2: every reason to wait has its words', () => {
    const reasons = [
      { kind: 'input', step: 'a' },
      { kind: 'no_offer', function: 'f' },
      { kind: 'breaker', untilMs: 1 },
      { kind: 'concurrency_full', function: 'f' },
      { kind: 'run_limit', limit: 256 },
      { kind: 'retry', untilMs: 1, because: 'overloaded' },
    ] as const;
    for (const reason of reasons) expect(reasonText(reason)).not.toMatch(/undefined/);
  });

  test('one of a kind is one', () => {
    expect(lineOf({ ...head, kind: 'run.accepted', runId: 'r', coordinator: 'ada', steps: ['a'] })).toBe('run r on ada: 1 step');
    expect(lineOf({ ...head, kind: 'step.opened', step: 'a', elements: 1 })).toBe('  a: 1 element');
  });

  test('a code is said once, also where the message begins with it', () => {
    const error = new HeddleError('cancelled', { reason: 'SIGINT' }, { executed: 'maybe' });
    const settled = { ...head, kind: 'step.settled', step: 'a', ok: false, outcome: 'maybe', elapsedMs: 1, error } as const;
    expect(lineOf(settled)).toBe('  a maybe 1 ms: cancelled: SIGINT');
  });

  test('the moving line counts what settled and names what runs', () => {
    const state = new ProgressState();
    for (const event of events.slice(0, 3)) state.see(event);
    expect(state.summary()).toBe('0 of 2 steps, running: a (bell)');
    for (const event of events.slice(3)) state.see(event);
    expect(state.summary()).toBe('2 of 2 steps');
  });
});

test('O3: in a listing what others wrote does nothing to a terminal', () => {
  expect(
    table([
      ['RUN', 'WORKFLOW'],
      ['r', 'red \u001b[31m\r'],
    ]),
  ).toBe('RUN  WORKFLOW\nr    red \\x1b[31m\\x0d');
});

test('listings are columns', () => {
  const member = {
    name: 'ada',
    url: '127.0.0.1:1',
    status: 'alive',
    epoch: 1,
    resources: ['gpu', 'db'],
    evidence: [],
    root: '0123456789abcdef',
  };
  const lost = { name: 'bob', url: '127.0.0.1:2', status: 'suspect', epoch: 3, resources: [], evidence: ['refused', 'reset'] };
  expect(membersText([member, lost])).toBe(
    [
      'NAME  URL          STATUS   EPOCH  EVIDENCE        ROOT              RESOURCES',
      'ada   127.0.0.1:1  alive    1                      0123456789abcdef  gpu, db',
      'bob   127.0.0.1:2  suspect  3      refused, reset',
    ].join('\n'),
  );
  const offer = { function: 'f', version: '1.0.0', server: 'ada', resources: [], effect: 'pure', kind: 'call' } as const;
  expect(catalogText([offer])).toBe('FUNCTION  VERSION  SERVER  EFFECT  RESOURCES\nf         1.0.0    ada     pure');
});

describe('explain', () => {
  test('says where a call would go, what speaks against each other offer, and the same as JSON', async () => {
    const f = defineFunction({ name: 'f', version: '1.2.0', handler: () => 1 });
    const server = await startServer({ name: 'ada', cluster: 'cli-explain', resources: ['gpu'], functions: { f } });
    try {
      const at = ['--url', server.url];
      const text = await heddleSays('explain', 'f', ...at, '--need', 'gpu');
      expect(text.code).toBe(0);
      expect(text.out).toMatch(
        /^f: ada, version 1\.2\.0\n {2}1 of 1 offer matches, 1 may take a call now\n {2}it is the only candidate\n {3}SERVER {2}VERSION {2}WHY\n\* {2}ada {5}1\.2\.0 {4}candidate: [\d.]+ ms, 0 in flight$/,
      );
      expect((await heddleSays('explain', 'f', ...at, '--need', 'tpu')).out).toMatch(
        /^f: no server would take it\n {2}no offer of 1 offer matches/,
      );
      expect(JSON.parse((await heddleSays('explain', 'f', ...at, '--json')).out)).toEqual(await server.explain('f'));
      expect(await heddleSays('explain', 'g', ...at)).toMatchObject({ code: 3, notes: expect.stringContaining('no_such_function') });
    } finally {
      await server.stop();
    }
  });

  test('of a file is the plan of its workflow, and of a wrong one what is wrong', async () => {
    const add = (a: number, b: number) => a + b;
    const server = await startServer({ name: 'ada', cluster: 'cli-plan', functions: { add } });
    const at = ['--url', server.url];
    const commands = [
      { name: 'three', fun: 'add', args: [1, 2] },
      { name: 'seven', fun: 'add', args: [{ $ref: 'three' }, 4] },
      { name: 'lost', fun: 'adds', args: [{ $ref: 'seven' }] },
    ];
    const file = written('plan.json', JSON.stringify({ commands: commands.slice(0, 2) }));
    try {
      const text = await heddleSays('explain', file, ...at);
      expect(text.out).toMatch(/^2 steps, 0 trips, 0 B of arguments, about 0\.0 ms and what 2 steps take that have not run yet$/m);
      expect(text.out).toMatch(/^seven +add@1\.0\.0 +ada +three +0\.0 +\? +0 B +\?$/m);
      expect(text.out).toMatch(/^seven: 1 of 1 offer matches.*it is the coordinator itself: nothing travels$/m);
      expect((await heddleSays('run', file, ...at, '--explain')).out).toBe(text.out);
      expect(JSON.parse((await heddleSays('explain', file, ...at, '--json')).out)).toEqual(
        await server.explain({ commands: commands.slice(0, 2) }),
      );
      const ran = await heddleSays('run', file, ...at, '--analyze');
      expect(JSON.parse(ran.out)).toEqual({ seven: 7 });
      expect(ran.notes).toMatch(/^seven +ada +\? +\d+\.\d +\? +1 B +done$/m);
      // What has run once is known.
      expect((await heddleSays('run', file, ...at, '--analyze')).notes).toMatch(/^seven +ada +\d+\.\d +\d+\.\d +1 B +1 B +done$/m);
      const all = written('lost.json', JSON.stringify({ commands }));
      expect((await heddleSays('explain', all, ...at)).out).toMatch(/^lost: no server offers it; the nearest names are add$/m);
      const circle = written('circle.json', JSON.stringify([{ name: 'a', fun: 'add', args: [{ $ref: 'a' }] }]));
      expect(await heddleSays('explain', circle, ...at)).toMatchObject({
        code: 2,
        notes: expect.stringContaining('refers to the command itself'),
      });
    } finally {
      await server.stop();
    }
  });

  test.each([
    [['explain', 'plan.json', '--need', 'gpu'], '--need and --target are for functions'],
    [['explain', 'add', '--bare'], '--bare and --input are for workflow files'],
    [['run', 'plan.json', '--explain', '--analyze'], 'there is nothing to --analyze'],
    [['run', 'plan.json', '--json'], '--json is for --explain'],
  ])('%j is refused before anybody is asked', async ([command = '', what = '', ...flags], problem) => {
    const name = what.endsWith('.json') ? written(what, '{"commands": []}') : what;
    expect(await heddleSays(command, name, ...flags)).toMatchObject({ code: 2, notes: expect.stringContaining(problem) });
  });
});

test("the quickstart's resources are spread over the servers of dev, none left out", () => {
  for (const servers of [1, 2, 3, 5]) {
    const plans = planServers([], servers);
    expect(plans).toHaveLength(servers);
    expect([...new Set(plans.flatMap(({ resources }) => resources))].sort()).toEqual(['cpu', 'db', 'gpu']);
  }
  expect(planServers(['mine.ts'], 2).map(({ name, resources, modules }) => [name, resources, modules])).toEqual([
    ['dev-1', [], ['mine.ts']],
    ['dev-2', [], ['mine.ts']],
  ]);
});
