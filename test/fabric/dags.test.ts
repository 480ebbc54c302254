import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dags, type Weather } from './dag-plans.ts';
import { problemsOf } from './dags.ts';

/** A sample; `npm run soak` plays hundreds (dags.soak.ts). */
const samples: readonly [Weather, number][] = [
  ['calm', 4],
  ['policies', 5],
  ['failing', 5],
  ['storm', 8],
];

describe('random workflows of up to 200 steps, against a reference that walks them one by one', () => {
  it.each(samples)('%s: values, outcomes, order, cancels and reasons are as they must be (R1 to R6)', async (weather, numRuns) => {
    const property = fc.asyncProperty(dags(weather), async (dag) => {
      expect(await problemsOf(dag)).toEqual([]);
    });
    await fc.assert(property, { numRuns, seed: 11, endOnFailure: true });
  });
});
