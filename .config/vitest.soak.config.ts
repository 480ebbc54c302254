/**
 * The long tests: unscaled times, churn, memory over minutes. One at a time, never part of `npm test`.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '..');

export default defineConfig({
  root,
  cacheDir: resolve(root, '.cache/vite'),
  resolve: { alias: [{ find: /^heddle$/, replacement: resolve(root, 'src/index.ts') }] },
  test: {
    include: ['test/**/*.soak.ts'],
    passWithNoTests: true,
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 3_600_000,
  },
});
