/**
 * Three servers for results that pass between them: `here` asks, `left` and `right` run the steps.
 */

import type { Functions, Server } from '../../src/fabric/api/api.ts';
import type { FabricWorld } from './world.ts';

export async function trio(world: FabricWorld, left: Functions, right: Functions, tuning = {}) {
  const here = await world.start('here');
  return { here, left: await world.start('left', left, { tuning }), right: await world.start('right', right) };
}

/** What a server says about the results that it keeps, from now on; with `hasBytes` their sizes too. */
export function shelf(server: Server, { hasBytes = false } = {}): readonly string[] {
  const said: string[] = [];
  for (const kind of ['result.parked', 'result.spilled', 'result.released', 'lease.expired'] as const)
    server.on(kind, ({ value, bytes }) => void said.push(hasBytes ? `${kind} ${value} ${bytes}` : `${kind} ${value}`));
  return said;
}
