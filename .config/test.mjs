/**
 * The test command after set-up: vitest, and beside it format, lint and types; ends with one line `N passed, N failed`.
 *
 * T1 the line is the last of the output and counts every test and every check. T2 the exit code is 1 as soon as
 * something failed, also when a test file could not be loaded or an error was raised outside of any test.
 * T3 the checks have a lower priority (a third of a test's share): they take what the tests leave idle while these wait for one
 * another's processes. They were 45 s of their own before. With the lowest, they would not end on a machine that is busy otherwise.
 * `test.mjs lint`, `check` (package hygiene), `soak` and `format` (mends what it can) run a part. Further arguments go to vitest.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { setPriority } from 'node:os';

const lint = {
  'format and lint': ['biome', 'check', '--config-path=.config/biome.json', '--error-on-warnings', 'src', 'test', 'examples'],
  'typed lint': ['eslint', '--config=.config/eslint.config.js', 'src', 'test', 'examples'],
};
const format = {
  'typed fixes': ['eslint', '--config=.config/eslint.config.js', '--fix', 'src', 'test', 'examples'],
  format: ['biome', 'check', '--config-path=.config/biome.json', '--write', 'src', 'test', 'examples'],
};
/** TypeScript 7 checks in a quarter of the time of 6.0, which stays for what needs a compiler's interface: typed lint, tests of types. */
const tsc = 'node_modules/typescript-7/bin/tsc';
const types = {
  types: ['node', tsc, '--noEmit', '-p', '.config/tsconfig.check.json'],
  'types of the page': ['node', tsc, '-p', 'src/dashboard/page/tsconfig.json'],
};
const hygiene = {
  'unused code': ['knip', '--config=.config/knip.json'],
  'package manifest': ['publint', '--strict'],
  'package types': ['attw', '--pack', '.', '--profile=esm-only'],
};
const report = '.cache/vitest.json';
const checksPriority = 5;

const [part = 'all', ...rest] = process.argv.slice(2);
const totals = { passed: 0, failed: 0 };
if (part === 'lint') await runChecks(lint);
if (part === 'format') for (const [title, command] of Object.entries(format)) await runChecks({ [title]: command });
if (part === 'check') await runChecks(hygiene);
if (part === 'all') await Promise.all([runChecks({ ...types, ...lint }, checksPriority), runVitest('.config/vitest.config.ts', rest)]);
if (part === 'soak') await runVitest('.config/vitest.soak.config.ts', rest);
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed > 0 ? 1 : 0;

/** The checks run side by side; the output of one that fails is shown whole. */
async function runChecks(checks, priority) {
  await Promise.all(
    Object.entries(checks).map(async ([title, command]) => {
      const { code, output } = await run(command, 'pipe', priority);
      const isFine = code === 0;
      totals[isFine ? 'passed' : 'failed'] += 1;
      console.log(isFine ? `ok: ${title}` : `${output}\nfailed: ${title} (${command.join(' ')})`);
    }),
  );
}

async function runVitest(config, args) {
  mkdirSync('.cache', { recursive: true });
  rmSync(report, { force: true });
  const reporters = ['--reporter=dot', '--reporter=json', `--outputFile.json=${report}`];
  const { code } = await run(['vitest', 'run', `--config=${config}`, ...reporters, ...args], 'inherit');
  const { passed, failed } = countTests();
  totals.passed += passed;
  totals.failed += failed === 0 && code !== 0 ? 1 : failed;
}

function countTests() {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(report, 'utf8'));
    const unloaded = testResults.filter((file) => file.status === 'failed' && file.assertionResults.length === 0).length;
    return { passed: numPassedTests, failed: numFailedTests + unloaded };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

function run([command, ...args], stdio, priority) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', stdio, stdio], shell: process.platform === 'win32' });
    // What it starts itself has the same; without a pid it could not be started.
    if (priority !== undefined && child.pid !== undefined) setPriority(child.pid, priority);
    let output = '';
    child.stdout?.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr?.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', (error) => resolve({ code: 1, output: String(error) }));
    child.on('close', (code) => resolve({ code: code ?? 1, output }));
  });
}
