/** Purchases under real kills, round after round: two of three servers die while thirty buy what is there twelve times. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { connect } from '../../src/index.ts';
import { within } from '../within.ts';
import { Stage } from './processes.ts';
import { buy, wrongIn } from './saga.ts';

const functions = fileURLToPath(new URL('saga-functions.ts', import.meta.url));
const rounds = 10;
const stage = new Stage();

test('purchases whose servers are killed leave of each order everything or nothing, and never oversell', async () => {
  const desk = await stage.serve('desk');
  const client = await connect(desk.url);
  const orders = Array.from({ length: 30 }, (_, at) => `order-${at + 1}`);
  for (let round = 1; round <= rounds; round += 1) {
    const names = ['one', 'two', 'three'].map((name) => `${name}-${round}`);
    const servers = await Promise.all(names.map((name) => stage.serve(name, functions, '--resource', 'shop', '--join', desk.url)));
    await within('all are known', 4_000, async () => (await client.members()).filter(({ name }) => names.includes(name)).length === 3);
    const folder = await mkdtemp(join(tmpdir(), 'heddle-saga-'));
    const strike = async (name: string): Promise<void> => {
      const first = names.indexOf(name);
      await servers[first]?.process.kill('SIGKILL');
      await pause(round * 15);
      await servers[(first + 1) % 3]?.process.kill('SIGKILL');
    };
    const ends = await buy(client, { folder, orders, timeoutMs: 3_000, strike });
    expect(await wrongIn(folder, ends)).toEqual([]);
    await rm(folder, { recursive: true, force: true });
    const failed = [...ends.values()].flatMap((end) => end?.failed ?? []);
    process.stderr.write(`round ${round}: ${orders.length - failed.length} bought, failed at ${[...new Set(failed)].join(', ')}\n`);
    await Promise.all(servers.map((server) => server.process.kill('SIGKILL')));
  }
  await client.close();
}, 600_000);
