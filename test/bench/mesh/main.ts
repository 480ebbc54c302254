/**
 * `npm run bench:mesh [-- --members 3,50,100] [--only heddle] [--json] [--quick]`: Heddle's mesh and Moleculer's TCP mesh, each
 * with its defaults and every server a process of its own, put through the same script on this machine, one after the
 * other. Target M3: a new function is known to all in a tenth of the time, a killed server avoided by all in a fifth.
 */

import { parseArgs } from 'node:util';
import { whyNoNamespaces } from '../../e2e/namespaces.ts';
import { installPeers } from '../peers.ts';
import { buildMembers, type MeshName } from './crew.ts';
import { type Figures, type Lengths, perform } from './script.ts';
import { tableOf } from './table.ts';
import { World } from './world.ts';

const { values } = parseArgs({
  options: {
    members: { type: 'string', default: '3,50,100' },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
  },
});
const full: Lengths = { offers: 5, kills: 5, stops: 2, windowMs: 30_000, capMs: 60_000 };
const quick: Lengths = { offers: 2, kills: 2, stops: 1, windowMs: 8_000, capMs: 30_000 };
const contestants: readonly MeshName[] = ['heddle', 'moleculer'];

const sizes = values.members.split(',').map(Number);
if (sizes.some((size) => !Number.isInteger(size) || size < 3 || size > 500))
  fail(`--members ${values.members}: wanted sizes from 3 to 500, such as 3,50,100`);
const wanted = contestants.filter((name) => values.only === undefined || values.only === name);
if (wanted.length === 0) fail(`--only ${values.only}: wanted ${contestants.join(' or ')}`);

const noNamespaces = whyNoNamespaces();
const notes = noNamespaces === undefined ? [] : [`no link is cut: ${noNamespaces}`];
const hasPeers = installPeers();
if (!hasPeers) notes.push('Moleculer: skipped, it could not be installed');
buildMembers();
const results: { readonly members: number; readonly figures: Partial<Record<MeshName, Figures>> }[] = [];
for (const members of sizes) {
  const figures: Partial<Record<MeshName, Figures>> = {};
  for (const whose of wanted) if (whose === 'heddle' || hasPeers) figures[whose] = await performWith(whose, members);
  results.push({ members, figures });
  if (!values.json) process.stdout.write(tableOf(members, figures));
}
if (values.json) process.stdout.write(`${JSON.stringify({ node: process.version, notes, results }, null, 2)}\n`);
else for (const note of notes) process.stdout.write(`${note}\n`);

async function performWith(whose: MeshName, members: number): Promise<Figures> {
  const say = (text: string): void => void process.stderr.write(`${members} ${whose}: ${text}\n`);
  const world = new World({ whose, members, hasNamespaces: noNamespaces === undefined, onProgress: say });
  const leave = (): void => void world.close().then(() => process.exit(130));
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, leave);
  try {
    return await perform(world, values.quick ? quick : full, say);
  } finally {
    await world.close();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, leave);
  }
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`);
  process.exit(2);
}
