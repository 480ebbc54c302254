import { beforeEach, describe, expect } from 'vitest';
import { defineFunction } from '../../src/fabric/define.ts';
import { answers } from './runs.ts';
import { FabricWorld, worldTest as test } from './world.ts';

const where = defineFunction({ name: 'where', effect: 'pure', handler: (ctx) => ctx.server });

describe.each(['entry', 'direct'] as const)('shares with routing "%s"', (routing) => {
  beforeEach(() => {
    FabricWorld.routing = routing;
  });

  test('cases 18 and 27: two equal providers get 40-60 % of 1,000 calls in sequence', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two', { where });
    await world.start('three', { where });
    const client = await world.connect(one);
    const { two = 0, three = 0 } = await answers(world, () => client.call(where, []), 1_000);
    expect(two + three).toBe(1_000);
    expect(two).toBeGreaterThan(400);
    expect(two).toBeLessThan(600);
  });

  test('case 18: one that is 50 ms farther from whoever chooses gets clearly fewer', async ({ world }) => {
    const one = await world.start('one');
    await world.start('two', { where });
    await world.start('three', { where });
    const client = await world.connect(one);
    const [near, far] = routing === 'direct' ? ['client-1', 'one'] : ['one', 'client-1'];
    world.network.setDelay(near, 'three', 25);
    // What the other one sees counts for nothing.
    world.network.setDelay(far, 'two', 100);
    const { two = 0, three = 0 } = await answers(world, () => client.call(where, []), 300);
    expect(two + three).toBe(300);
    expect(three).toBeLessThan(30);
  });
});
