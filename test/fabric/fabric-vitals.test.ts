import { describe, expect } from 'vitest';
import { readVitals } from '../../src/fabric/client/vitals-inspection.ts';
import { worldTest as test } from './world.ts';

const functions = { same: (x: number) => x };

describe('the vitals of a fabric', () => {
  test('are those of every server, with its links and the calls that it ran, asked for over any of them', async ({ world }) => {
    const one = await world.start('one', functions);
    const two = await world.start('two');
    await world.start('three');
    const client = await world.connect(two);
    const first = await world.settle(readVitals(client));
    expect(first.map(({ server }) => server).sort()).toEqual(['one', 'three', 'two']);
    for (let at = 0; at < 5; at += 1) await world.settle(two.call('same', [at]));
    const found = new Map((await world.settle(readVitals(client))).map((said) => [said.server, said]));
    expect(found.get('one')?.served).toMatchObject({ count: 5, failed: 0 });
    expect(found.get('one')?.functions).toMatchObject([{ function: 'same', count: 5 }]);
    expect(found.get('two')?.served.count).toBe(0);
    for (const { links } of found.values()) expect(links).toHaveLength(2);
    expect(found.get('two')?.links.find(({ server }) => server === one.name)?.sentBytes).toBeGreaterThan(0);
  });

  test('count nothing while nobody has asked', async ({ world }) => {
    const one = await world.start('one', functions);
    const client = await world.connect(one);
    await world.settle(client.call('same', [1]));
    expect(await world.settle(readVitals(client))).toMatchObject([{ server: 'one', served: { count: 0 } }]);
    await world.settle(client.call('same', [2]));
    expect(await world.settle(readVitals(client))).toMatchObject([{ server: 'one', served: { count: 1 } }]);
  });

  test('of a server that does not answer are missing, and hide nothing of the others', async ({ world }) => {
    const one = await world.start('one', functions);
    await world.start('two');
    await world.start('three');
    const client = await world.connect(one);
    world.network.weather.cut('two', 'one');
    const found = await world.settle(readVitals(client));
    expect(found.map(({ server }) => server).sort()).toEqual(['one', 'three']);
  });
});
