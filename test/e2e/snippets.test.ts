import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { builtModule, scriptOf } from './built-module.ts';
import { readSnippets, type Snippet } from './snippets.ts';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const root = fileURLToPath(new URL('../../', import.meta.url));
const snippets = await readSnippets();
let folder = '';
let printed: Readonly<Record<string, string>> = {};

const pathOf = ({ file }: Snippet) => join(folder, file);
const scriptPathOf = (snippet: Snippet) => pathOf(snippet).replace(/ts$/, 'mjs');

beforeAll(async () => {
  folder = await mkdtemp(join(here, '.run-')); // inside the package, so that 'heddle' means this package
  for (const snippet of snippets) {
    await writeFile(pathOf(snippet), snippet.code);
    await writeFile(scriptPathOf(snippet), scriptOf(snippet.code));
  }
  const { stdout } = await run(process.execPath, [builtModule('run-snippets.ts'), ...snippets.map(scriptPathOf)], { cwd: root });
  printed = JSON.parse(stdout) as Record<string, string>;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the snippets of the README and the docs', () => {
  test('are there', () => {
    expect(snippets.length).toBeGreaterThan(10);
    expect(snippets.filter(({ place }) => place.startsWith('README.md'))).toHaveLength(1);
  });

  test.each(snippets.map((snippet) => [snippet.place, snippet] as const))('%s prints what it promises', (_place, snippet) => {
    expect(printed[scriptPathOf(snippet)]).toBe(snippet.output ?? '');
  });

  test('compile under the strictest settings', async () => {
    const settings = {
      extends: '../../../tsconfig.json',
      compilerOptions: { rootDir: '../../..', noEmit: true, noUnusedLocals: false },
      include: ['*.ts'],
    };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(settings));
    const compiled = await run(process.execPath, [join(root, 'node_modules/typescript-7/bin/tsc'), '-p', folder], { cwd: root }).catch(
      (failed: { stdout: string }) => failed,
    );
    expect(compiled.stdout).toBe('');
  });

  test('the program in the README has 20 lines of code or less', () => {
    const [program] = snippets;
    expect(program?.code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(20);
  });
});
