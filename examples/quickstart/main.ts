/**
 * The demo: four server processes find each other, a workflow runs across them, one of them is killed, and the next
 * run succeeds without it. Run it with `npm run demo`.
 */

import { connect, remote, workflow } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import { follow } from '../shared/follow.ts';
import type { functions } from './functions.ts';

console.log('Starting four servers, each a process of its own on a port that the system picks:\n');
await using fleet = await startFleet(new URL('functions.ts', import.meta.url), [
  { name: 'ada', resources: ['db'] },
  { name: 'bell', resources: ['cpu', 'gpu'] },
  { name: 'cray', resources: ['cpu', 'db'] },
  { name: 'dijkstra', resources: ['gpu'] },
]);
for (const { name, url, resources } of fleet.servers) console.log(`  ${name.padEnd(10)} ${url.padEnd(16)} ${resources.join(', ')}`);

// A workflow: steps that refer to each other's results. Each says what it needs, none says where it runs.
const fn = remote<typeof functions>();
const penguins = workflow('penguins', ({ step }) => {
  const birds = step('load', fn('penguins.load'), [], { need: ['db'] });
  const model = step('learn', fn('penguins.learn'), [birds.get('known')], { need: ['gpu'] });
  const guesses = step('guess', fn('penguins.guess'), [model, birds.get('unknown')], { need: ['cpu'] });
  return step('check', fn('penguins.check'), [guesses, birds.get('unknown')], { need: ['db'] });
});

await using client = await connect(fleet.servers.map(({ url }) => url));

console.log('\nA workflow learns three species of penguin, then guesses: load (db), learn (gpu), guess (cpu), check (db).\n');
const first = client.run(penguins);
const serverOf = await follow(first);
const { right, of } = await first.result;
console.log(`\n  ${right} of ${of} guesses are right.`);

const victim = fleet.servers.find(({ name }) => name === serverOf.get('learn'));
await victim?.kill();
console.log(`\nkill -9 ${victim?.name}: the process that ran "learn" is gone. The same workflow again:\n`);

const second = client.run(penguins);
await follow(second);
const again = await second.result;
console.log(`\n  ${again.right} of ${again.of} guesses are right again: the other servers took over.`);
