/**
 * Ten servers start at once without a single configured port: each announces its own from a callback, once it listens,
 * and all end up in one fabric. Run it with `npx tsx examples/auto-port-bootstrap/main.ts`.
 */

import { connect } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import type { functions } from './functions.ts';

const names = Array.from({ length: 10 }, (_, index) => `server-${index}`);
const endpoints = new Map<string, string>();

await using fleet = await startFleet(
  new URL('functions.ts', import.meta.url),
  names.map((name) => ({ name, resources: [] })),
  {
    onListening: ({ name }, url) => {
      endpoints.set(name, url);
      console.log(`${name} listens on ${url}`);
    },
  },
);
console.log(`\n${endpoints.size} endpoints collected, ${new Set(endpoints.values()).size} of them different`);

await using client = await connect<typeof functions>([...endpoints.values()]);
console.log(`one fabric of ${(await client.members()).length} servers\n`);

for (const { name: target } of fleet.servers) {
  const { server, pid } = await client.call('whoami', [], { target });
  console.log(`${server} answers from process ${pid}`);
}
