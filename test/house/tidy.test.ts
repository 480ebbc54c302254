import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callProblems } from './calls.ts';
import { castProblems, namedFileProblems } from './comments.ts';
import { headerProblems, languageProblems, nestingProblems, sizeProblems } from './shape.ts';
import { filesUnder, isGenerated, root, source, sourcesUnder } from './sources.ts';

const sources = sourcesUnder('src', ['.ts', '.tsx']).filter((file) => !isGenerated(file.path));

test('no file has over 300 lines, no function over 50 lines or 3 positional parameters', () => {
  expect(sizeProblems(sources)).toEqual([]);
});

test('branches and loops are at most 3 deep', () => {
  expect(nestingProblems(sources)).toEqual([]);
});

test('every file opens with a comment of 3 to 12 lines', () => {
  expect(headerProblems(sources)).toEqual([]);
});

test('time, timers and chance are touched by the clock and the source of chance alone', () => {
  expect(callProblems(sources)).toEqual([]);
});

test('there is no any, no non-null assertion, no default export, no enum, no state of a module', () => {
  expect(languageProblems(sources)).toEqual([]);
});

test('the fabric listens to none of its own events, as nobody who does may change what happens', () => {
  const listens = sources.filter(({ path, text }) => path.startsWith('src/fabric/') && /\bobserver\.on\(/.test(text));
  // What users listen to.
  expect(listens.map(({ path }) => path)).toEqual(['src/fabric/server/server.ts']);
});

test('every cast says why it is true', () => {
  expect(castProblems(sources)).toEqual([]);
});

test('every file that a comment names is there', () => {
  const places = ['src', 'test', 'examples', 'proto', 'docs', '.config'];
  const texts = ['src', 'test', 'examples', 'proto']
    .flatMap(filesUnder)
    // What they plant is not there.
    .filter((path) => /\.(?:tsx?|proto)$/.test(path) && !isGenerated(path) && !path.startsWith('test/house/'))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
  expect(namedFileProblems(texts, places.flatMap(filesUnder))).toEqual([]);
});

test('no file under version control names a path of one machine', () => {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(isText);
  const found = files.filter((path) => /(?:^|[\s"'`(=])\/(?:work|home|root|Users)\/\w/m.test(readFileSync(join(root, path), 'utf8')));
  expect(found).toEqual([]);
});

const longFunction = (lines: number): string => `function long() {\n${'  go();\n'.repeat(lines - 2)}}\n`;

test('the limits hold at the edge and one beyond', () => {
  expect(sizeProblems([source('src/a.ts', longFunction(50))])).toEqual([]);
  expect(sizeProblems([source('src/a.ts', longFunction(51))])).toEqual(['src/a.ts:1: a function of 51 lines, at most 50']);
  expect(sizeProblems([source('src/a.ts', 'x;\n'.repeat(300))])).toEqual([]);
  expect(sizeProblems([source('src/a.ts', 'x;\n'.repeat(301))])).toEqual(['src/a.ts: 301 lines, at most 300']);
  expect(sizeProblems([source('src/a.ts', 'const f = (a, b, c) => a;')])).toEqual([]);
  expect(sizeProblems([source('src/a.ts', 'const f = (a, b, c, d) => a;')])).toEqual(['src/a.ts:1: 4 positional parameters, at most 3']);
  expect(sizeProblems([source('src/a.ts', 'class A { constructor(a, b, c, d) {} }')])).toHaveLength(1);
});

test('a file without a header, or with one that is too short or too long, is found', () => {
  const header = (lines: number): string => `/**\n${' * text\n'.repeat(lines)} */\nexport {};`;
  expect(headerProblems([source('src/a.ts', header(1)), source('src/b.ts', header(10))])).toEqual([]);
  expect(headerProblems([source('src/a.ts', '/** text */')])).toHaveLength(1);
  expect(headerProblems([source('src/a.ts', header(11))])).toHaveLength(1);
  expect(headerProblems([source('src/a.ts', 'export {};')])).toHaveLength(1);
  expect(headerProblems([source('src/a.ts', `#!/usr/bin/env node\n${header(3)}`)])).toEqual([]);
});

test.each([
  'const now = Date.now();',
  'const now = new Date();',
  'const now = globalThis.performance.now();',
  'setTimeout(go, 5);',
  'globalThis.setTimeout(go, 5);',
  'const later = setImmediate;',
  'queueMicrotask(go);',
  'process.nextTick(go);',
  'const chance = Math.random();',
  "import { randomUUID } from 'node:crypto'; randomUUID();",
  "import { setTimeout as sleep } from 'node:timers/promises';",
  'const signal = AbortSignal.timeout(5);',
])('a use of real time or chance is found: %s', (text) => {
  expect(callProblems([source('src/core/a.ts', text)], [])).toHaveLength(1);
});

test('a clock passed in, and a date made of a number, are fine', () => {
  const text = 'clock.nowMs(); clock.schedule(5, go); new Date(5); options.setTimeout; const t = { setTimeout: 1 };';
  expect(callProblems([source('src/core/a.ts', text)], [])).toEqual([]);
});

test('an allowance that nothing uses is found', () => {
  expect(callProblems([], [{ path: 'src/a.ts', calls: ['Date.now'], why: '' }])).toEqual(['unused allowance: src/a.ts Date.now']);
});

test.each([
  'const a: any = 1;',
  'a!.b;',
  'export default a;',
  'export default function () {}',
  'enum A { B }',
  'class A { private b = 1; }',
  'let users = 0;',
  'export let users = 0;',
  'class LinkManager {}',
  'const linkUtils = 1;',
])('what the house does without is found: %s', (text) => {
  expect(languageProblems([source('src/a.ts', text)])).toHaveLength(1);
});

test('nesting holds at the edge and one beyond', () => {
  const nested = (innermost: string): string => `function f() { for (;;) { try { switch (a) { case 1: ${innermost} } } finally {} } }`;
  expect(nestingProblems([source('src/a.ts', nested('go();'))])).toEqual([]);
  expect(nestingProblems([source('src/a.ts', nested('if (b) go();'))])).toEqual(['src/a.ts:1: nested more than 3 deep']);
  expect(nestingProblems([source('src/a.ts', nested('run(() => { if (b) go(); });'))])).toEqual([]);
  expect(nestingProblems([source('src/a.ts', 'if (a) b(); else if (c) d(); else if (e) f(); else if (g) h();')])).toEqual([]);
});

function isText(path: string): boolean {
  return path !== '' && !/\.(png|lock)$/.test(path) && path !== 'package-lock.json';
}
