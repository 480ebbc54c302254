/**
 * The rows of the fault page over many seeds, as a table; a seed that fails is named by the line that runs it again.
 *
 * npm run sim:rows                                  every row, seeds 1 to 200, 2 to 50 members
 * npm run sim:rows -- --rows 9,11,12a --seeds 20    some of them; --from N begins at another seed
 * npm run sim:rows -- --rows 34 --members 1000 --seeds 5
 * npm run sim:rows -- --rows 12a,12b --hours 50     row 12 with 50 member-hours a seed: 10,000 in all
 * npm run sim:rows -- --rows 9 --seed 7             one seed again, with all that it found
 */

import { parseArgs } from 'node:util';

import { runRow } from './row.ts';
import { faultRows } from './rows.ts';
import { lossyHours } from './weather-rows.ts';

/** Row 12: as many as 10,000 member-hours may have; of less time, one is no proof of more. */
const falseDeadsPerHour = 10 / 10_000;
/** A row that counts hours is spoken of after every seed, others now and then: what was stopped half-way has its figures. */
const sayEverySeeds = 20;

interface Found {
  played: number;
  failed: number;
  memberHours: number;
  falseDeads: number;
}

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: faultRows.map(({ row }) => row).join(',') },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    size: { type: 'string', default: '50' },
    members: { type: 'string' },
    hours: { type: 'string' },
  },
});
const wanted = values.rows.split(',');
const unknown = wanted.filter((row) => !faultRows.some((known) => known.row === row));
if (unknown.length > 0) {
  console.error(`unknown row ${unknown.join(', ')}; there are ${faultRows.map(({ row }) => row).join(', ')}`);
  process.exit(2);
}
if (values.hours !== undefined) lossyHours.perSeed = Number(values.hours);
const members = values.members === undefined ? undefined : Number(values.members);
const first = Number(values.from);
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${first + at}`) : [values.seed];

console.log('row   seeds  failed  what');
let failing = 0;
for (const row of faultRows.filter((one) => wanted.includes(one.row))) {
  const found: Found = { played: 0, failed: 0, memberHours: 0, falseDeads: 0 };
  const lines: string[] = [];
  for (const seed of seeds) {
    const { problems, tally } = await runRow(row, { seed, sizeMax: Number(values.size), members });
    found.memberHours += tally.memberHours;
    found.falseDeads += tally.falseDeads;
    found.played += 1;
    found.failed += problems.length === 0 ? 0 : 1;
    if (found.memberHours > 0 || found.played % sayEverySeeds === 0) say(row.row, seed, found);
    if (problems.length === 0) continue;
    const again = members === undefined ? '' : ` --members ${members}`;
    lines.push(
      `      npm run sim:rows -- --rows ${row.row} --seed ${seed}${again}   # ${problems.slice(0, seeds.length === 1 ? 10 : 1).join('\n        ')}`,
    );
  }
  const { failed, memberHours, falseDeads } = found;
  const isTooMany = falseDeads > Math.max(1, memberHours * falseDeadsPerHour);
  failing += failed + (isTooMany ? 1 : 0);
  const deads = memberHours === 0 ? '' : `; ${falseDeads} false deads in ${memberHours.toFixed(0)} member-hours`;
  console.log(`${row.row.padEnd(5)} ${`${seeds.length}`.padStart(5)}  ${`${failed}`.padStart(6)}  ${row.what}${deads}`);
  for (const line of lines.slice(0, 3)) console.log(line);
}
process.exitCode = failing > 0 ? 1 : 0;

function say(row: string, seed: string, { played, failed, memberHours, falseDeads }: Found): void {
  const deads = memberHours === 0 ? '' : `, ${falseDeads} false deads in ${memberHours.toFixed(0)} member-hours`;
  console.error(`      row ${row}, seed ${seed}: ${played} seeds, ${failed} failed${deads}`);
}
