/** Parts of large values, in virtual time: a path into one fetches no more than that, and a mapped list stays where it is. */

import { describe, expect } from 'vitest';
import type { Functions } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { failureOf } from '../within.ts';
import { carried } from './carried.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const size = 400_000;
/** Of one picture. */
const wholeBytes = 632_000;

/** A picture of which most steps want little. */
const shoot = defineFunction({
  name: 'shoot',
  effect: 'pure',
  handler: () => ({
    name: 'dawn',
    raw: new Uint8Array(size).fill(3),
    thumb: new Uint8Array(70_000).fill(5),
    tiles: Array.from({ length: 4 }, (_unused, at) => new Uint8Array(at % 2 === 0 ? 80_000 : 10).fill(at + 1)),
  }),
});
const measure = defineFunction({
  name: 'measure',
  effect: 'pure',
  handler: (_ctx, bytes: Uint8Array) => bytes.reduce((sum, byte) => sum + byte, 0),
});
const same = defineFunction({ name: 'same', effect: 'pure', handler: (_ctx, value: unknown) => value });
const image = { name: 'image', fun: 'shoot', args: [] };
const of = (...path: (string | number)[]) => ({ $ref: 'image', path });

async function two(world: FabricWorld, right: Functions = { measure, same }) {
  const seen = carried(world);
  const here = await world.start('here');
  const left = await world.start('left', { shoot });
  await world.start('right', right);
  const before = seen.bytes;
  return { here, left, cost: () => seen.bytes - before };
}

describe('a path into a large value', () => {
  test('fetches the part alone, a small one with the answer, a large one by its own hash', async ({ world }) => {
    const { here, cost } = await two(world);
    const run = here.submit([
      image,
      { name: 'name', fun: 'same', args: [of('name')] },
      { name: 'thumb', fun: 'measure', args: [of('thumb')] },
      { name: 'tile', fun: 'measure', args: [of('tiles', 2)] },
    ]);
    expect(await world.settle(run.result)).toEqual({ name: 'dawn', thumb: 350_000, tile: 240_000 });
    expect(cost()).toBeGreaterThan(150_000);
    expect(cost()).toBeLessThan(180_000);
  });

  test('that leads nowhere says what is there, and fetches nothing to find that out', async ({ world }) => {
    const { here, cost } = await two(world);
    const failed = (...path: (string | number)[]) =>
      world.settle(failureOf(here.submit([image, { name: 'no', fun: 'same', args: [of(...path)] }]).result));
    expect(await failed('thump')).toMatchObject({
      detail: { step: 'no', steps: { image: 'done', no: 'not_run' } },
      message: 'step "no" failed: [0]: expected "image.thump", found no field "thump" in an object with "name", "raw", "thumb", "tiles"',
    });
    expect((await failed('tiles', 4)).message).toContain('expected "image.tiles.4", found no element "4" in a list of 4');
    // Both failures have the picture among their partial results, which was collected for that alone.
    expect(cost()).toBeLessThan(2.1 * wholeBytes);
  });

  test('is followed for what the run returns, too, by a client through its entry', async ({ world }) => {
    const { here, cost } = await two(world);
    const client = await world.connect(here);
    const run = client.submit([image], { returns: { name: of('name'), thumb: of('thumb') } });
    const result = (await world.settle(run.result)) as { name: string; thumb: Uint8Array };
    expect([result.name, result.thumb.length, result.thumb[69_999]]).toEqual(['dawn', 70_000, 5]);
    // To the entry, and from there on.
    expect(cost()).toBeLessThan(160_000);
    const missing = client.submit([image], { returns: { name: of('title') } });
    expect(await world.settle(failureOf(missing.result))).toMatchObject({ code: 'bad_result', detail: { expected: '"image.title"' } });
  });

  test('is kept as long as the value, and no longer', async ({ world }) => {
    const { here, left } = await two(world);
    const said: string[] = [];
    for (const kind of ['result.parked', 'result.released', 'lease.expired'] as const)
      left.on(kind, ({ value }) => said.push(`${kind} ${value}`));
    const slow = defineFunction({ name: 'slow', handler: (ctx) => ctx.sleep(60_000) });
    await world.start('third', { slow });
    const run = here.submit([
      image,
      { name: 'thumb', fun: 'measure', args: [of('thumb')] },
      { name: 'slow', fun: 'slow', args: [], after: ['thumb'] },
      { name: 'again', fun: 'measure', args: [of('thumb')], after: ['slow'] },
    ]);
    expect(await world.settle(run.result, 100_000)).toMatchObject({ again: 350_000 });
    await world.advance(10);
    expect(said).toEqual(['result.parked 1', 'result.parked 2', 'result.released 1', 'result.released 2']);
  });

  test('into a value whose server has died has it made again', async ({ world }) => {
    const { here } = await two(world);
    const hold = defineFunction({ name: 'hold', effect: 'pure', handler: (ctx) => ctx.sleep(5_000) });
    await world.start('third', { hold });
    const run = here.submit([
      image,
      { name: 'held', fun: 'hold', args: [], after: ['image'] },
      { name: 'thumb', fun: 'measure', args: [of('thumb')], after: ['held'] },
    ]);
    await world.advance(1_000);
    world.kill('left');
    await world.start('spare', { shoot });
    expect(await world.settle(run.result)).toEqual({ thumb: 350_000 });
  });
});

describe('a large list that is mapped', () => {
  test('stays where it is: small elements come along, large ones are pulled where they are called', async ({ world }) => {
    const { here, cost } = await two(world);
    const run = here.submit([image, { name: 'tiles', fun: 'measure', each: of('tiles'), args: [{ $item: true }] }]);
    expect(await world.settle(run.result)).toEqual({ tiles: [80_000, 20, 240_000, 40] });
    expect(cost()).toBeLessThan(180_000);
  });

  test('that is none is refused with what it is', async ({ world }) => {
    const { here, cost } = await two(world);
    const failed = async (...path: string[]) => {
      const commands = [image, { name: 'tiles', fun: 'measure', each: of(...path), args: [{ $item: true }] }];
      return (await world.settle(failureOf(here.submit(commands).result))).message;
    };
    expect(await failed('name')).toBe('step "tiles" failed: each: expected a list at "image.name", found a string');
    expect(await failed('tilez')).toContain('each: expected "image.tilez", found no field "tilez" in an object with');
    // Both failures have the picture among their partial results, which was collected for that alone.
    expect(cost()).toBeLessThan(2.1 * wholeBytes);
  });

  test('is made again when its server dies while its elements are called', async ({ world }) => {
    let calls = 0;
    const late = defineFunction({
      name: 'late',
      effect: 'pure',
      handler: async (ctx, bytes: Uint8Array) => {
        calls += 1;
        await ctx.sleep(2_000);
        return bytes.length;
      },
    });
    const { here } = await two(world, { late });
    const run = here.submit([image, { name: 'tiles', fun: 'late', each: of('tiles'), args: [{ $item: true }], parallel: 1 }]);
    await world.until('the first is called', () => calls === 1);
    world.kill('left');
    await world.start('spare', { shoot });
    expect(await world.settle(run.result)).toEqual({ tiles: [80_000, 10, 80_000, 10] });
  });
});
