/** The types as users meet them: what compiles, what does not, and what it costs. */

import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { ESLint } from 'eslint';
import ts from 'typescript';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { startServer } from '../../src/index.ts';
import { functions, use } from './declared.ts';

const root = resolve(import.meta.dirname, '../..');
const here = (name: string): string => resolve(import.meta.dirname, name);

/** A module with `steps` steps, each on a function of its own when `isDistinct`. */
function stepsModule(steps: number, isDistinct: boolean): string {
  const numbers = Array.from({ length: steps }, (_, at) => at);
  const define = (at: number): string =>
    `const f${at} = defineFunction({ name: 'f${at}', handler: (_ctx, rows: { id: string; v${at}: number }[], n: number) => ({ rows, total: n, at: { k${at}: n } }) });`;
  const step = (at: number): string => {
    const of = isDistinct ? at : 0;
    return `  const s${at} = step('s${at}', f${of}, [[{ id: 'a', v${of}: ${at === 0 ? '1' : `s${at - 1}.get('total')`} }], 2], { need: ['x'] });`;
  };
  return [
    `import { defineFunction, workflow } from 'heddle';`,
    ...(isDistinct ? numbers : [0]).map(define),
    `export const flow = workflow('big', ({ step }) => {`,
    ...numbers.map(step),
    `  return { last: s${steps - 1}.get('at') };\n});`,
  ].join('\n');
}

/** Checked in this order: the first pays for what all share. */
const modules = new Map([
  [here('first.virtual.ts'), stepsModule(1, true)],
  [here('shared.virtual.ts'), stepsModule(50, false)],
  [here('half.virtual.ts'), stepsModule(25, true)],
  [here('distinct.virtual.ts'), stepsModule(50, true)],
]);

/** What `heddle types` prints of a fabric that runs, and what a user writes against it. */
const declared = new Map([
  [here('fabric.virtual.ts'), await declaredNow()],
  [here('use.virtual.ts'), use],
]);

async function declaredNow(): Promise<string> {
  await using server = await startServer({ name: 'one', cluster: randomUUID(), functions });
  const outs: string[] = [];
  const terminal = { out: (text: string) => void outs.push(text), note: () => {}, isInteractive: false, environment: {} };
  expect(await runProgram(['types', '--url', server.url], terminal, '9.9.9')).toBe(0);
  return outs.join('\n');
}

/** One program of the compiled-only files and the made ones, with the strict options of the project. */
function openProgram(): ts.Program {
  const config = ts.readConfigFile(resolve(root, '.config/tsconfig.check.json'), (name) => ts.sys.readFile(name));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, resolve(root, '.config'));
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  const virtual = new Map([...modules, ...declared]);
  host.fileExists = (name) => virtual.has(name) || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    const text = virtual.get(name);
    return text === undefined ? getSourceFile.call(host, name, ...rest) : ts.createSourceFile(name, text, ts.ScriptTarget.ES2023, true);
  };
  const files = ['usage.ts', 'misuse.ts', 'edge.ts', 'truthiness.ts'].map(here);
  return ts.createProgram([...virtual.keys(), ...files], { ...options, noEmit: true }, host);
}

function faultsOf(program: ts.Program, file: ts.SourceFile | undefined): readonly string[] {
  const faults = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
  return faults.map(
    (fault) => `${fault.file?.fileName ?? ''}:${fault.start ?? 0}: ${ts.flattenDiagnosticMessageText(fault.messageText, ' ')}`,
  );
}

describe('the public types', () => {
  const program = openProgram();

  it('cost at most 30,000 instantiations for a workflow of 50 steps, in proportion to the steps', () => {
    const costs = [...modules.keys()].map((name) => {
      const before = program.getInstantiationCount();
      expect(faultsOf(program, program.getSourceFile(name))).toEqual([]);
      return program.getInstantiationCount() - before;
    });
    const [, shared = 0, half = 0, distinct = 0] = costs;
    expect(shared).toBeGreaterThan(500);
    expect(Math.max(shared, distinct)).toBeLessThanOrEqual(30_000);
    expect(distinct).toBeLessThanOrEqual(2.3 * half);
  });

  it.each(['usage.ts', 'misuse.ts', 'edge.ts'])('compile where users use them and nowhere else: %s', (name) => {
    const file = program.getSourceFile(here(name));
    expect(file).toBeDefined();
    expect(faultsOf(program, file)).toEqual([]);
  });

  it('of a running fabric are written by heddle types, and type a client', () => {
    for (const name of declared.keys()) {
      const file = program.getSourceFile(name);
      expect(file).toBeDefined();
      expect(faultsOf(program, file)).toEqual([]);
    }
  });

  it('leave a reference as a condition to lint: no-unnecessary-condition of typescript-eslint finds each', async () => {
    const eslint = new ESLint({
      cwd: root,
      overrideConfigFile: true,
      overrideConfig: {
        files: ['**/*.ts'],
        plugins: { '@typescript-eslint': tseslint.plugin },
        languageOptions: { parser: tseslint.parser, parserOptions: { programs: [program] } },
        rules: { '@typescript-eslint/no-unnecessary-condition': 'error' },
      },
    });
    const [result] = await eslint.lintFiles([here('truthiness.ts')]);
    const rule = '@typescript-eslint/no-unnecessary-condition';
    expect(result?.messages.map(({ line, ruleId }) => [line, ruleId])).toEqual([9, 10, 11, 12, 13].map((line) => [line, rule]));
  });
});
