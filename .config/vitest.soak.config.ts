/**
 * The long tests: unscaled times, churn, memory over minutes. One at a time, never part of `npm test`. Beside them the
 * property tests of the pure rooms, on a seed that differs from run to run: HEDDLE_TEST_SEED runs one again.
 */
import { randomInt } from 'node:crypto';
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const seed = process.env['HEDDLE_TEST_SEED'] ?? `${randomInt(2 ** 31)}`;
console.log(`HEDDLE_TEST_SEED=${seed}`);
const root = resolve(import.meta.dirname, '..');

export default defineConfig({
  root,
  cacheDir: resolve(root, '.cache/vite'),
  resolve: { alias: [{ find: /^heddle$/, replacement: resolve(root, 'src/index.ts') }] },
  test: {
    include: ['test/**/*.soak.ts', 'test/{base,core,wire}/**/*.test.ts'],
    setupFiles: [resolve(import.meta.dirname, 'vitest.setup.ts')],
    env: { HEDDLE_TEST_SEED: seed },
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 3_600_000,
    hookTimeout: 180_000,
  },
});
