import { describe, expect, test } from 'vitest';

import type { MeshRules } from '../../src/core/gossip/state.ts';
import { runSwarm, shrinkSwarm, swarmPlan } from './swarm.ts';

const sizeMax = 14;

function problemsOf(seed: number, rules?: Partial<MeshRules>): readonly string[] {
  const { problems } = runSwarm(swarmPlan({ seed: `${seed}`, sizeMax }), { rules });
  return problems.length === 0 ? [] : [`npm run sim -- --seed ${seed} --size ${sizeMax}   # ${problems[0]}`];
}

describe('a fabric of random size and settings under random faults', () => {
  test('keeps every invariant, and is one again after the last fault (a sample; npm run sim -- --seeds 200 for more)', () => {
    const seeds = Array.from({ length: 20 }, (_, at) => at + 101);
    expect(seeds.flatMap((seed) => problemsOf(seed))).toEqual([]);
  });

  test('leaves the same trace under the same seed, and another under another (M10)', () => {
    const traceOf = (seed: string): string => runSwarm(swarmPlan({ seed, sizeMax }), { isTraced: true }).trace;
    expect(traceOf('3')).toBe(traceOf('3'));
    expect(traceOf('3')).not.toBe(traceOf('4'));
  });
});

/** Members at the most, and seeds up to the one that catches it; patterns.test.ts has those that a pattern catches at once. */
const controls = [
  ['does not heal', { heals: false }, { size: 10, seeds: 1 }],
  ['does not refute', { canRefute: false }, { size: 14, seeds: 8 }],
  ['convicts on the word of one', { needsQuorum: false }, { size: 14, seeds: 4 }],
  ['blames others for a stall of its own', { shiftsDeadlines: false }, { size: 10, seeds: 16 }],
  ['passes on what it has passed on already', { floodsOnce: false }, { size: 10, seeds: 8 }],
  ['lets what is final go on', { isFinalFinal: false }, { size: 10, seeds: 10 }],
] as const;

describe('the swarm catches a member that', () => {
  test.each(controls)('%s', (_what, rules, { size, seeds }) => {
    // Only the last of them is run here: those before it cost time and find nothing.
    const plan = swarmPlan({ seed: `${seeds}`, sizeMax: size });
    expect(runSwarm(plan, { rules }).problems).not.toEqual([]);
    expect(runSwarm(plan).problems).toEqual([]);
  });

  test('fails, in a plan made small, still in the same way', async () => {
    const plan = swarmPlan({ seed: '16', sizeMax: 10 });
    const small = await shrinkSwarm(plan, { shiftsDeadlines: false });
    expect(plan.faults.length).toBeGreaterThan(5);
    expect(small.faults.length).toBeLessThanOrEqual(2);
    expect(runSwarm(small, { rules: { shiftsDeadlines: false } }).problems[0]).toMatch(/^F1 /);
  });
});
