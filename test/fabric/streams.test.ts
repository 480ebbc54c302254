/** Streams end to end, on virtual time: through a client's entry, at the server itself, and out of a handler. */

import { describe, expect } from 'vitest';
import { z } from 'zod';
import { windowBytes } from '../../src/fabric/link/stream-port.ts';
import { defineFunction, HeddleError } from '../../src/index.ts';
import { type FabricWorld, worldTest as test } from './world.ts';

interface Reading {
  readonly items: unknown[];
  /** What the loop threw. */
  error: HeddleError | undefined;
  isOver: boolean;
}

/** A loop over a stream, under way. */
function reading(stream: AsyncIterable<unknown>): Reading & { readonly ended: Promise<void> } {
  const state: Reading = { items: [], error: undefined, isOver: false };
  const loop = async (): Promise<void> => {
    try {
      for await (const item of stream) state.items.push(item);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      state.error = error;
    } finally {
      state.isOver = true;
    }
  };
  return Object.assign(state, { ended: loop() });
}

async function readAll(world: FabricWorld, stream: AsyncIterable<unknown>): Promise<Reading> {
  const loop = reading(stream);
  await world.settle(loop.ended);
  return loop;
}

async function* count(to: number) {
  for (let n = 1; n <= to; n += 1) yield n;
}

/** A stream that never ends by itself, and what became of it. */
function watchedTicks(everyMs = 10) {
  const seen = { made: 0, left: 0, aborted: 0 };
  const ticks = defineFunction({
    name: 'ticks',
    effect: 'pure',
    handler: async function* (ctx) {
      ctx.signal.addEventListener('abort', () => {
        seen.aborted += 1;
      });
      try {
        for (;;) {
          seen.made += 1;
          yield seen.made;
          await ctx.sleep(everyMs);
        }
      } finally {
        seen.left += 1;
      }
    },
  });
  return { seen, ticks };
}

describe('a stream', () => {
  test('gives its items in order and ends, through an entry, at the server itself, and out of a handler', async ({ world }) => {
    const sum = defineFunction({
      name: 'sum',
      handler: async (ctx, to: number): Promise<number> => {
        let total = 0;
        for await (const n of ctx.stream('count', [to])) total += Number(n);
        return total;
      },
    });
    const entry = await world.start('entry', { sum });
    const owner = await world.start('owner', { count });
    const client = await world.connect(entry);
    for (const caller of [client, entry, owner]) {
      expect(await readAll(world, caller.stream('count', [3]))).toMatchObject({ items: [1, 2, 3], error: undefined });
      expect(await readAll(world, caller.stream('count', [0]))).toMatchObject({ items: [], error: undefined });
    }
    expect(await world.settle(client.call('sum', [1_000]))).toBe(500_500);
    const kinds = (await world.settle(client.catalog())).map((offer) => `${offer.function} ${offer.kind}`);
    expect(kinds).toEqual(['count stream', 'sum call']);
  });

  test('keeps 20,000 items in order', async ({ world }) => {
    const entry = await world.start('entry');
    await world.start('owner', { count });
    const client = await world.connect(entry);
    const { items, error } = await readAll(world, client.stream('count', [20_000]));
    expect(error).toBeUndefined();
    expect(items).toEqual(Array.from({ length: 20_000 }, (_, at) => at + 1));
  });

  test('keeps large items and small ones in order, each whole, whatever the handler does with its buffer', async ({ world }) => {
    const sizes = [10, 100_000, 1, 3_000_000, 70_000, 0, 200_000, 5];
    async function* blobs() {
      const buffer = new Uint8Array(4_000_000);
      for (const [at, size] of sizes.entries()) {
        buffer.fill(at + 1);
        yield buffer.subarray(0, size);
      }
    }
    const entry = await world.start('entry');
    const owner = await world.start('owner', { blobs });
    const client = await world.connect(entry);
    for (const caller of [client, owner]) {
      const { items, error } = await readAll(world, caller.stream('blobs', []));
      expect(error).toBeUndefined();
      const blobsRead = items as Uint8Array[];
      expect(blobsRead.map((blob) => blob.length)).toEqual(sizes);
      for (const [at, blob] of blobsRead.entries()) expect(blob.every((byte) => byte === at + 1)).toBe(true);
    }
  });

  test('is left when its loop is left: the generator returns, and its signal fires', async ({ world }) => {
    const { seen, ticks } = watchedTicks();
    const nested = defineFunction({
      name: 'nested',
      handler: async (ctx): Promise<number> => {
        for await (const n of ctx.stream(ticks, [])) if (n % 10 === 3) return n;
        return 0;
      },
    });
    const entry = await world.start('entry', { nested });
    const owner = await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const firstThree = async (caller: typeof client | typeof owner): Promise<void> => {
      let items = 0;
      for await (const _n of caller.stream('ticks', [])) {
        items += 1;
        if (items === 3) break;
      }
    };
    await world.settle(firstThree(client));
    await world.until('the generator returns', () => seen.left === 1, 1_000);
    await world.settle(firstThree(owner));
    await world.until('the generator returns', () => seen.left === 2, 1_000);
    seen.made = 0;
    expect(await world.settle(client.call('nested', []))).toBe(3);
    await world.until('the generator returns', () => seen.left === 3, 1_000);
    expect(seen.aborted).toBe(3);
  });

  test('out of a handler is given up with its call', async ({ world }) => {
    const { seen, ticks } = watchedTicks();
    const follow = defineFunction({
      name: 'follow',
      handler: async (ctx): Promise<void> => {
        for await (const _n of ctx.stream(ticks, [])) ctx.signal.throwIfAborted();
      },
    });
    const entry = await world.start('entry', { follow });
    await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const abort = new AbortController();
    const call = client.call('follow', [], { signal: abort.signal });
    await world.until('it runs', () => seen.made > 3);
    abort.abort(new Error('enough'));
    await expect(world.settle(call)).rejects.toMatchObject({ code: 'cancelled' });
    await world.until('the generator returns', () => seen.left === 1, 1_000);
  });

  test('ends with its signal, at once and with its reason', async ({ world }) => {
    const { seen, ticks } = watchedTicks();
    const entry = await world.start('entry');
    await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const abort = new AbortController();
    const reason = new Error('enough');
    const loop = reading(client.stream('ticks', [], { signal: abort.signal }));
    await world.until('items come', () => loop.items.length >= 3);
    abort.abort(reason);
    await world.settle(loop.ended, 0);
    expect(loop.error).toMatchObject({ code: 'cancelled', executed: 'yes', cause: reason, detail: { lastItem: loop.items.length } });
    await world.until('the generator returns', () => seen.left === 1, 1_000);
    expect(seen.aborted).toBe(1);
    const late = await readAll(world, client.stream('ticks', [], { signal: abort.signal }));
    expect(late.error).toMatchObject({ code: 'cancelled', executed: 'no' });
  });

  test('throws what its handler throws, after the items before it, and names the last one', async ({ world }) => {
    async function* rows(good: number) {
      yield* count(good);
      throw Object.assign(new RangeError('no more rows'), { data: { good } });
    }
    const entry = await world.start('entry');
    await world.start('owner', { rows });
    const client = await world.connect(entry);
    const { items, error } = await readAll(world, client.stream('rows', [2]));
    expect(items).toEqual([1, 2]);
    expect(error).toMatchObject({
      code: 'function_failed',
      executed: 'yes',
      message: 'RangeError: no more rows (the last item was number 2)',
      detail: { name: 'RangeError', data: { good: 2 }, lastItem: 2 },
    });
    const none = await readAll(world, client.stream('rows', [0]));
    expect(none.error).toMatchObject({ code: 'function_failed', executed: 'yes', detail: { lastItem: 0 } });
  });

  test('ends with bad_result at an item that cannot be sent, and its generator returns', async ({ world }) => {
    let left = 0;
    async function* rows() {
      try {
        yield { at: new Date(0) };
        yield { at: { link: new URL('http://example.org') } };
        yield { at: 'never' };
      } finally {
        left += 1;
      }
    }
    const entry = await world.start('entry');
    const owner = await world.start('owner', { rows });
    const thrown: string[] = [];
    owner.on('handler.failed', ({ stack }) => thrown.push(stack));
    const client = await world.connect(entry);
    const { items, error } = await readAll(world, client.stream('rows', []));
    expect(items).toEqual([{ at: new Date(0) }]);
    expect(thrown).toEqual([expect.stringMatching(/^bad_result: \[1\]\.at\.link .* an instance of URL$/)]);
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path: [1, 'at', 'link'], lastItem: 1 } });
    expect(left).toBe(1);
  });

  test('is read once', async ({ world }) => {
    const owner = await world.start('owner', { count });
    const stream = owner.stream('count', [2]);
    expect(await readAll(world, stream)).toMatchObject({ items: [1, 2] });
    expect(await readAll(world, stream)).toMatchObject({ items: [], error: { code: 'bad_argument' } });
  });

  test('of a handler that gives none ends with bad_result', async ({ world }) => {
    const list = defineFunction({ name: 'list', stream: true, handler: () => [1, 2] as unknown as AsyncIterable<number> });
    const owner = await world.start('owner', { list });
    const { error } = await readAll(world, owner.stream('list', []));
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { found: 'a list' } });
  });
});

describe('one kind asked for as the other', () => {
  const rig = async (world: FabricWorld) => {
    let runs = 0;
    const add = (a: number, b: number): number => {
      runs += 1;
      return a + b;
    };
    const yields = async function* () {
      runs += 1;
      yield 1;
    };
    const rows = defineFunction({ name: 'rows', output: z.number(), handler: yields });
    const entry = await world.start('entry');
    await world.start('owner', { add, rows });
    return { client: await world.connect(entry), runs: () => runs };
  };

  test('is refused with what to do, and nothing runs', async ({ world }) => {
    const { client, runs } = await rig(world);
    await expect(world.settle(client.call('rows', []))).rejects.toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      message: 'function: expected a function with one result, found the stream "rows", which is read with stream(...)',
    });
    const { error } = await readAll(world, client.stream('add', [1, 2]));
    expect(error).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      message: 'function: expected a stream, found "add", which is called with call(...)',
    });
    const step = client.submit([{ name: 'a', fun: 'rows' }]);
    await expect(world.settle(step.result)).rejects.toMatchObject({
      code: 'bad_workflow',
      message: expect.stringMatching(/each item is a number, and a step takes one result or a stream of bytes/),
    });
    expect(runs()).toBe(0);
  });

  test('is refused by its definition before anything is sent', async ({ world }) => {
    const { client } = await rig(world);
    const rows = defineFunction({ name: 'rows', handler: (_ctx, to: number) => count(to), stream: true });
    const add = defineFunction({ name: 'add', handler: (_ctx, a: number) => a });
    const asCall = rows as unknown as typeof add;
    await expect(client.call(asCall, [1])).rejects.toMatchObject({ code: 'bad_argument', detail: { path: ['function'] } });
    const { error } = await readAll(world, client.stream(add as unknown as typeof rows, [1]));
    expect(error).toMatchObject({ code: 'bad_argument', detail: { expected: 'a stream' } });
  });
});

describe('the flow of a stream', () => {
  test('stops its producer when nobody reads, whatever is between them, and goes on when somebody does', async ({ world }) => {
    let made = 0;
    // Each counts 1,002 bytes and 64; one may be over the window, and one was read.
    const inWindow = windowBytes / 1_066 + 2;
    async function* flood() {
      for (;;) {
        made += 1;
        yield 'x'.repeat(1_000);
      }
    }
    const entry = await world.start('entry');
    await world.start('owner', { flood });
    const client = await world.connect(entry);
    const reader = client.stream('flood', [])[Symbol.asyncIterator]();
    await world.settle(reader.next());
    await world.advance(5_000);
    const before = made;
    expect(before).toBeGreaterThan(1_000);
    expect(before).toBeLessThanOrEqual(inWindow);
    await world.advance(60_000);
    expect(made).toBe(before);
    for (let items = 0; items < inWindow * 0.75; items += 1) await world.settle(reader.next());
    await world.until('the producer goes on', () => made > before, 1_000);
    expect(made).toBeLessThanOrEqual(2 * inWindow);
    await world.settle(Promise.resolve(reader.return?.()));
  });

  test('lets others have their turn while both ends are in one process', async ({ world }) => {
    const owner = await world.start('owner', { count });
    const loop = reading(owner.stream('count', [100_000]));
    for (let turns = 0; turns < 5; turns += 1) await world.turn();
    expect(loop.isOver).toBe(false);
    await world.settle(loop.ended);
    expect(loop.items.length).toBe(100_000);
  });

  test('holds its place until the generator has returned', async ({ world }) => {
    let isFree = false;
    const busy = defineFunction({
      name: 'busy',
      concurrency: 1,
      handler: async function* () {
        try {
          for (;;) yield 1;
        } finally {
          while (!isFree) await new Promise((resolve) => setImmediate(resolve));
        }
      },
    });
    const owner = await world.start('owner', { busy });
    const reader = owner.stream('busy', [])[Symbol.asyncIterator]();
    await world.settle(reader.next());
    await reader.return?.();
    const refused = await readAll(world, owner.stream('busy', [], { retry: { attempts: 1 } }));
    expect(refused.error).toMatchObject({ code: 'overloaded', executed: 'no' });
    isFree = true;
    await world.turn();
    await world.turn();
    const next = owner.stream('busy', [])[Symbol.asyncIterator]();
    expect(await world.settle(next.next())).toEqual({ done: false, value: 1 });
    await next.return?.();
  });
});

describe('a stream whose generator ignores that it was left', () => {
  test('keeps its place for 5 s, then others get it', async ({ world }) => {
    const deaf = defineFunction({
      name: 'deaf',
      concurrency: 2,
      handler: async function* () {
        yield 1;
        await new Promise(() => {});
      },
    });
    const owner = await world.start('owner', { deaf });
    const asked = async (): Promise<unknown> => {
      for await (const n of owner.stream('deaf', [], { retry: { attempts: 1 } })) return n;
      return undefined;
    };
    const [kept, left] = [0, 1].map(() => owner.stream('deaf', [])[Symbol.asyncIterator]());
    for (const reader of [kept, left]) {
      await world.settle(Promise.resolve(reader?.next()));
      void reader?.next().catch(() => {});
    }
    await world.turn();
    await left?.return?.();
    await expect(world.settle(asked())).rejects.toMatchObject({ code: 'overloaded' });
    await world.advance(4_000);
    await expect(world.settle(asked())).rejects.toMatchObject({ code: 'overloaded' });
    await world.advance(2_000);
    expect(await world.settle(asked())).toBe(1);
  });
});

describe('items against the output schema', () => {
  test('are checked and changed one by one, also by a schema that takes its time', async ({ world }) => {
    const checked = defineFunction({
      name: 'checked',
      output: z.object({ n: z.number().max(3) }).transform(async ({ n }) => ({ n, even: n % 2 === 0 })),
      handler: async function* () {
        for await (const n of count(5)) yield { n };
      },
    });
    const entry = await world.start('entry');
    await world.start('owner', { checked });
    const client = await world.connect(entry);
    const { items, error } = await readAll(world, client.stream(checked, []));
    expect(items).toEqual([
      { n: 1, even: false },
      { n: 2, even: true },
      { n: 3, even: false },
    ]);
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path: [3, 'n'], lastItem: 3 } });
  });
});

describe('the time of a stream', () => {
  test('has no end by itself: a slow generator goes on, and so does one whose reader is slow', async ({ world }) => {
    const { seen, ticks } = watchedTicks(45_000);
    const entry = await world.start('entry');
    await world.start('owner', { ticks, count });
    const client = await world.connect(entry);
    const slow = reading(client.stream('ticks', []));
    const stopped = client.stream('count', [3])[Symbol.asyncIterator]();
    await world.settle(stopped.next());
    await world.advance(600_000);
    expect(slow).toMatchObject({ isOver: false });
    expect(slow.items.length).toBeGreaterThanOrEqual(13);
    expect(await world.settle(stopped.next())).toMatchObject({ value: 2 });
    expect(seen).toMatchObject({ left: 0 });
  });

  test('is bounded by timeoutMs, of which the handler hears', async ({ world }) => {
    const { seen, ticks } = watchedTicks(100);
    const entry = await world.start('entry');
    await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const { items, error } = await readAll(world, client.stream('ticks', [], { timeoutMs: 1_000 }));
    expect(items.length).toBeGreaterThan(5);
    expect(error).toMatchObject({ code: 'deadline_exceeded', executed: 'yes', detail: { timeoutMs: 1_000, lastItem: items.length } });
    expect(seen).toMatchObject({ left: 1, aborted: 1 });
  });

  test('gives calls out of it the usual deadline', async ({ world }) => {
    const left: number[] = [];
    const inner = defineFunction({ name: 'inner', handler: (ctx) => left.push(ctx.remainingMs()) });
    const outer = defineFunction({
      name: 'outer',
      handler: async function* (ctx) {
        yield await ctx.call(inner, []);
      },
    });
    const owner = await world.start('owner', { inner, outer });
    await readAll(world, owner.stream('outer', []));
    await readAll(world, owner.stream('outer', [], { timeoutMs: 5_000 }));
    expect(left.map((ms) => Math.ceil(ms / 1_000))).toEqual([30, 5]);
  });

  test('ends after 30 s of silence, on both sides', async ({ world }) => {
    const { seen, ticks } = watchedTicks(1_000);
    const entry = await world.start('entry', { ticks });
    const client = await world.connect(entry);
    const loop = reading(client.stream('ticks', []));
    await world.until('items come', () => loop.items.length >= 2);
    const { items } = loop;
    const known = items.length;
    world.network.weather.cut('entry', 'client-1');
    world.network.weather.cut('client-1', 'entry');
    await world.advance(29_000);
    expect([loop.isOver, seen.left]).toEqual([false, 0]);
    await world.advance(2_000);
    expect(loop.error).toMatchObject({ code: 'deadline_exceeded', detail: { timeoutMs: 30_000, lastItem: known } });
    await world.advance(11_000);
    expect(seen).toMatchObject({ left: 1, aborted: 1 });
    world.network.weather.heal('entry', 'client-1');
    world.network.weather.heal('client-1', 'entry');
  });
});

describe('a stream whose connection is lost', () => {
  test('ends there, names the last item, and is not begun anew elsewhere', async ({ world }) => {
    const { seen, ticks } = watchedTicks();
    const other = watchedTicks();
    const entry = await world.start('entry');
    await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const loop = reading(client.stream('ticks', []));
    await world.until('items come', () => loop.items.length >= 5);
    await world.start('other', { ticks: other.ticks });
    world.kill('owner');
    await world.settle(loop.ended);
    expect(loop.error).toMatchObject({
      code: 'connection_lost',
      executed: 'maybe',
      detail: { server: 'owner', lastItem: loop.items.length },
    });
    expect(loop.items).toEqual(Array.from({ length: loop.items.length }, (_, at) => at + 1));
    expect(seen.made).toBeGreaterThanOrEqual(loop.items.length);
    expect(other.seen.made).toBe(0);
  });

  test('goes elsewhere as a call does while nothing of it has come', async ({ world }) => {
    const began: string[] = [];
    const slow = (name: string) =>
      defineFunction({
        name: 'slow',
        effect: 'pure',
        handler: async function* (ctx) {
          began.push(name);
          await ctx.sleep(1_000);
          yield name;
        },
      });
    const entry = await world.start('entry');
    await world.start('one', { slow: slow('one') });
    const client = await world.connect(entry);
    const loop = reading(client.stream('slow', []));
    await world.until('it runs', () => began.length === 1);
    await world.start('two', { slow: slow('two') });
    world.kill('one');
    await world.settle(loop.ended);
    expect(loop).toMatchObject({ items: ['two'], error: undefined });
  });

  test('tells its generator when it is the caller that is gone', async ({ world }) => {
    const { seen, ticks } = watchedTicks();
    const entry = await world.start('entry');
    await world.start('owner', { ticks });
    const client = await world.connect(entry);
    const loop = reading(client.stream('ticks', []));
    await world.until('items come', () => loop.items.length >= 2);
    world.breakLinks('client-1');
    await world.settle(loop.ended);
    expect(loop.error).toMatchObject({ code: 'connection_lost', detail: { lastItem: loop.items.length } });
    await world.until('the generator returns', () => seen.left === 1, 1_000);
  });
});

describe('a server that drains', () => {
  test('lets its streams go on until they end, or until the drain does', async ({ world }) => {
    const { seen, ticks } = watchedTicks(100);
    const brief = defineFunction({
      name: 'brief',
      handler: async function* (ctx) {
        for await (const n of count(20)) {
          yield n;
          await ctx.sleep(100);
        }
      },
    });
    const entry = await world.start('entry');
    const owner = await world.start('owner', { ticks, brief }, { tuning: { drainGraceMs: 5_000 } });
    const client = await world.connect(entry);
    const [ending, endless] = [reading(client.stream('brief', [])), reading(client.stream('ticks', []))];
    await world.until('items come', () => endless.items.length >= 2);
    await world.settle(owner.drain());
    expect(ending).toMatchObject({ items: Array.from({ length: 20 }, (_, at) => at + 1), error: undefined });
    expect(endless.items.length).toBeGreaterThan(30);
    await world.settle(endless.ended);
    expect(endless.error).toMatchObject({ code: 'connection_lost', detail: { lastItem: endless.items.length } });
    expect(seen.left).toBe(1);
  });
});
