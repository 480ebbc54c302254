/** Large results of the elements of a mapped list, in virtual time: where they stay, who gets them, and what a loss means. */

import { describe, expect } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import type { Functions, Server } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { describeRun } from '../../src/fabric/client/run-inspection.ts';
import { failureOf } from '../within.ts';
import { carried } from './carried.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const size = 70_000;

/** Gives `length` bytes of an element, or few for an odd one; counts what it gave. */
function maker(effect: 'pure' | 'once' = 'pure') {
  const made: number[] = [];
  const make = defineFunction({
    name: 'make',
    effect,
    handler: (_ctx, item: number) => {
      made.push(item);
      return new Uint8Array(item % 2 === 0 ? size : 10).fill(item);
    },
  });
  return { make, made };
}

const sums = defineFunction({
  name: 'sums',
  effect: 'pure',
  handler: (_ctx, list: readonly Uint8Array[]) => list.map((bytes) => bytes.reduce((sum, byte) => sum + byte, 0)),
});
const sum = defineFunction({
  name: 'sum',
  effect: 'pure',
  handler: (_ctx, bytes: Uint8Array) => bytes.reduce((total, byte) => total + byte, 0),
});

const count = 6;
const list = Array.from({ length: count }, (_unused, at) => at + 1);
const expected = list.map((item) => item * (item % 2 === 0 ? size : 10));
const mapped = { name: 'made', fun: 'make', each: { $literal: list }, args: [{ $item: true }] };

/** How many results a server has kept and let go of. */
function shelf(server: Server): { parked: number; gone: number; expired: number } {
  const said = { parked: 0, gone: 0, expired: 0 };
  server.on('result.parked', () => {
    said.parked += 1;
  });
  server.on('result.released', () => {
    said.gone += 1;
  });
  server.on('lease.expired', () => {
    said.expired += 1;
  });
  return said;
}

async function trio(world: FabricWorld, left: Functions, right: Functions) {
  const here = await world.start('here');
  return { here, left: await world.start('left', left), right: await world.start('right', right) };
}

describe('large results of elements', () => {
  test('stay with their producers, are gathered by whoever takes the list, and are free when that is done', async ({ world }) => {
    const { here, left } = await trio(world, { make: maker('once').make }, { sums });
    const said = shelf(left);
    const run = here.submit([mapped, { name: 'sums', fun: 'sums', args: [{ $ref: 'made' }] }]);
    expect(await world.settle(run.result)).toEqual({ sums: expected });
    await world.advance(10);
    expect(said).toEqual({ parked: 3, gone: 3, expired: 0 });
    for await (const event of run.events) {
      if (event.kind === 'step.settled' && event.step === 'made') expect(event.bytes).toBeGreaterThan(3 * size);
    }
  });

  test('go past the coordinator: what links carry is each of them once', async ({ world }) => {
    const seen = carried(world);
    const { here } = await trio(world, { make: maker().make }, { sums });
    const before = seen.bytes;
    await world.settle(here.submit([mapped, { name: 'sums', fun: 'sums', args: [{ $ref: 'made' }] }]).result);
    expect(seen.bytes - before).toBeGreaterThan(3 * size);
    expect(seen.bytes - before).toBeLessThan(3.3 * size);
  });

  test('are pulled one by one where a step needs one: a path into the list fetches that alone', async ({ world }) => {
    const seen = carried(world);
    const { here } = await trio(world, { make: maker().make }, { sum });
    const before = seen.bytes;
    const run = here.submit([
      mapped,
      { name: 'large', fun: 'sum', args: [{ $ref: 'made', path: [3] }] },
      { name: 'small', fun: 'sum', args: [{ $ref: 'made', path: [2] }] },
    ]);
    expect(await world.settle(run.result)).toEqual({ large: 4 * size, small: 30 });
    expect(seen.bytes - before).toBeLessThan(1.3 * size);
    const missing = here.submit([mapped, { name: 'none', fun: 'sum', args: [{ $ref: 'made', path: [6] }] }]);
    expect((await world.settle(failureOf(missing.result))).message).toContain('expected "made.6", found no element "6" in a list of 6');
    const deeper = here.submit([mapped, { name: 'none', fun: 'sum', args: [{ $ref: 'made', path: [3, 'x'] }] }]);
    expect((await world.settle(failureOf(deeper.result))).message).toContain('expected "made.3.x", found no field "x" in a Uint8Array');
  });

  test('are mapped in their turn, each from where it is', async ({ world }) => {
    const seen = carried(world);
    const { here, left } = await trio(world, { make: maker().make }, { sum });
    const said = shelf(left);
    const before = seen.bytes;
    const summed = { name: 'summed', fun: 'sum', each: { $ref: 'made' }, args: [{ $item: true }] };
    expect(await world.settle(here.submit([mapped, summed]).result)).toEqual({ summed: expected });
    expect(seen.bytes - before).toBeLessThan(3.3 * size);
    await world.advance(10);
    expect(said).toEqual({ parked: 3, gone: 3, expired: 0 });
  });

  test('that the run returns, or has when it fails, come to a client whole', async ({ world }) => {
    const fail = (): never => {
      throw new Error('no');
    };
    const { here } = await trio(world, { make: maker().make }, { fail });
    const client = await world.connect(here);
    const whole = list.map((item) => [item % 2 === 0 ? size : 10, item, item]);
    const seen = ({ made }: Readonly<Record<string, unknown>>) =>
      (made as readonly Uint8Array[]).map((bytes) => [bytes.length, bytes[0], bytes[bytes.length - 1]]);
    expect(seen(await world.settle(client.submit([mapped]).result))).toEqual(whole);
    const failing = client.submit([mapped, { name: 'fails', fun: 'fail', args: [], after: ['made'] }], { returns: 'all' });
    const error = await world.settle(failureOf(failing.result));
    if (!HeddleError.is(error, 'step_failed')) throw error;
    expect(seen(error.detail.partial)).toEqual(whole);
  });

  test('are kept for as long as their run goes on, and for undos; those of a step that fails are free at once', async ({ world }) => {
    const undone: number[] = [];
    const undo = defineFunction({
      name: 'undo',
      effect: 'idempotent',
      handler: (_ctx, bytes: Uint8Array) => void undone.push(bytes.length),
    });
    const slow = defineFunction({
      name: 'slow',
      handler: async (ctx) => {
        await ctx.sleep(100_000);
        throw new Error('after all');
      },
    });
    const { here, left } = await trio(world, { make: maker('once').make }, { slow, undo });
    const said = shelf(left);
    const saga = { ...mapped, compensate: { fun: 'undo', args: [{ $ref: 'made' }] } };
    const run = here.submit([saga, { name: 'slow', fun: 'slow', args: [], after: ['made'] }], { returns: ['slow'] });
    const failure = world.settle(failureOf(run.result), 400_000);
    expect(await failure).toMatchObject({ detail: { step: 'slow', compensated: { made: 'done' } } });
    expect(undone.sort((a, b) => a - b)).toEqual([10, 10, 10, size, size, size]);
    expect(said).toMatchObject({ parked: 3, gone: 0 });
  });
});

/** Waits for a word of the test. */
function gate() {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const state = { waiting: 0 };
  const wait = async (): Promise<boolean> => {
    state.waiting += 1;
    await opened;
    return true;
  };
  return { wait, state, open: () => open() };
}

describe('a large result of an element that is lost', () => {
  test('is made again where its function may run again, and only what is lost', async ({ world }) => {
    const { make, made } = maker();
    const { wait, state, open } = gate();
    const here = await world.start('here', { wait });
    for (const name of ['left', 'mid']) await world.start(name, { make });
    await world.start('right', { sums });
    const run = here.submit(
      [
        { ...mapped, parallel: 2 },
        { name: 'held', fun: 'wait', args: [], after: ['made'] },
        { name: 'sums', fun: 'sums', args: [{ $ref: 'made' }], after: ['held'] },
      ],
      { returns: ['sums'] },
    );
    await world.until('all are made', () => state.waiting === 1);
    expect(made.length).toBe(count);
    world.kill('left');
    open();
    expect(await world.settle(run.result)).toEqual({ sums: expected });
    const again = made.slice(count);
    expect(again.length).toBeGreaterThan(0);
    expect(again.length).toBeLessThan(count);
    // The small ones had come along: they are not lost.
    for (const item of again) expect(item % 2).toBe(0);
    const view = await world.settle(describeRun(await world.connect(here), run.runId));
    expect(view.steps.find(({ step }) => step === 'made')).toMatchObject({ elements: { of: count, done: count, failed: 0 } });
  });

  test('of a function that is once fails the step that needs it, and says why', async ({ world }) => {
    const { make, made } = maker('once');
    const { wait, state, open } = gate();
    const here = await world.start('here', { wait });
    await world.start('left', { make });
    await world.start('right', { sums });
    const run = here.submit([
      mapped,
      { name: 'held', fun: 'wait', args: [], after: ['made'] },
      { name: 'sums', fun: 'sums', args: [{ $ref: 'made' }], after: ['held'] },
    ]);
    await world.until('all are made', () => state.waiting === 1);
    world.kill('left');
    open();
    const error = await world.settle(failureOf(run.result));
    expect(error).toMatchObject({ code: 'step_failed', detail: { step: 'sums', steps: { made: 'done', sums: 'not_run' } } });
    expect(error.cause).toMatchObject({ code: 'lease_lost', detail: { server: 'left', why: expect.stringContaining('make is once') } });
    expect(made.length).toBe(count);
  });

  test('has been made, also where nobody makes it again: no element that ran is said not to have (G2)', async ({ world }) => {
    const { make } = maker();
    const { wait, state, open } = gate();
    const here = await world.start('here', { wait });
    await world.start('left', { make });
    await world.start('right', { sums });
    const run = here.submit([
      { ...mapped, parallel: 1 },
      { name: 'held', fun: 'wait', args: [], after: ['made'] },
      { name: 'sums', fun: 'sums', args: [{ $ref: 'made' }], after: ['held'] },
    ]);
    await world.until('all are made', () => state.waiting === 1);
    world.kill('left');
    open();
    const error = await world.settle(failureOf(run.result));
    expect(error).toMatchObject({ code: 'step_failed', detail: { step: 'made', steps: { made: 'failed' } } });
    const said: unknown[] = [];
    for await (const event of run.events)
      if (event.kind === 'element.settled' && !event.ok)
        said.push([event.element, event.outcome, event.error?.code, event.error?.executed]);
    expect(said).toEqual([1, 3, 5].map((element) => [element, 'failed', 'lease_lost', 'yes']));
  });

  test('is made again for an element of another list that waits for it', async ({ world }) => {
    const { make, made } = maker();
    const { wait, state, open } = gate();
    const here = await world.start('here', { wait });
    for (const name of ['left', 'mid']) await world.start(name, { make });
    await world.start('right', { sum });
    const run = here.submit(
      [
        { ...mapped, parallel: 2 },
        { name: 'held', fun: 'wait', args: [], after: ['made'] },
        { name: 'summed', fun: 'sum', each: { $ref: 'made' }, args: [{ $item: true }], after: ['held'], parallel: 3 },
      ],
      { returns: ['summed'] },
    );
    await world.until('all are made', () => state.waiting === 1);
    world.kill('left');
    open();
    expect(await world.settle(run.result)).toEqual({ summed: expected });
    expect(made.length).toBeGreaterThan(count);
    expect(made.length).toBeLessThan(2 * count);
  });

  test('a step that all elements need is made again when it is lost, and so is the list itself', async ({ world }) => {
    const state = { listed: 0, bases: 0 };
    const listed = defineFunction({
      name: 'listed',
      effect: 'pure',
      handler: () => {
        state.listed += 1;
        return Array.from({ length: 3 }, (_unused, at) => ({ at, text: 'x'.repeat(30_000) }));
      },
    });
    const base = defineFunction({
      name: 'base',
      effect: 'pure',
      handler: () => {
        state.bases += 1;
        return new Uint8Array(size).fill(1);
      },
    });
    const weigh = defineFunction({ name: 'weigh', effect: 'pure', handler: (_ctx, at: number, bytes: Uint8Array) => at + bytes.length });
    const { wait, state: gated, open } = gate();
    const here = await world.start('here', { wait });
    await world.start('left', { listed, base }, { resources: ['first'] });
    await world.start('mid', { listed, base });
    await world.start('right', { weigh });
    const run = here.submit(
      [
        { name: 'list', fun: 'listed', args: [], need: { prefer: ['first'] } },
        { name: 'base', fun: 'base', args: [], need: { prefer: ['first'] } },
        { name: 'held', fun: 'wait', args: [], after: ['list', 'base'] },
        {
          name: 'weighed',
          fun: 'weigh',
          each: { $ref: 'list' },
          args: [{ $item: true, path: ['at'] }, { $ref: 'base' }],
          after: ['held'],
        },
      ],
      { returns: ['weighed'] },
    );
    await world.until('both are made', () => gated.waiting === 1);
    expect(state).toEqual({ listed: 1, bases: 1 });
    world.kill('left');
    open();
    expect(await world.settle(run.result)).toEqual({ weighed: [size, size + 1, size + 2] });
    expect(state).toEqual({ listed: 2, bases: 2 });
  });
});
