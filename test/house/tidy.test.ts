import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callProblems } from './calls.ts';
import { headerProblems, languageProblems, sizeProblems } from './shape.ts';
import { isGenerated, root, source, sourcesUnder } from './sources.ts';

const sources = sourcesUnder('src', ['.ts', '.tsx']).filter((file) => !isGenerated(file.path));

test('no file has over 300 lines, no function over 50 lines or 3 positional parameters', () => {
  expect(sizeProblems(sources)).toEqual([]);
});

test('every file opens with a comment of 3 to 12 lines', () => {
  expect(headerProblems(sources)).toEqual([]);
});

test('time, timers and chance are touched by the clock and the source of chance alone', () => {
  expect(callProblems(sources)).toEqual([]);
});

test('there is no any, no non-null assertion, no default export, no enum', () => {
  expect(languageProblems(sources)).toEqual([]);
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

test.each(['let a: any;', 'a!.b;', 'export default a;', 'export default function () {}', 'enum A { B }', 'class A { private b = 1; }'])(
  'what the house does without is found: %s',
  (text) => {
    expect(languageProblems([source('src/a.ts', text)]).length).toBeGreaterThan(0);
  },
);

function isText(path: string): boolean {
  return path !== '' && !/\.(png|lock)$/.test(path) && path !== 'package-lock.json';
}
