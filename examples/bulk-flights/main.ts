/**
 * A thousand slices of work at once: 20,000 real flights are tallied in a thousand steps on four servers, and one step adds them
 * up. Run it with `npx tsx examples/bulk-flights/main.ts`.
 */

import { connect, remote, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import { addUp, readFlights, tally } from './delays.ts';
import type { functions } from './functions.ts';

const slices = 1_000;
const fn = remote<typeof functions>();

await using fleet = await startFleet(
  new URL('functions.ts', import.meta.url),
  ['north', 'east', 'south', 'west'].map((name) => ({ name, resources: [] })),
);
await using client = await connect(fleet.servers.map(({ url }) => url));

const flights = await client.call(fn('flights.count'), []);
const bulk = workflow('bulk', ({ step }) => {
  const borders = Array.from({ length: slices + 1 }, (_, at) => Math.round((at * flights) / slices));
  const tallies = borders.slice(1).map((to, at) => step(`slice ${at}`, fn('flights.tally'), [borders[at] ?? 0, to]));
  return step('add up', fn('flights.addUp'), [tallies]);
});

const startMs = performance.now();
const run = client.run(bulk);
const stepsOf = new Map<string, number>();
for await (const event of run.events) {
  if (event.kind !== 'step.settled' || event.server === undefined) continue;
  stepsOf.set(event.server, (stepsOf.get(event.server) ?? 0) + 1);
}
const airports = await run.result;
const tookMs = performance.now() - startMs;

console.log(
  `${slices} slices of ${flights} flights and one sum took ${tookMs.toFixed(0)} ms: ${((slices / tookMs) * 1_000).toFixed(0)} steps a second`,
);
for (const [server, steps] of [...stepsOf].toSorted()) console.log(`  ${server.padEnd(6)} ${steps} steps`);

console.log('\nThe busiest airports, and how late their flights arrive on average:');
for (const { origin, flights: count, minutesLate } of airports.slice(0, 5)) {
  console.log(`  ${origin}  ${String(count).padStart(5)} flights  ${(minutesLate / count).toFixed(1).padStart(5)} min`);
}

const alone = addUp(tally(await readFlights()));
console.log(`\nOne process that reads them all comes to the same: ${JSON.stringify(alone) === JSON.stringify(airports)}`);
