/**
 * Servers across the edge between a full mesh and rings: calls, and drains, over links that come and go.
 */

import { describe, expect } from 'vitest';
import type { Server } from '../../src/fabric/api/api.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const nameOf = (at: number): string => `s${`${at}`.padStart(2, '0')}`;

async function start(world: FabricWorld, from: number, to: number): Promise<readonly Server[]> {
  const servers: Server[] = [];
  for (let at = from; at < to; at += 1) servers.push(await world.start(nameOf(at), { where: () => nameOf(at) }));
  return servers;
}

describe('servers around the edge of a full mesh', () => {
  test('lose no call while the tenth to the twelfth come and go', async ({ world }) => {
    const servers = [...(await start(world, 0, 9))];
    const client = await world.connect(...servers.slice(0, 1));
    const answers: Promise<unknown>[] = [];
    const callAll = async (targets: number): Promise<void> => {
      for (let at = 0; at < targets; at += 1) answers.push(client.call('where', [], { target: nameOf(at) }));
      await world.advance(50);
    };
    await callAll(9);
    for (let at = 9; at < 12; at += 1) {
      servers.push(...(await start(world, at, at + 1)));
      await callAll(at + 1);
    }
    // Long enough for every link that is no mesh link any more to close.
    for (let turn = 0; turn < 3; turn += 1) {
      await world.advance(30_000);
      await callAll(12);
    }
    for (let at = 11; at >= 9; at -= 1) {
      await world.settle(servers[at]?.drain() ?? Promise.resolve());
      await callAll(9);
    }
    const settled = await world.settle(Promise.allSettled(answers));
    expect(settled.filter(({ status }) => status === 'rejected')).toEqual([]);
    expect(settled.length).toBe(9 + 10 + 11 + 12 + 3 * 12 + 3 * 9);
  });

  test('are drained over any other one, with a link or without', async ({ world }) => {
    const [first] = await start(world, 0, 12);
    if (!first) throw new Error('no server');
    await world.advance(70_000);
    const client = await world.connect(first);
    for (let at = 11; at >= 8; at -= 1) expect(await world.settle(client.drain(nameOf(at)))).toMatchObject({ server: nameOf(at) });
  });
});
