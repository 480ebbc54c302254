/**
 * The sweep: every pattern and every pair of disturbances, for many seeds.
 *
 * npm run sim -- --seeds 10            seeds 1 to 10, all sizes
 * npm run sim -- --seed 7 --pattern '3 cut a>b 25000'   one run again
 */

import { parseArgs } from 'node:util';

import { type Pattern, pairPatternsOf, patternsOf } from './patterns.ts';
import { replayLine, runPattern } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string' },
    pattern: { type: 'string' },
    sizes: { type: 'string', default: '2,3,4,5' },
  },
});
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${at + 1}`) : [values.seed];
let runs = 0;
let failed = 0;
let slowestMs = 0;
for (const size of values.sizes.split(',').map(Number)) {
  const patterns: readonly Pattern[] = [...patternsOf(size), ...(size <= 3 || values.pattern !== undefined ? pairPatternsOf(size) : [])];
  for (const pattern of patterns.filter(({ name }) => values.pattern === undefined || name === values.pattern)) {
    for (const seed of seeds) {
      runs += 1;
      const { problems, healedMs } = runPattern(pattern, seed);
      slowestMs = Math.max(slowestMs, healedMs ?? 0);
      if (problems.length === 0) continue;
      failed += 1;
      console.log(`${replayLine(pattern, seed)}\n  ${problems.slice(0, 3).join('\n  ')}`);
    }
  }
  console.log(`size ${size}: ${runs} runs so far, ${failed} failed, slowest healing ${Math.round(slowestMs)} ms`);
}
process.exitCode = failed > 0 ? 1 : 0;
