/** Hand-off of large results between servers, in virtual time: who gets the bytes, who keeps them, and what a loss means. */

import { describe, expect } from 'vitest';
import { HeddleError } from '../../src/errors.ts';
import type { RunEvent } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { describeRun } from '../../src/fabric/client/run-inspection.ts';
import { MemorySpill } from '../../src/storage/memory-spill.ts';
import type { SpillFile } from '../../src/storage/spill.ts';
import { failureOf } from '../within.ts';
import { shelf, trio } from './trio.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const size = 300_000;

/** Gives many bytes; `state.runs` counts how often. */
function maker(effect: 'pure' | 'once') {
  const state = { runs: 0 };
  const make = defineFunction({
    name: 'make',
    effect,
    handler: (ctx, length: number) => {
      state.runs += 1;
      return { bytes: new Uint8Array(length).fill(7), text: 'x'.repeat(length), at: ctx.server };
    },
  });
  return { make, state };
}

const measure = defineFunction({
  name: 'measure',
  effect: 'pure',
  handler: (ctx, bytes: Uint8Array) => ({ length: bytes.length, sum: bytes.reduce((sum, byte) => sum + byte, 0), at: ctx.server }),
});
const raw = (effect: 'pure' | 'once') => {
  const state = { runs: 0 };
  const make = defineFunction({
    name: 'make',
    effect,
    handler: (_ctx, length: number) => {
      state.runs += 1;
      return new Uint8Array(length).fill(7);
    },
  });
  return { make, state };
};

const pipeline = (length = size) => [
  { name: 'made', fun: 'make', args: [length] },
  { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }] },
];

async function waitsOf(events: AsyncIterable<RunEvent>): Promise<readonly string[]> {
  const seen: string[] = [];
  for await (const event of events) {
    if (event.kind !== 'step.waiting') continue;
    const { reason } = event;
    seen.push(`${event.step} ${reason.kind}${'server' in reason ? ` ${reason.server}` : ''}`);
  }
  return seen;
}

describe('a large result', () => {
  test('goes from its producer to its consumer, and is free when that is done', async ({ world }) => {
    const { here, left } = await trio(world, { make: raw('once').make }, { measure });
    const said = shelf(left);
    const run = here.submit(pipeline(), { returns: ['measured'] });
    expect(await world.settle(run.result)).toEqual({ measured: { length: size, sum: 7 * size, at: 'right' } });
    await world.advance(10);
    expect(said).toEqual(['result.parked 1', 'result.released 1']);
    expect(await world.settle(waitsOf(run.events))).toEqual(['measured hand_off left']);
  });

  test('is free as soon as everybody has it, while its run goes on', async ({ world }) => {
    const slow = defineFunction({ name: 'slow', handler: (ctx) => ctx.sleep(5_000) });
    const { here, left } = await trio(world, { make: raw('once').make, slow }, { measure });
    const said = shelf(left);
    const run = here.submit([...pipeline(), { name: 'late', fun: 'slow', args: [], after: ['measured'] }]);
    await world.advance(1_000);
    expect(said).toEqual(['result.parked 1', 'result.released 1']);
    await world.settle(run.result);
  });

  test('of 64 KiB and less is sent along', async ({ world }) => {
    const { here, left } = await trio(world, { make: raw('once').make }, { measure });
    const said = shelf(left);
    await world.settle(here.submit(pipeline(64 * 1024), { returns: ['measured'] }).result);
    expect(said).toEqual([]);
    await world.settle(here.submit(pipeline(64 * 1024 + 1), { returns: ['measured'] }).result);
    expect(said[0]).toBe('result.parked 1');
  });

  test('reaches a consumer on the same server, and a part of it one that asks for a part', async ({ world }) => {
    const { make } = maker('once');
    const here = await world.start('here');
    const there = await world.start('there', { make, measure, same: (value: unknown) => value });
    const said = shelf(there);
    const commands = [
      { name: 'made', fun: 'make', args: [size] },
      { name: 'measured', fun: 'measure', args: [{ $ref: 'made', path: ['bytes'] }] },
      { name: 'where', fun: 'same', args: [{ $ref: 'made', path: ['at'] }], fuse: false },
    ];
    const result = await world.settle(here.submit(commands).result);
    expect(result).toEqual({ measured: { length: size, sum: 7 * size, at: 'there' }, where: 'there' });
    await world.advance(10);
    // The part is kept by itself, as long as the whole.
    expect(said).toEqual(['result.parked 1', 'result.parked 2', 'result.released 1', 'result.released 2']);
  });

  test('that two holes of a step name is pulled once, and neither sees what becomes of the other', async ({ world }) => {
    const both = (one: Uint8Array, other: Uint8Array): number => {
      one.fill(0);
      return other.reduce((sum, byte) => sum + byte, 0);
    };
    const { here } = await trio(world, { make: raw('once').make }, { both });
    const commands = [
      { name: 'made', fun: 'make', args: [size] },
      { name: 'both', fun: 'both', args: [{ $ref: 'made' }, { $ref: 'made' }] },
    ];
    expect(await world.settle(here.submit(commands).result)).toEqual({ both: 7 * size });
  });

  test('whose elements are mapped is read by the coordinator', async ({ world }) => {
    const list = (): readonly string[] => Array.from({ length: 3 }, (_unused, at) => `${at}`.repeat(30_000));
    const { here, left } = await trio(world, { list }, { length: (text: string) => text.length });
    const said = shelf(left);
    const commands = [
      { name: 'listed', fun: 'list', args: [] },
      { name: 'lengths', fun: 'length', each: { $ref: 'listed' }, args: [{ $item: true }] },
    ];
    expect(await world.settle(here.submit(commands).result)).toEqual({ lengths: [30_000, 30_000, 30_000] });
    await world.advance(10);
    expect(said).toEqual(['result.parked 1', 'result.released 1']);
  });

  test('that the run returns comes to a client through its entry, and is free a moment after that', async ({ world }) => {
    const { left, here } = await trio(world, { make: raw('once').make }, {});
    const said = shelf(left);
    const client = await world.connect(here);
    const run = client.submit([{ name: 'made', fun: 'make', args: [size] }]);
    const { made } = (await world.settle(run.result)) as { made: Uint8Array };
    expect([made.length, made[0], made[size - 1]]).toEqual([size, 7, 7]);
    const other = await world.connect(left);
    await world.advance(4_000);
    expect(Object.keys((await world.settle(other.attach(run.runId).result)) as object)).toEqual(['made']);
    await world.advance(5_100);
    expect(said).toEqual(['result.parked 1', 'lease.expired 1']);
    const late = await world.settle(failureOf(other.attach(run.runId).result));
    expect(late).toMatchObject({ code: 'lease_lost', executed: 'yes', detail: { step: 'made', server: 'left' } });
  });

  test('that nobody collects stays for a minute after its run', async ({ world }) => {
    const { left, here } = await trio(world, { make: raw('once').make }, {});
    const said = shelf(left);
    const client = await world.connect(here);
    const run = client.submit([{ name: 'made', fun: 'make', args: [size] }], { detached: true });
    await world.settle(run.accepted);
    await world.settle(client.close());
    await world.advance(58_000);
    expect(said).toEqual(['result.parked 1']);
    await world.advance(3_000);
    expect(said).toEqual(['result.parked 1', 'lease.expired 1']);
  });

  test('that the run would have returned is among the partial results when it fails', async ({ world }) => {
    const fail = (_bytes: Uint8Array): never => {
      throw new Error('no');
    };
    const { here } = await trio(world, { make: raw('once').make }, { fail });
    const client = await world.connect(here);
    const commands = [
      { name: 'made', fun: 'make', args: [size] },
      { name: 'failed', fun: 'fail', args: [{ $ref: 'made' }] },
    ];
    const run = client.submit(commands, { returns: 'all' });
    const failure = await world.settle(failureOf(run.result));
    const steps = { made: 'done', failed: 'failed' };
    expect(failure).toMatchObject({ code: 'step_failed', detail: { step: 'failed', steps, partial: { made: { length: size } } } });
  });

  test('that only the failing step needed is among the partial results, unless it is too large for that', async ({ world }) => {
    const fail = (_bytes: Uint8Array): never => {
      throw new Error('no');
    };
    const spread = defineFunction({
      name: 'spread',
      effect: 'pure',
      handler: async function* (_ctx, mebibytes: number) {
        for (let at = 0; at < mebibytes; at += 1) yield new Uint8Array(1024 ** 2);
      },
    });
    const { here, left } = await trio(world, { make: raw('once').make, spread }, { fail });
    const said = shelf(left);
    const client = await world.connect(here);
    const commands = [
      { name: 'made', fun: 'make', args: [size] },
      { name: 'huge', fun: 'spread', args: [65] },
      { name: 'failed', fun: 'fail', args: [{ $ref: 'made' }], after: ['huge'] },
      { name: 'never', fun: 'fail', args: [{ $ref: 'huge' }], after: ['failed'] },
    ];
    const failure = await world.settle(failureOf(client.submit(commands).result));
    if (!HeddleError.is(failure, 'step_failed')) throw failure;
    expect(failure.detail.steps).toEqual({ made: 'done', huge: 'done', failed: 'failed', never: 'not_run' });
    const { made, ...others } = failure.detail.partial;
    expect([(made as Uint8Array).length, others]).toEqual([size, {}]);
    await world.advance(61_000);
    expect(said.slice(2)).toEqual(['lease.expired 1', 'lease.expired 2']);
  });

  test('is kept for as long as its run goes on, however long that is', async ({ world }) => {
    const slow = defineFunction({
      name: 'slow',
      handler: async (ctx) => {
        await ctx.sleep(100_000);
        return 1;
      },
    });
    const { here, left } = await trio(world, { make: raw('once').make, slow }, { measure });
    const said = shelf(left);
    const commands = [
      { name: 'made', fun: 'make', args: [size] },
      { name: 'late', fun: 'slow', args: [] },
      { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }], after: ['late'] },
    ];
    const run = here.submit(commands, { returns: ['measured'], timeoutMs: 200_000 });
    expect(await world.settle(run.result, 150_000)).toMatchObject({ measured: { length: size } });
    await world.advance(10);
    expect(said).toEqual(['result.parked 1', 'result.released 1']);
  });

  test('is free 30 s after its coordinator is gone', async ({ world }) => {
    const { here, left } = await trio(
      world,
      { make: raw('once').make },
      {
        wait: defineFunction({ name: 'wait', handler: (ctx, _bytes: Uint8Array) => ctx.sleep(1_000_000) }),
      },
    );
    const said = shelf(left);
    void failureOf(
      here.submit([
        { name: 'made', fun: 'make', args: [size] },
        { name: 'waits', fun: 'wait', args: [{ $ref: 'made' }] },
      ]).result,
    );
    await world.until('it is parked', () => said.length > 0);
    await world.advance(12_000);
    world.kill('here');
    // The last word came 10 s after it was parked.
    await world.advance(27_000);
    expect(said).toEqual(['result.parked 1']);
    await world.advance(2_000);
    expect(said).toEqual(['result.parked 1', 'lease.expired 1']);
  });
});

describe('a producer that dies before its result is pulled', () => {
  /** `gate` has to be done before the consumer may pull. */
  async function doomed(world: FabricWorld, effect: 'pure' | 'once') {
    const { make, state } = raw(effect);
    const hold = defineFunction({ name: 'hold', effect: 'pure', handler: (ctx) => ctx.sleep(5_000) });
    const { here, left } = await trio(world, { make }, { measure, hold });
    const said = shelf(left);
    await world.start('spare', { make });
    const commands = [
      { name: 'made', fun: 'make', args: [size], target: 'left' },
      { name: 'held', fun: 'hold', args: [] },
      { name: 'measured', fun: 'measure', args: [{ $ref: 'made' }], after: ['held'] },
    ];
    const free = commands.map(({ target: _target, ...command }) => command);
    return { here, said, state, commands, free };
  }

  test('has it made again elsewhere, if its function is pure', async ({ world }) => {
    const { here, state, free } = await doomed(world, 'pure');
    const run = here.submit(free, { returns: ['measured'] });
    await world.until('it is made', () => state.runs === 1);
    await world.advance(100);
    const parkedAt = await parkedServer(run.events);
    world.kill(parkedAt);
    expect(await world.settle(run.result)).toMatchObject({ measured: { length: size, sum: 7 * size } });
    expect(state.runs).toBe(2);
    expect(await world.settle(waitsOf(run.events))).toContain(`made lease ${parkedAt}`);
    // Made twice, it is one step all the same.
    const view = await world.settle(describeRun(await world.connect(here), run.runId));
    expect(view.run).toMatchObject({ steps: 3, settled: 3 });
  });

  test('fails the step that needs it with the reason, if its function is once', async ({ world }) => {
    const { here, state, commands } = await doomed(world, 'once');
    const run = here.submit(commands, { returns: ['measured'] });
    await world.until('it is made', () => state.runs === 1);
    await world.advance(100);
    world.kill('left');
    const failure = await world.settle(failureOf(run.result));
    expect(failure).toMatchObject({
      code: 'step_failed',
      executed: 'yes',
      detail: { step: 'measured', steps: { made: 'done', measured: 'not_run' } },
      cause: {
        code: 'lease_lost',
        executed: 'no',
        detail: { step: 'made', server: 'left', why: expect.stringMatching(/make is once and is not run again$/) },
      },
    });
    expect(state.runs).toBe(1);
  });
});

/** The server that settled the first step. */
async function parkedServer(events: AsyncIterable<RunEvent>): Promise<string> {
  for await (const event of events) if (event.kind === 'step.settled') return event.server ?? '';
  return '';
}

describe('results for which memory has no room', () => {
  const tight = { handOff: { memoryBytesMax: 400_000, spillBytesMax: 1_000_000 } };

  test('go to disk, and come from there', async ({ world }) => {
    const { here, left } = await trio(world, { make: raw('once').make }, { measure }, tight);
    const said = shelf(left);
    const makes = [1, 2, 3].map((n) => ({ name: `m${n}`, fun: 'make', args: [size] }));
    const sums = [1, 2, 3].map((n) => ({ name: `s${n}`, fun: 'measure', args: [{ $ref: `m${n}` }], after: ['m1', 'm2', 'm3'] }));
    const result = await world.settle(here.submit([...makes, ...sums]).result);
    expect(Object.values(result)).toEqual([1, 2, 3].map(() => ({ length: size, sum: 7 * size, at: 'right' })));
    expect(said.filter((event) => event.startsWith('result.spilled'))).toEqual(['result.spilled 1', 'result.spilled 2']);
    await world.advance(10);
    expect((world.spill as MemorySpill).bytes).toBe(0);
  });

  test('are refused when the disk has none either, and the function has run', async ({ world }) => {
    const { here } = await trio(world, { make: raw('once').make }, { measure }, tight);
    const failure = await world.settle(failureOf(here.submit(pipeline(1_500_000)).result));
    expect(failure).toMatchObject({ code: 'step_failed', cause: { code: 'bad_result', executed: 'yes' } });
    expect(String(failure)).toMatch(/at most the 1400000 bytes for which left has room until results are pulled, found 1500000 bytes/);
  });

  test('that come back from it damaged are made again, or fail with the reason', async ({ world }) => {
    world.spill = new DamagingSpill();
    const { make, state } = raw('pure');
    const { here } = await trio(world, { make }, { measure }, tight);
    const run = here.submit(pipeline(500_000));
    const failure = await world.settle(failureOf(run.result));
    expect(failure).toMatchObject({
      code: 'step_failed',
      cause: {
        code: 'lease_lost',
        detail: { step: 'made', why: expect.stringMatching(/not those that were given; step "made" was run again 3 times/) },
      },
    });
    expect(state.runs).toBe(4);
  });
});

/** A disk that flips a bit. */
class DamagingSpill extends MemorySpill {
  override async create(): Promise<SpillFile> {
    const file = await super.create();
    return {
      append: (bytes) => file.append(bytes),
      remove: () => file.remove(),
      read: async (at, length) => {
        const bytes = await file.read(at, length);
        bytes[0] = (bytes[0] ?? 0) ^ 1;
        return bytes;
      },
    };
  }
}
