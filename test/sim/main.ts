/**
 * The long runs of the mesh: the swarm, the enumerated patterns, the rows of the fault page.
 *
 * npm run sim -- --seeds 200                         the swarm: seeds 1 to 200, random sizes, settings and faults
 * npm run sim -- --seeds 200 --kinds kill,pause      only these faults
 * npm run sim -- --seed 7                            one of them again; --plan '<json>' as a failing one prints it
 * npm run sim -- --patterns --seeds 10               every pattern and every pair of disturbances, small sizes
 * npm run sim -- --seed 7 --pattern '3 cut a>b 25000'
 */

import { parseArgs } from 'node:util';

import { checkFaults, type FaultKind, faultKinds } from '../../src/testing/faults.ts';
import { type Pattern, pairPatternsOf, patternsOf } from './patterns.ts';
import { replayLine, runPattern } from './run.ts';
import { runSwarm, type SwarmPlan, shrinkSwarm, swarmPlan } from './swarm.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    size: { type: 'string', default: '50' },
    plan: { type: 'string' },
    kinds: { type: 'string' },
    patterns: { type: 'boolean', default: false },
    pattern: { type: 'string' },
    sizes: { type: 'string', default: '2,3,4,5' },
  },
});
const first = Number(values.from);
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${first + at}`) : [values.seed];
const failed = values.patterns || values.pattern !== undefined ? runPatterns() : await runSwarms();
process.exitCode = failed > 0 ? 1 : 0;

async function runSwarms(): Promise<number> {
  const kinds = values.kinds === undefined ? undefined : readKinds(values.kinds);
  let failing = 0;
  let slowestMs = 0;
  for (const seed of seeds) {
    const drawn = swarmPlan({ seed, sizeMax: Number(values.size), kinds });
    const plan = values.plan === undefined ? drawn : readPlan(values.plan, seed);
    const { problems, healedMs } = runSwarm(plan);
    slowestMs = Math.max(slowestMs, healedMs ?? 0);
    if (problems.length === 0) continue;
    failing += 1;
    const small = values.plan === undefined ? await shrinkSwarm(plan) : plan;
    const { seed: _, ...rest } = small;
    console.log(`npm run sim -- --seed ${seed} --plan '${JSON.stringify(rest)}'`);
    console.log(`  ${plan.servers.length} members, ${plan.faults.length} faults: ${problems.slice(0, 3).join('\n  ')}`);
  }
  console.log(`${seeds.length} seeds, ${failing} failed, slowest healing ${Math.round(slowestMs)} ms`);
  return failing;
}

function readKinds(text: string): readonly FaultKind[] {
  const wanted = text.split(',');
  const kinds = faultKinds.filter((kind) => wanted.includes(kind));
  if (kinds.length === wanted.length) return kinds;
  console.error(`--kinds takes some of ${faultKinds.join(', ')}; found ${text}`);
  process.exit(2);
}

function readPlan(text: string, seed: string): SwarmPlan {
  const { servers, faults } = JSON.parse(text) as Omit<SwarmPlan, 'seed'>;
  return { seed, servers, faults: checkFaults(faults, servers) };
}

function runPatterns(): number {
  let runs = 0;
  let failing = 0;
  let slowestMs = 0;
  for (const size of values.sizes.split(',').map(Number)) {
    const patterns: readonly Pattern[] = [...patternsOf(size), ...(size <= 3 || values.pattern !== undefined ? pairPatternsOf(size) : [])];
    for (const pattern of patterns.filter(({ name }) => values.pattern === undefined || name === values.pattern)) {
      for (const seed of seeds) {
        runs += 1;
        const { problems, healedMs } = runPattern(pattern, seed);
        slowestMs = Math.max(slowestMs, healedMs ?? 0);
        if (problems.length === 0) continue;
        failing += 1;
        console.log(`${replayLine(pattern, seed)}\n  ${problems.slice(0, 3).join('\n  ')}`);
      }
    }
    console.log(`size ${size}: ${runs} runs so far, ${failing} failed, slowest healing ${Math.round(slowestMs)} ms`);
  }
  return failing;
}
