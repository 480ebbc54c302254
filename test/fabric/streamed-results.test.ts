/** Steps on streams of bytes, in virtual time: gathered where they are made, read where they are needed, and what a loss means. */

import { createHash } from 'node:crypto';
import { describe, expect } from 'vitest';
import type { Command } from '../../src/core/workflow/data.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { MemorySpill } from '../../src/storage/memory-spill.ts';
import type { SpillFile } from '../../src/storage/spill.ts';
import { failureOf } from '../within.ts';
import { shelf, trio } from './trio.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

const sliceBytes = 100_000;
type Effect = 'pure' | 'once';

/** Gives so many slices out of one buffer, which it writes anew each time. */
function source(effect: Effect = 'once') {
  const state = { runs: 0, left: 0, given: 0 };
  const read = defineFunction({
    name: 'read',
    effect,
    handler: async function* (_ctx, slices: number) {
      state.runs += 1;
      const buffer = new Uint8Array(sliceBytes);
      try {
        for (let at = 0; at < slices; at += 1) {
          state.given += 1;
          yield buffer.fill(at);
        }
      } finally {
        state.left += 1;
      }
    },
  });
  return { read, state };
}

function wanted(slices: number): { readonly size: number; readonly hash: string } {
  const hash = createHash('sha256');
  for (let at = 0; at < slices; at += 1) hash.update(new Uint8Array(sliceBytes).fill(at));
  return { size: slices * sliceBytes, hash: hash.digest('hex') };
}

async function digest(bytes: AsyncIterable<Uint8Array>): Promise<{ readonly size: number; readonly hash: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const slice of bytes) {
    size += slice.length;
    hash.update(slice);
  }
  return { size, hash: hash.digest('hex') };
}

function sink(effect: Effect = 'pure') {
  const state = { runs: 0 };
  const store = defineFunction({
    name: 'store',
    effect,
    handler: async (_ctx, bytes: AsyncIterable<Uint8Array>, _more?: unknown) => {
      state.runs += 1;
      return await digest(bytes);
    },
  });
  return { store, state };
}

const pipeline = (slices: number) => [
  { name: 'file', fun: 'read', args: [slices] },
  { name: 'stored', fun: 'store', args: [{ $ref: 'file' }] },
];

describe('a step on a stream of bytes', () => {
  test('is read as a stream by the step that needs it, on another server and on its own', async ({ world }) => {
    const { here, left } = await trio(world, { read: source().read }, { store: sink().store });
    const said = shelf(left, { hasBytes: true });
    // Nothing at all, less than a block, and many blocks of which most go to disk.
    for (const slices of [0, 1, 30]) {
      const result = await world.settle(here.submit(pipeline(slices), { returns: ['stored'] }).result);
      expect(result).toEqual({ stored: wanted(slices) });
    }
    await world.start('both', { read: source().read, store: sink().store });
    const alone = pipeline(30).map((command) => ({ ...command, target: 'both' }));
    expect(await world.settle(here.submit(alone, { returns: ['stored'] }).result)).toEqual({ stored: wanted(30) });
    await world.advance(10);
    expect(said).toEqual(
      [0, 1, 30].flatMap((n, at) => [`result.parked ${at + 1} ${n * sliceBytes}`, `result.released ${at + 1} ${n * sliceBytes}`]),
    );
    expect((world.spill as MemorySpill).bytes).toBe(0);
  });

  test('gives bytes to whoever asked for the run, in its result and among the partial ones', async ({ world }) => {
    const fail = (): never => {
      throw new Error('no');
    };
    const { here } = await trio(world, { read: source().read }, { fail });
    const client = await world.connect(here);
    const { file } = (await world.settle(client.submit(pipeline(5).slice(0, 1)).result)) as { file: Uint8Array };
    expect([file.length, file[0], file.at(-1)]).toEqual([5 * sliceBytes, 0, 4]);
    const commands = [...pipeline(5).slice(0, 1), { name: 'failed', fun: 'fail', args: [], after: ['file'] }];
    const failing = client.submit(commands, { returns: 'all' });
    const failure = await world.settle(failureOf(failing.result));
    expect(failure).toMatchObject({ code: 'step_failed', detail: { partial: { file: { length: 5 * sliceBytes } } } });
  });

  test('can be read twice, in part, and not at all', async ({ world }) => {
    const { read, state } = source();
    const look = async (bytes: AsyncIterable<Uint8Array>, other: AsyncIterable<Uint8Array>, _unread: AsyncIterable<Uint8Array>) => {
      let first = 0;
      for await (const slice of bytes) {
        first = slice.length;
        break;
      }
      return [first > 0, await digest(bytes), await digest(other)];
    };
    const { here, left } = await trio(world, { read }, { look });
    const said = shelf(left, { hasBytes: true });
    const file = { $ref: 'file' };
    const commands = [...pipeline(30).slice(0, 1), { name: 'looked', fun: 'look', args: [file, file, file] }];
    expect(await world.settle(here.submit(commands).result)).toEqual({ looked: [true, wanted(30), wanted(30)] });
    await world.advance(10);
    expect([state.runs, said.length]).toEqual([1, 2]);
  });

  test('is asked for more only as fast as the disk writes', async ({ world }) => {
    const gate = new GatedSpill();
    world.spill = gate;
    const { read, state } = source();
    const { here } = await trio(world, { read }, { store: sink().store });
    const run = here.submit(pipeline(30), { returns: ['stored'] });
    await world.until('the disk is asked', () => gate.waiting > 0);
    await world.advance(1_000);
    // Three slices fill the first block of 256 KiB.
    expect(state.given).toBe(3);
    gate.open();
    expect(await world.settle(run.result)).toEqual({ stored: wanted(30) });
  });

  test('of what is no bytes fails, says which item, and is left', async ({ world }) => {
    const state = { left: 0 };
    const rows = async function* () {
      try {
        yield new Uint8Array(3);
        yield { id: 1 };
        yield new Uint8Array(3);
      } finally {
        state.left += 1;
      }
    };
    const { here } = await trio(world, { rows }, {});
    const failure = await world.settle(failureOf(here.submit([{ name: 'r', fun: 'rows', args: [] }]).result));
    expect(failure).toMatchObject({
      code: 'step_failed',
      cause: { code: 'bad_result', executed: 'yes', detail: { path: [1], found: 'an object' } },
    });
    expect(String(failure)).toMatch(/of streams, only one of bytes can be a step/);
    expect(state.left).toBe(1);
  });

  test('for which there is no room fails, and leaves nothing', async ({ world }) => {
    const { read, state } = source();
    const tuning = { handOff: { memoryBytesMax: 400_000, spillBytesMax: 1_000_000 } };
    const { here } = await trio(world, { read }, { store: sink().store }, tuning);
    const failure = await world.settle(failureOf(here.submit(pipeline(30)).result));
    expect(failure).toMatchObject({ code: 'step_failed', cause: { code: 'bad_result', executed: 'yes' } });
    expect(state).toEqual({ runs: 1, left: 1, given: 15 });
    expect((world.spill as MemorySpill).bytes).toBe(0);
    // The room is free again.
    expect(await world.settle(here.submit(pipeline(13), { returns: ['stored'] }).result)).toEqual({ stored: wanted(13) });
  });

  test('that throws fails as a call does, and one that is cancelled is left', async ({ world }) => {
    const state = { left: 0 };
    const broken = async function* () {
      yield new Uint8Array(sliceBytes);
      throw new TypeError('torn');
    };
    const endless = defineFunction({
      name: 'endless',
      handler: async function* (ctx) {
        try {
          for (;;) {
            yield new Uint8Array(sliceBytes);
            await ctx.sleep(100);
          }
        } finally {
          state.left += 1;
        }
      },
    });
    const { here } = await trio(world, { broken, endless }, {});
    const failure = await world.settle(failureOf(here.submit([{ name: 'b', fun: 'broken', args: [] }]).result));
    expect(failure).toMatchObject({ cause: { code: 'function_failed', detail: { name: 'TypeError', message: 'torn' } } });
    const run = here.submit([{ name: 'e', fun: 'endless', args: [] }]);
    await world.advance(2_000);
    await world.settle(run.cancel());
    expect(await world.settle(failureOf(run.result))).toMatchObject({ code: 'cancelled', detail: { steps: { e: 'maybe' } } });
    await world.advance(1_000);
    expect(state.left).toBe(1);
    expect((world.spill as MemorySpill).bytes).toBe(0);
  });

  test('is no list to map and has no fields: refused at submit, or, where it may be something else, before its bytes travel', async ({
    world,
  }) => {
    const { here } = await trio(world, { read: source().read }, { store: sink().store });
    const [file] = pipeline(30);
    if (!file) throw new Error('the pipeline is empty');
    const submitted = (more: object, last: Command) => world.settle(failureOf(here.submit([{ ...file, ...more }, last]).result));
    const mapped = { name: 'm', fun: 'store', each: { $ref: 'file' }, args: [{ $item: true }] };
    const field = { name: 'f', fun: 'store', args: [{ $ref: 'file', path: ['length'] }] };
    for (const last of [mapped, field]) expect(await submitted({}, last)).toMatchObject({ code: 'bad_workflow', executed: 'no' });
    const other = { onFailure: { fallback: [] } };
    expect(await submitted(other, mapped)).toMatchObject({
      cause: { code: 'bad_argument', detail: { path: ['each'], found: 'a stream of bytes' } },
    });
    expect(await submitted(other, field)).toMatchObject({ cause: { code: 'bad_argument', executed: 'no' } });
  });
});

describe('a stream of bytes whose server dies while it is read', () => {
  /** The consumer stops after its first slice until `go`. */
  async function torn(world: FabricWorld, producer: Effect, consumer: Effect) {
    const { read, state } = source(producer);
    const reading = { begun: 0, go: false };
    const store = defineFunction({
      name: 'store',
      effect: consumer,
      handler: async (ctx, bytes: AsyncIterable<Uint8Array>) => {
        reading.begun += 1;
        let size = 0;
        for await (const slice of bytes) {
          size += slice.length;
          while (!reading.go) await ctx.sleep(10);
        }
        return size;
      },
    });
    const { here } = await trio(world, { read }, { store });
    const run = here.submit(pipeline(80), { returns: ['stored'] });
    await world.until('it is being read', () => reading.begun === 1);
    await world.advance(100);
    world.kill('left');
    await world.start('spare', { read });
    await world.advance(200);
    reading.go = true;
    return { run, state, reading };
  }

  test('has both steps run again, if both may', async ({ world }) => {
    const { run, state, reading } = await torn(world, 'pure', 'pure');
    expect(await world.settle(run.result)).toEqual({ stored: 80 * sliceBytes });
    expect([state.runs, reading.begun]).toEqual([2, 2]);
  });

  test('fails the step that read it, with executed: yes, if that may not run again', async ({ world }) => {
    const { run, state, reading } = await torn(world, 'pure', 'once');
    expect(await world.settle(failureOf(run.result))).toMatchObject({
      code: 'step_failed',
      detail: { step: 'stored', steps: { file: 'done', stored: 'failed' } },
      cause: {
        code: 'lease_lost',
        executed: 'yes',
        detail: { step: 'file', why: expect.stringMatching(/"stored" had begun and is not run again/) },
      },
    });
    expect([state.runs, reading.begun]).toEqual([1, 1]);
  });

  test('fails the step that read it with the reason, if the stream may not be made again', async ({ world }) => {
    const { run, state } = await torn(world, 'once', 'pure');
    expect(await world.settle(failureOf(run.result))).toMatchObject({
      cause: { code: 'lease_lost', detail: { step: 'file', why: expect.stringMatching(/read is once and is not run again/) } },
    });
    expect(state.runs).toBe(1);
  });
});

test('bytes that come back damaged are found out at the end of the stream, and made again', async ({ world }) => {
  world.spill = new DamagingSpill();
  const { read, state } = source('pure');
  const { here } = await trio(world, { read }, { store: sink().store });
  const failure = await world.settle(failureOf(here.submit(pipeline(30)).result));
  expect(failure).toMatchObject({
    cause: { code: 'lease_lost', detail: { why: expect.stringMatching(/not those that were given; step "file" was run again 3 times/) } },
  });
  expect(state.runs).toBe(4);
});

/** A disk that writes nothing until it is opened. */
class GatedSpill extends MemorySpill {
  waiting = 0;
  readonly #gate: Promise<void>;
  open: () => void = () => {};

  constructor() {
    super();
    this.#gate = new Promise((resolve) => {
      this.open = resolve;
    });
  }

  override async create(): Promise<SpillFile> {
    const file = await super.create();
    const append = async (bytes: Uint8Array): Promise<void> => {
      this.waiting += 1;
      await this.#gate;
      await file.append(bytes);
    };
    return { append, read: (at, length) => file.read(at, length), remove: () => file.remove() };
  }
}

/** A disk that flips a bit. */
class DamagingSpill extends MemorySpill {
  override async create(): Promise<SpillFile> {
    const file = await super.create();
    const read = async (at: number, length: number): Promise<Uint8Array> => {
      const bytes = await file.read(at, length);
      bytes[0] = (bytes[0] ?? 0) ^ 1;
      return bytes;
    };
    return { append: (bytes) => file.append(bytes), read, remove: () => file.remove() };
  }
}
