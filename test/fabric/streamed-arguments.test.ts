/** Streamed last arguments end to end, on virtual time. */

import { describe, expect } from 'vitest';
import { windowBytes } from '../../src/fabric/link/stream-port.ts';
import { defineFunction, type HeddleError } from '../../src/index.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

async function* count(to: number) {
  for (let n = 1; n <= to; n += 1) yield n;
}

const total = defineFunction({
  name: 'total',
  handler: async (_ctx, factor: number, numbers: AsyncIterable<number>): Promise<number> => {
    let sum = 0;
    for await (const n of numbers) sum += n * factor;
    return sum;
  },
});

const doubled = defineFunction({
  name: 'doubled',
  handler: async function* (_ctx, numbers: AsyncIterable<number>) {
    for await (const n of numbers) yield 2 * n;
  },
});

/** Items without end, and what became of their source. */
function watchedSource(item: (n: number) => unknown = (n) => n) {
  const seen = { made: 0, left: 0 };
  const source = async function* (): AsyncGenerator<unknown> {
    try {
      for (;;) {
        seen.made += 1;
        yield item(seen.made);
      }
    } finally {
      seen.left += 1;
    }
  };
  return { seen, source };
}

async function failureOf(world: FabricWorld, promise: Promise<unknown>): Promise<HeddleError> {
  return world.settle(
    promise.then(
      () => {
        throw new Error('it did not fail');
      },
      (error: HeddleError) => error,
    ),
  );
}

async function listOf(stream: AsyncIterable<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a streamed last argument', () => {
  test('arrives in order and to its end, of a call and of a stream, through an entry and here', async ({ world }) => {
    const entry = await world.start('entry');
    const owner = await world.start('owner', { total, doubled });
    const client = await world.connect(entry);
    for (const caller of [client, entry, owner]) {
      expect(await world.settle(caller.call(total, [2, count(3_000)]))).toBe(9_003_000);
      expect(await world.settle(caller.call(total, [2, count(0)]))).toBe(0);
      const twice = await world.settle(listOf(caller.stream(doubled, [count(2_000)])));
      expect(twice).toEqual(Array.from({ length: 2_000 }, (_, at) => 2 * (at + 1)));
    }
  });

  test('may be passed on by a handler that reads one', async ({ world }) => {
    const outer = defineFunction({
      name: 'outer',
      handler: (ctx, numbers: AsyncIterable<number>): Promise<number> => ctx.call(total, [10, numbers]),
    });
    const entry = await world.start('entry', { outer });
    await world.start('owner', { total });
    const client = await world.connect(entry);
    expect(await world.settle(client.call(outer, [count(100)]))).toBe(50_500);
  });

  test('keeps large items and small ones in order', async ({ world }) => {
    const sizes = [10, 100_000, 1, 3_000_000, 70_000, 0];
    const lengths = defineFunction({
      name: 'lengths',
      handler: async (_ctx, blobs: AsyncIterable<Uint8Array>): Promise<number[]> => {
        const found: number[] = [];
        for await (const blob of blobs) found.push(blob.every((byte) => byte === found.length) ? blob.length : -1);
        return found;
      },
    });
    async function* blobs() {
      const buffer = new Uint8Array(4_000_000);
      for (const [at, size] of sizes.entries()) yield buffer.fill(at).subarray(0, size);
    }
    const entry = await world.start('entry');
    await world.start('owner', { lengths });
    const client = await world.connect(entry);
    expect(await world.settle(client.call(lengths, [blobs()]))).toEqual(sizes);
  });

  test('is stopped by a handler that does not read, and left when the call is over', async ({ world }) => {
    const { seen, source } = watchedSource((n) => `${n}`.padEnd(1_000));
    const first = defineFunction({
      name: 'first',
      handler: async (ctx, texts: AsyncIterable<string>): Promise<string> => {
        for await (const text of texts) {
          await ctx.sleep(20_000);
          return text.trim();
        }
        return 'none';
      },
    });
    const entry = await world.start('entry');
    await world.start('owner', { first });
    const client = await world.connect(entry);
    const call = client.call('first', [source()]);
    await world.advance(10_000);
    // Each counts 1,002 bytes and 64.
    expect(seen.made).toBeGreaterThan(1_000);
    expect(seen.made).toBeLessThanOrEqual(windowBytes / 1_066 + 2);
    expect(await world.settle(call)).toBe('1');
    await world.turn();
    expect(seen.left).toBe(1);
  });

  test('that fails ends the handler’s loop with that error', async ({ world }) => {
    async function* broken() {
      yield* count(2);
      throw new RangeError('the disk is gone');
    }
    const entry = await world.start('entry');
    await world.start('owner', { total });
    const client = await world.connect(entry);
    const error = await failureOf(world, client.call(total, [1, broken()]));
    expect(error).toMatchObject({ code: 'function_failed', executed: 'yes' });
    expect(error.message).toContain('RangeError: the disk is gone');
  });

  test('with an item that cannot be sent ends the handler’s loop, and is left', async ({ world }) => {
    const { seen, source } = watchedSource((n) => (n < 3 ? n : { link: new URL('http://example.org') }));
    const entry = await world.start('entry');
    await world.start('owner', { total });
    const client = await world.connect(entry);
    const error = await failureOf(world, client.call('total', [1, source()]));
    expect(error).toMatchObject({ code: 'function_failed', detail: { cause: { code: 'bad_argument', detail: { path: ['link'] } } } });
    expect(seen.left).toBe(1);
  });

  test('ends with its call: an abort ends the handler’s loop and leaves the source', async ({ world }) => {
    const { seen, source } = watchedSource();
    const ends: unknown[] = [];
    const swallow = defineFunction({
      name: 'swallow',
      handler: async (ctx, numbers: AsyncIterable<number>): Promise<void> => {
        try {
          for await (const _n of numbers) await ctx.sleep(10);
        } catch (error) {
          ends.push(error);
        }
      },
    });
    const entry = await world.start('entry');
    await world.start('owner', { swallow });
    const client = await world.connect(entry);
    const abort = new AbortController();
    const call = client.call('swallow', [source()], { signal: abort.signal });
    await world.advance(1_000);
    abort.abort();
    expect(await failureOf(world, call)).toMatchObject({ code: 'cancelled', executed: 'maybe' });
    await world.advance(100);
    expect(ends).toMatchObject([{ code: 'cancelled' }]);
    expect(seen.left).toBe(1);
  });

  test('is not touched by a call that does not run', async ({ world }) => {
    const { seen, source } = watchedSource();
    const strict = defineFunction({ name: 'total', version: '2.0.0', concurrency: 1, handler: () => 0 });
    const entry = await world.start('entry');
    await world.start('owner', { strict });
    const client = await world.connect(entry);
    await expect(world.settle(client.call('total', [source()], { version: '^3' }))).rejects.toMatchObject({ executed: 'no' });
    await expect(world.settle(client.call('nothing', [source()]))).rejects.toMatchObject({ code: 'no_such_function' });
    expect(seen).toEqual({ made: 0, left: 0 });
  });

  test('goes to another server while nothing of it was sent, and to none afterwards', async ({ world }) => {
    const runs: string[] = [];
    const place = (name: string) =>
      defineFunction({
        name: 'place',
        effect: 'pure',
        concurrency: 1,
        handler: async (_ctx, numbers: AsyncIterable<number>): Promise<string> => {
          runs.push(name);
          for await (const _n of numbers);
          return name;
        },
      });
    const entry = await world.start('entry');
    await world.start('one', { place: place('one') });
    const client = await world.connect(entry);
    async function* oneIn10s() {
      for (let n = 1; ; n += 1) {
        yield n;
        await new Promise<void>((resolve) => world.clock.schedule(10_000, resolve));
      }
    }
    const busy = client.call('place', [oneIn10s()]);
    busy.catch(() => {});
    await world.until('it runs', () => runs.length === 1);
    await world.start('two', { place: place('two') });
    // One has its only place taken: whatever comes there waits, is refused unrun, and then goes to two.
    for (let calls = 1; calls <= 5; calls += 1) expect(await world.settle(client.call('place', [count(5)]))).toBe('two');
    world.kill('one');
    expect(await failureOf(world, busy)).toMatchObject({ code: 'connection_lost', executed: 'maybe' });
    expect(runs).toEqual(['one', 'two', 'two', 'two', 'two', 'two']);
  });

  test('gives its call no deadline but the one that it asks for', async ({ world }) => {
    async function* slow() {
      for (let n = 1; n <= 5; n += 1) {
        await new Promise<void>((resolve) => world.clock.schedule(20_000, resolve));
        yield n;
      }
    }
    const entry = await world.start('entry');
    await world.start('owner', { total });
    const client = await world.connect(entry);
    expect(await world.settle(client.call(total, [1, slow()]))).toBe(15);
    const error = await failureOf(world, client.call(total, [1, slow()], { timeoutMs: 30_000 }));
    expect(error).toMatchObject({ code: 'deadline_exceeded', executed: 'maybe' });
  });
});
