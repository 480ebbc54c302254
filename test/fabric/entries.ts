/** A client behind two entry servers, for tests of what becomes of its calls when the first is lost. */

import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import type { FabricWorld } from './fabric-world.ts';

type Functions = Parameters<FabricWorld['start']>[1];

/** The entries `first` and `second`, then these servers, then a client of the entries, when none of them is young any more. */
export async function behindEntries<const Name extends string>(world: FabricWorld, servers: Readonly<Record<Name, Functions>>) {
  const first = await world.start('first');
  const second = await world.start('second');
  const started: Partial<Record<Name, Awaited<ReturnType<FabricWorld['start']>>>> = {};
  for (const name of Object.keys(servers) as Name[]) started[name] = await world.start(name, servers[name]);
  const client = await world.connect(first, second);
  await world.advance(newsMsMax);
  return { first, second, client, servers: started as Required<typeof started> };
}

/** The server is lost, with the entry `first` before it has said so; the second entry knows that it has gone. */
export async function loseWithFirst(world: FabricWorld, second: Awaited<ReturnType<FabricWorld['start']>>, server: string): Promise<void> {
  world.network.weather.setDelay('client-1', 'first', 3_000);
  world.kill(server);
  await world.until('the second knows', async () => (await second.catalog()).length === 1);
  world.kill('first');
  world.breakLinks('client-1');
}
