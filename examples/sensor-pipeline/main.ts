/**
 * A pipeline over real sensor data, on five server processes: ingest, clean, find anomalies, aggregate, report.
 *
 * The weather file is clean, so dirty rows are planted (seeded and counted), and the report says how many of them the
 * pipeline found. Run it with `npx tsx examples/sensor-pipeline/main.ts`.
 */

import { connect, remote, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import { follow } from '../shared/follow.ts';
import type { functions } from './functions.ts';
import { printReport } from './print.ts';

const fn = remote<typeof functions>();

const pipeline = workflow('sensor-pipeline', ({ step }) => {
  const raw = step('ingest', fn('weather.ingest'), [], { need: ['disk'] });
  const dirty = step('plant', fn('weather.plant'), [raw, { seed: 0.42, each: 20 }], { need: ['disk'] });
  const clean = step('clean', fn('weather.clean'), [dirty.get('rows')], { need: ['cpu'] });
  const readings = clean.get('readings');
  const anomalies = [
    step('detect Seattle', fn('weather.detect'), [readings, 'Seattle'], { need: ['cpu'] }),
    step('detect New York', fn('weather.detect'), [readings, 'New York'], { need: ['cpu'] }),
  ];
  const months = step('aggregate', fn('weather.aggregate'), [readings, anomalies], { need: ['db'] });
  const findings = { planted: dirty.get('planted'), rejected: clean.get('rejected'), anomalies, months };
  return step('report', fn('weather.report'), [findings], { need: ['db'] });
});

await using fleet = await startFleet(new URL('functions.ts', import.meta.url), [
  { name: 'station', resources: ['disk'] },
  { name: 'cpu-1', resources: ['cpu'] },
  { name: 'cpu-2', resources: ['cpu'] },
  { name: 'db-1', resources: ['db'] },
  { name: 'db-2', resources: ['db'] },
]);
await using client = await connect(fleet.servers.map(({ url }) => url));

console.log('Steps:');
const run = client.run(pipeline);
await follow(run);
printReport(await run.result);
