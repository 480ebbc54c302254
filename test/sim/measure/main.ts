/**
 * The table of M1, M2 and M4: the mesh, and SWIM with Lifeguard (a model, swim-member.ts) on the same harness.
 *
 * npm run sim:measure                              1,000 members, seeds 1 to 3
 * npm run sim:measure -- --sizes 50,1000,10000 --seeds 5 --only heddle
 * npm run sim:measure -- --rows news,silence,cost,heal
 */

import { parseArgs } from 'node:util';

import { contenders, measureRow, type RowName, rowNames } from './rows.ts';

const { values } = parseArgs({
  options: {
    sizes: { type: 'string', default: '1000' },
    seeds: { type: 'string', default: '3' },
    seed: { type: 'string' },
    only: { type: 'string' },
    rows: { type: 'string', default: rowNames.join(',') },
    loss: { type: 'string' },
  },
});
const seeds = values.seed === undefined ? Array.from({ length: Number(values.seeds) }, (_, at) => `${at + 1}`) : [values.seed];
const rows = values.rows.split(',');
const unknown = rows.filter((row) => !rowNames.some((name) => name === row));
if (unknown.length > 0) {
  console.error(`unknown row ${unknown.join(', ')}; there are ${rowNames.join(', ')}`);
  process.exit(2);
}
const loss = values.loss === undefined ? undefined : Number(values.loss);
console.log('virtual time; a LAN of 0.2 to 1.2 ms one way; ~ before a time: not everybody came to it within the time watched');
for (const size of values.sizes.split(',').map(Number)) {
  for (const [name, make] of Object.entries(contenders)) {
    if (values.only !== undefined && values.only !== name) continue;
    for (const seed of seeds) {
      for (const line of measureRow(make({ size, seed, loss }), { seed, rows: rows as RowName[] }))
        console.log(`${name.padEnd(10)} N=${`${size}`.padEnd(6)} seed ${seed.padEnd(3)} ${line}`);
    }
  }
}
