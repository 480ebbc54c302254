/** A call never lies, with real processes: longer runs, of several seeds. Figures are printed. */
import { describe, expect, test } from 'vitest';
import { Stage } from './processes.ts';
import { RealTruthRun } from './real-truth.ts';

describe('`executed` is true under forty strikes', () => {
  const stages = new Map(['1', '2', '3'].map((seed) => [seed, new Stage()]));

  test.each([...stages])('of seed %s', async (seed, stage) => {
    const { problems, told, struck } = await new RealTruthRun(stage, seed).run(40);
    console.log(`seed ${seed}, ${struck.length} strikes:`, told);
    expect(problems).toEqual([]);
    expect(told['yes ok'] ?? 0).toBeGreaterThan(1_000);
  });
});
