/**
 * Streams both ways: one server reads a file line by line, another counts words as the lines come, and both wait for whoever
 * reads them. Run it with `npx tsx examples/live-words/main.ts`.
 */

import { fileURLToPath } from 'node:url';
import { connect } from 'heddle';
import { startFleet } from '../shared/fleet.ts';
import { functions } from './functions.ts';

await using fleet = await startFleet(new URL('functions.ts', import.meta.url), [
  { name: 'disk', resources: ['files'] },
  { name: 'reader', resources: ['cpu'] },
]);
await using client = await connect<typeof functions>(fleet.servers.map(({ url }) => url));

const path = fileURLToPath(new URL('../../README.md', import.meta.url));
const text = client.stream(functions.lines, [path], { need: ['files'] });
for await (const { lines, top } of client.stream(functions.count, [50, text], { need: ['cpu'] })) {
  console.log(`${String(lines).padStart(4)} lines: ${top.map(([word, times]) => `${word} ${times}`).join(', ')}`);
}

// Whoever has heard enough leaves the loop: the file is closed at the other end.
for await (const line of client.stream('file.lines', [path])) {
  if (line.trim() === '') continue;
  console.log(`\nIts first line: ${line.trim()}`);
  break;
}
