/**
 * More histories of calls and faults than `npm test` has time for.
 *
 * npm run sim:truth -- --seeds 100            seeds 1 to 100, a thousand calls and more each
 * npm run sim:truth -- --seeds 100 --from 21  seeds 21 to 120
 * npm run sim:truth -- --seed 7               one again, with all that it found
 * npm run sim:truth -- --mixed                with hedged calls, calls of calls over three hops, versions of different effect, and servers that drain
 */

import { parseArgs } from 'node:util';
import { runTruth } from './truth.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '20' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    mixed: { type: 'boolean' },
  },
});
const first = Number(values.from);
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${first + at}`) : [values.seed];
const totals = { verdicts: {}, maybes: {}, faults: {} } as Record<'verdicts' | 'maybes' | 'faults', Record<string, number>>;
let [failed, calls, gone] = [0, 0, 0];
for (const seed of seeds) {
  const report = await runTruth({ seed, calls: 1_000, hasFaults: true, isMixed: values.mixed });
  for (const [table, total] of Object.entries(totals)) {
    for (const [key, count] of Object.entries(report[table as keyof typeof totals])) total[key] = (total[key] ?? 0) + count; // its own keys
  }
  failed += report.problems.length;
  calls += report.calls;
  gone += report.gone;
  for (const problem of report.problems) console.log(`seed ${seed}: ${problem}`);
}
console.log(`${seeds.length} histories, ${calls} calls, ${gone} of callers that were killed, ${failed} lies`, totals);
process.exitCode = failed > 0 ? 1 : 0;
