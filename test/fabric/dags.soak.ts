/** The random workflows of dags.test.ts by the hundred, on a seed that differs from run to run (HEDDLE_TEST_SEED runs one again). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dags, type Weather } from './dag-plans.ts';
import { problemsOf } from './dags.ts';

const seed = Number(process.env['HEDDLE_TEST_SEED'] ?? 1);

describe('random workflows of up to 200 steps, against a reference that walks them one by one', () => {
  it.each<[Weather, number]>([
    ['calm', 200],
    ['policies', 300],
    ['failing', 300],
    ['storm', 600],
  ])('%s: values, outcomes, order, cancels and reasons are as they must be (R1 to R6)', async (weather, numRuns) => {
    const property = fc.asyncProperty(dags(weather), async (dag) => {
      expect(await problemsOf(dag)).toEqual([]);
    });
    await fc.assert(property, { numRuns, seed, endOnFailure: true });
  });
});
