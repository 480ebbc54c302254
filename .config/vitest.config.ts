/**
 * Everything in this process on threads first, then what starts server processes, last what harms those.
 * The files of a worker share the modules that they load: to load them anew for each of 200 files costs half of all the
 * time. A file that counts the heap or the handles of its process, or loads other test files, has a world of its own (`apart`).
 * Real processes wait as much as they compute: three files at a time keep two cores busy (110 s; two took 134). Those that tell
 * a slow server from a lost one share them with nothing else. A wait's bound is generous: a test fails only if the awaited event
 * never comes. Under a loaded machine what computes for five seconds takes a minute.
 */
import { resolve } from 'node:path';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './long-first.ts';

const root = resolve(import.meta.dirname, '..');
const withProcesses = ['test/e2e/**/*.test.ts', 'test/examples/**/*.test.ts'];
const harmful = ['test/e2e/{faults,hosts,mesh-faults}.test.ts'];
const apart = [
  'test/fabric/direct-suites.test.ts',
  'test/fabric/server.test.ts',
  'test/stories/aborted-calls.test.ts',
  'test/testing/**/*.test.ts',
  'test/transport/grpc-faults.test.ts',
];
const onThreads = {
  pool: 'threads',
  maxWorkers: 2,
  testTimeout: 120_000,
  hookTimeout: 120_000,
  sequence: { groupOrder: 0 },
} as const;
const onForks = (maxWorkers: number) => ({ pool: 'forks', maxWorkers, isolate: false, testTimeout: 180_000, hookTimeout: 180_000 }) as const;

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
    sequence: { sequencer: LongFirst },
    setupFiles: [resolve(import.meta.dirname, 'vitest.setup.ts')],
    coverage: { include: ['src/**/*.ts'], reportsDirectory: 'coverage' },
    projects: [
      {
        extends: true,
        test: {
          name: 'inside',
          include: ['test/**/*.test.ts'],
          exclude: [...withProcesses, ...apart],
          ...onThreads,
          isolate: false,
        },
      },
      { extends: true, test: { name: 'apart', include: apart, ...onThreads } },
      { extends: true, test: { name: 'processes', include: withProcesses, exclude: harmful, ...onForks(3), sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: 'harm', include: harmful, ...onForks(1), sequence: { groupOrder: 2 } } },
    ],
  },
});
