/**
 * Two groups, one after the other: everything in this process on threads, then what starts server processes.
 * Real processes share two cores with nothing else, and a wait's bound is generous: a test fails only if the
 * awaited event never comes. Under a loaded machine what computes for five seconds takes a minute.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = resolve(import.meta.dirname, '..');
const withProcesses = ['test/e2e/**/*.test.ts', 'test/examples/**/*.test.ts'];

export default defineConfig({
  root,
  cacheDir: resolve(root, '.cache/vite'),
  resolve: {
    alias: [
      { find: /^heddle$/, replacement: resolve(root, 'src/index.ts') },
      { find: /^heddle\/testing$/, replacement: resolve(root, 'src/testing.ts') },
    ],
  },
  test: {
    setupFiles: [resolve(import.meta.dirname, 'vitest.setup.ts')],
    coverage: { include: ['src/**/*.ts'], reportsDirectory: 'coverage' },
    projects: [
      {
        extends: true,
        test: {
          name: 'inside',
          include: ['test/**/*.test.ts'],
          exclude: withProcesses,
          pool: 'threads',
          maxWorkers: 2,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'processes',
          include: withProcesses,
          pool: 'forks',
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
