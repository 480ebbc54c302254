import { describe, expect } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import { digestOf } from '../mebibytes.ts';
import { failureOf } from '../within.ts';
import { chained, coordinatorOf, farAway, large } from './placed-hand-off.ts';
import { worldTest as test } from './world.ts';

const items = [1, 2, 3, 4];
const made = { name: 'made', fun: 'make', each: { $literal: items }, args: [{ $item: true }] };
const sizes = items.map((item) => (item % 2 === 0 ? large : 10));

describe('a run with large results that is handed over', () => {
  test('maps lists, gathers what elements gave, and gives it to a client of the server that was asked', async ({ world }) => {
    const { laptop } = await farAway(world);
    const client = await world.connect(laptop);
    const commands = chained(
      made,
      { name: 'sums', fun: 'sum', each: { $ref: 'made' }, args: [{ $item: true }] },
      { name: 'lengths', fun: 'lengths', args: [{ $ref: 'made' }] },
      { name: 'one', fun: 'sum', args: [{ $ref: 'made', path: [1] }] },
    );
    const run = client.submit(commands, { returns: ['made', 'sums', 'lengths', 'one'] });
    const result = (await world.settle(run.result)) as { made: readonly Uint8Array[] };
    expect(result.made.map((bytes) => [bytes.length, bytes[0]])).toEqual(items.map((item, at) => [sizes[at], item]));
    expect(result).toMatchObject({ sums: items.map((item, at) => item * (sizes[at] ?? 0)), lengths: sizes, one: 2 * large });
    expect(await world.settle(coordinatorOf(run.events))).toMatch(/^cloud/);
  });

  test('reads streams of bytes', async ({ world }) => {
    const { laptop } = await farAway(world);
    const commands = chained(
      { name: 'dumped', fun: 'dump', args: [4], target: 'cloud-1' },
      { name: 'digested', fun: 'digest', args: [{ $ref: 'dumped' }], target: 'cloud-2' },
    );
    const run = laptop.submit(commands);
    expect(await world.settle(run.result)).toEqual({ digested: digestOf(4) });
    expect(await world.settle(coordinatorOf(run.events))).toMatch(/^cloud/);
  });

  test('has what is there when it fails', async ({ world }) => {
    const { laptop } = await farAway(world);
    const client = await world.connect(laptop);
    const run = client.submit(chained(made, { name: 'fails', fun: 'fail', args: [], after: ['made'] }), { returns: ['fails'] });
    const error = await world.settle(failureOf(run.result));
    if (!HeddleError.is(error, 'step_failed')) throw error;
    expect((error.detail.partial['made'] as readonly Uint8Array[]).map(({ length }) => length)).toEqual(sizes);
    expect(await world.settle(coordinatorOf(run.events))).toMatch(/^cloud/);
  });

  test('has what is lost made again', async ({ world }) => {
    const { laptop, clouds } = await farAway(world);
    const parked: string[] = [];
    for (const cloud of clouds) cloud.on('result.parked', () => void parked.push(cloud.name));
    const commands = chained(
      made,
      { name: 'held', fun: 'wait', args: [], after: ['made'], target: 'cloud-1' },
      { name: 'lengths', fun: 'lengths', args: [{ $ref: 'made' }], after: ['held'] },
    );
    const run = laptop.submit(commands, { returns: ['lengths'] });
    const coordinator = await world.settle(coordinatorOf(run.events));
    expect(coordinator).toBe('cloud-1');
    await world.until('the elements are made', () => parked.length === 2);
    await world.advance(100);
    const [lost = 'nobody'] = parked.filter((name) => name !== coordinator);
    world.kill(lost);
    expect(await world.settle(run.result)).toEqual({ lengths: sizes });
    // Those that were on the server which is gone.
    expect(parked.length).toBe(2 + parked.slice(0, 2).filter((name) => name === lost).length);
  });
});
