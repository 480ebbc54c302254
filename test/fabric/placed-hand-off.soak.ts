import { expect } from 'vitest';
import { digestOf } from '../mebibytes.ts';
import { chained, coordinatorOf, farAway } from './placed-hand-off.ts';
import { worldTest as test } from './world.ts';

test('1 GiB goes through a run that is handed over', async ({ world }) => {
  const { laptop } = await farAway(world);
  const commands = chained(
    { name: 'dumped', fun: 'dump', args: [1024], target: 'cloud-2' },
    { name: 'digested', fun: 'digest', args: [{ $ref: 'dumped' }], target: 'cloud-3' },
  );
  const run = laptop.submit(commands);
  expect(await world.settle(run.result, 600_000)).toEqual({ digested: digestOf(1024) });
  expect(await world.settle(coordinatorOf(run.events))).toMatch(/^cloud/);
}, 600_000);
