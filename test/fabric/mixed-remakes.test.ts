/** Steps that have to be made again because a large result is lost: not where that is `once`, and where there is a place. */
import { expect } from 'vitest';
import type { Effect } from '../../src/core/catalog/offer.ts';
import type { Context } from '../../src/fabric/api/function-api.ts';
import { newsMsMax } from '../../src/fabric/call/told-runners.ts';
import { defineFunction } from '../../src/index.ts';
import { failureOf } from '../within.ts';
import { worldTest as test } from './world.ts';

function maker(effect: Effect, version: string) {
  const state = { runs: 0 };
  const handler = (_ctx: unknown, length: number): Uint8Array => {
    state.runs += 1;
    return new Uint8Array(length).fill(7);
  };
  return { fn: defineFunction({ name: 'make', effect, version, handler }), state };
}

const hold = defineFunction({ name: 'hold', effect: 'pure', handler: (ctx) => ctx.sleep(5_000) });
const measure = defineFunction({ name: 'measure', effect: 'pure', handler: (_ctx, bytes: Uint8Array) => bytes.length });

for (const how of ['alone', 'together with the step that needs it'])
  test(`a result that was made where that was safe is not made again by another version that is \`once\`, ${how}`, async ({ world }) => {
    const safe = maker('idempotent', '2.0.0');
    const unsafe = maker('once', '1.0.0');
    const isAlone = how === 'alone';
    const here = await world.start('here', isAlone ? { hold, measure } : { hold });
    await world.start('new', { fn: safe.fn });
    await world.start('old', isAlone ? { fn: unsafe.fn } : { fn: unsafe.fn, measure });
    await world.advance(newsMsMax);
    const run = here.submit([
      { name: 'made', fun: 'make', args: [300_000] },
      { name: 'held', fun: 'hold', args: [] },
      { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }], after: ['held'] },
    ]);
    const failed = failureOf(run.result);
    await world.until('it is made', () => safe.state.runs === 1);
    await world.advance(100);
    world.kill('new');
    expect(await world.settle(failed)).toMatchObject({ code: 'step_failed' });
    expect([safe.state.runs, unsafe.state.runs]).toEqual([1, 0]);
  });

test('a result that is made again waits for a place where that is taken, as any step does', async ({ world }) => {
  const state = { runs: 0 };
  const handler = async (ctx: Context, length: number, ms: number): Promise<Uint8Array> => {
    state.runs += 1;
    await ctx.sleep(ms);
    return new Uint8Array(length).fill(7);
  };
  const make = defineFunction({ name: 'make', effect: 'idempotent', concurrency: 1, handler });
  const here = await world.start('here', { hold, measure });
  await world.start('one', { make });
  const run = here.submit([
    { name: 'made', fun: 'make', args: [300_000, 1] },
    { name: 'held', fun: 'hold', args: [] },
    { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }], after: ['held'] },
  ]);
  await world.until('it is made', () => state.runs === 1);
  await world.start('other', { make });
  await world.advance(100);
  world.kill('one');
  await world.until('it is known', async () => (await here.catalog()).filter(({ function: name }) => name === 'make').length === 1);
  const other = here.call('make', [1, 6_000]);
  expect([await world.settle(run.result), state.runs]).toEqual([{ measured: 300_000 }, 3]);
  await world.settle(other);
});
