/** The world that the tests of whole fabrics run in. */
import { expect } from 'vitest';
import { worldTest as test } from './world.ts';

test('a server that stopped and starts again is another instance, as in production', async ({ world }) => {
  const instances: (string | undefined)[] = [];
  for (const _life of [1, 2, 3]) {
    const server = await world.start('server');
    instances.push(server.submit([]).runId.split('~')[1]);
    await world.settle(server.stop());
  }
  expect(new Set(instances).size).toBe(3);
});
