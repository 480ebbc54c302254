/**
 * More histories of calls and faults than `npm test` has time for.
 *
 * npm run sim:truth -- --seeds 100     seeds 1 to 100, a thousand calls each
 * npm run sim:truth -- --seed 7        one again, with all that it found
 */

import { parseArgs } from 'node:util';
import { runTruth } from './truth.ts';

const { values } = parseArgs({ options: { seeds: { type: 'string', default: '20' }, seed: { type: 'string' } } });
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${at + 1}`) : [values.seed];
const total: Record<string, number> = {};
let failed = 0;
for (const seed of seeds) {
  const { problems, verdicts } = await runTruth({ seed, calls: 1_000, hasFaults: true });
  for (const [verdict, count] of Object.entries(verdicts)) total[verdict] = (total[verdict] ?? 0) + count;
  failed += problems.length;
  for (const problem of problems) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${seeds.length} histories, ${failed} lies`, total);
process.exitCode = failed > 0 ? 1 : 0;
