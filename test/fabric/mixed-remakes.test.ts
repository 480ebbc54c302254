/** Steps of functions whose offers differ in effect, when a large result is lost and has to be made again: not where that is `once`. */
import { expect } from 'vitest';
import type { Effect } from '../../src/core/catalog/offer.ts';
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
