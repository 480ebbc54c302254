/**
 * The order of test files: those known to take longest first, so that no worker is left with one of them at the end while the
 * others have nothing to do. Vitest itself knows only what a run before this one took, which a fresh clone has not got.
 */
import type { TestSpecification } from 'vitest/node';
import { BaseSequencer } from 'vitest/node';

/** By what they took, the longest first; a file that is not here stands after them, the larger the sooner. */
const longest = [
  'test/e2e/examples.test.ts',
  'test/e2e/floods.test.ts',
  'test/e2e/snippets.test.ts',
  'test/e2e/command-line-processes.test.ts',
  'test/e2e/dashboard.test.ts',
  'test/e2e/real-truth.test.ts',
  'test/e2e/failover.test.ts',
  'test/e2e/rolling-restart.test.ts',
  'test/sim/rows.test.ts',
  'test/sim/truth.test.ts',
  'test/sim/patterns.test.ts',
  'test/types/types.test.ts',
];

export class LongFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // Within their project: projects follow one another.
    return sorted
      .map((file, at) => ({ file, at }))
      .sort((a, b) => (a.file.project === b.file.project ? rankOf(a.file) - rankOf(b.file) : 0) || a.at - b.at)
      .map(({ file }) => file);
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = longest.findIndex((name) => moduleId.endsWith(`/${name}`));
  return rank < 0 ? longest.length : rank;
}
