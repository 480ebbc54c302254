/**
 * A test with a fabric of its own in memory, on virtual time (fabric-world.ts), closed after it.
 */

import { test as base } from 'vitest';
import { FabricWorld } from './fabric-world.ts';

export { FabricWorld, WorldProcess } from './fabric-world.ts';

/** `test` with a world of its own. */
export const worldTest = base.extend<{ world: FabricWorld }>({
  // vitest reads the names of the fixtures used off this pattern
  // biome-ignore lint/correctness/noEmptyPattern: no other fixture is used
  world: async ({}, use) => {
    const world = new FabricWorld();
    await use(world);
    await world.close();
  },
});
