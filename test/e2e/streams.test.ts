/** Streams between real processes: a client here, its entry, and the server that owns the functions. */

import { type Client, HeddleError } from 'heddle';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { within } from '../within.ts';
import { connected } from './connected.ts';
import { functionsModule, type ServerProcess, Stage } from './processes.ts';

const stage = new Stage();
let entry: ServerProcess;
let owner: ServerProcess;
let client: Client;

beforeAll(async () => {
  entry = await stage.serve('entry');
  owner = await stage.serve('owner', functionsModule, '--join', entry.url);
  client = await connected(entry.url);
  await within('the owner is known', 10_000, async () => (await client.catalog()).some((offer) => offer.function === 'blobs'));
}, 60_000);

afterAll(() => client.close());

/** Reads until the loop throws or `enough` says so; gives what came and what was thrown. */
async function read(stream: AsyncIterable<unknown>, enough: (items: readonly unknown[]) => boolean | Promise<boolean>) {
  const items: unknown[] = [];
  try {
    for await (const item of stream) {
      items.push(item);
      if (await enough(items)) break;
    }
    return { items, error: undefined };
  } catch (error) {
    if (HeddleError.is(error)) return { items, error };
    throw error;
  }
}

describe('a stream through an entry', { timeout: 90_000 }, () => {
  test('brings an item of 64 MiB and 10,000 small ones, whole and in order', async () => {
    const sizes = [5, 64 * 1024 * 1024, 3, 300_000, 0, 64 * 1024, 64 * 1024 + 1];
    let next = 0;
    for await (const blob of client.stream('blobs', [sizes])) {
      const bytes = blob as Uint8Array;
      expect(bytes.length).toBe(sizes[next]);
      expect(bytes.every((byte) => byte === next)).toBe(true);
      next += 1;
    }
    expect(next).toBe(sizes.length);
    const { items } = await read(client.stream('flood', [100]), (seen) => seen.length === 10_000);
    expect(items.map(Number)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
  });

  test('that nobody reads stops its producer, and no process grows', async () => {
    const madeSoFar = async (): Promise<number> => Number(await client.call('made', []));
    const before = await madeSoFar();
    const readers = Array.from({ length: 20 }, () => client.stream('flood', [10_000])[Symbol.asyncIterator]());
    await Promise.all(readers.map((reader) => reader.next()));
    let last = -1;
    const stopped = await within('the producers stop', 10_000, async () => {
      const now = await madeSoFar();
      const isStill = now === last;
      last = now;
      return isStill ? now : 0;
    });
    // 16 windows of 2 MiB and 4 of 32 KiB, of items that count 10,066 bytes; one may be over each, and one was read of each.
    expect(stopped - before).toBeLessThanOrEqual(16 * (209 + 2) + 4 * (4 + 2));
    const memory = Number(await client.call('memory', []));
    for (let turn = 0; turn < 200; turn += 1) await Promise.all(readers.map((reader) => reader.next()));
    for (const reader of readers) await reader.return?.();
    // 40 MB went through.
    expect((await madeSoFar()) - before).toBeGreaterThanOrEqual(20 * 200);
    expect(Number(await client.call('memory', [])) - memory).toBeLessThan(150_000_000);
  });

  test('whose entry is killed ends with its last item, and its generator returns', async () => {
    const other = await stage.serve('other', '--join', entry.url);
    const visitor = await connected(other.url);
    await within('the owner is known there', 10_000, async () => (await visitor.catalog()).some((offer) => offer.function === 'numbers'));
    const { items, error } = await read(visitor.stream('numbers', []), async (seen) => {
      if (seen.length === 10) await other.process.kill('SIGKILL');
      return false;
    });
    expect(error).toMatchObject({ code: 'connection_lost', executed: 'maybe', detail: { lastItem: items.length } });
    expect(items).toEqual(Array.from({ length: items.length }, (_, at) => at + 1));
    await owner.process.line(/^numbers left/);
    await visitor.close();
  });

  test('fault 2: kill -9 during a streamed response: the error names the last item received, and nothing is begun anew', async () => {
    const { items, error } = await read(client.stream('numbers', []), async (seen) => {
      if (seen.length === 20) await owner.process.kill('SIGKILL');
      return false;
    });
    expect(items.length).toBeGreaterThanOrEqual(20);
    expect(items).toEqual(Array.from({ length: items.length }, (_, at) => at + 1));
    expect(error).toMatchObject({ code: 'connection_lost', executed: 'maybe', detail: { server: 'owner', lastItem: items.length } });
    expect(error?.message).toBe(`the connection to owner was lost while the call was in flight (the last item was number ${items.length})`);
  });
});
