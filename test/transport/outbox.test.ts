import { expect, test } from 'vitest';
import { readBatch } from '../../src/transport/batch-codec.ts';
import { batchBytesMax, batchFramesMax, outboxBytesMax, writableBytesMax } from '../../src/transport/limits.ts';
import { Outbox } from '../../src/transport/outbox.ts';

/** The end of this turn, all ticks and microtasks included. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An outbox whose stream takes a message when told. */
function world() {
  const batches: number[][] = [];
  const taken: (() => void)[] = [];
  const heard: string[] = [];
  const waiting: number[] = [];
  const outbox = new Outbox({
    write: (message, done) => {
      const batch: number[] = [];
      readBatch(message, {
        frame: (frame) => batch.push(frame[0] ?? -1),
        welcome: () => {},
        wantsBulk: () => {},
        last: () => {},
      });
      expect(message.length).toBeLessThanOrEqual(batchBytesMax);
      batches.push(batch);
      taken.push(done);
    },
    onWritable: () => heard.push('writable'),
    onWaiting: (bytes) => waiting.push(bytes),
    onOverflow: () => heard.push('overflow'),
  });
  const push = (first: number, bytes = 1): void => outbox.push(new Uint8Array(bytes).fill(first));
  /** The stream takes what is outstanding until nothing is. */
  const takeAll = (): void => {
    for (let done = taken.shift(); done; done = taken.shift()) done();
  };
  return { outbox, batches, taken, heard, waiting, push, takeAll };
}

test('frames of one turn leave as one batch at its end (O1)', async () => {
  const { outbox, batches, push } = world();
  outbox.uncork();
  push(1);
  push(2);
  void Promise.resolve()
    .then(() => {})
    .then(() => push(3));
  expect(batches).toEqual([]);
  await turn();
  expect(batches).toEqual([[1, 2, 3]]);
});

test('frames that come while a write is outstanding wait for its end (O1, O3)', async () => {
  const { outbox, batches, taken, push } = world();
  outbox.uncork();
  push(1);
  await turn();
  push(2);
  await turn();
  push(3);
  await turn();
  expect(batches).toEqual([[1]]);
  taken.shift()?.();
  expect(batches).toEqual([[1], [2, 3]]);
});

test('nothing leaves before the greeting is over', async () => {
  const { outbox, batches, push } = world();
  push(1);
  push(2);
  await turn();
  expect(batches).toEqual([]);
  outbox.uncork();
  expect(batches).toEqual([[1, 2]]);
});

test('a batch closes at its count and at its bytes (O2)', () => {
  const { outbox, batches, push, takeAll } = world();
  for (let nth = 0; nth < 2 * batchFramesMax + 1; nth += 1) push(nth & 0xff);
  for (let nth = 0; nth < 6; nth += 1) push(nth, 100_000);
  outbox.uncork();
  takeAll();
  expect(batches.map((batch) => batch.length)).toEqual([1024, 1024, 3, 2, 2]);
  const order = batches.flat();
  expect(order.slice(0, 2049)).toEqual(Array.from({ length: 2049 }, (_, nth) => nth & 0xff));
  expect(order.slice(2049)).toEqual([0, 1, 2, 3, 4, 5]);
});

test('a full outbox is unwritable until half of it is gone, told once (O4)', () => {
  const { outbox, heard, taken, push } = world();
  let bytes = 0;
  for (; outbox.isWritable; bytes += 100_004) push(1, 100_000);
  expect(bytes).toBeGreaterThan(writableBytesMax);
  outbox.uncork();
  while (!outbox.isWritable) taken.shift()?.();
  expect(heard).toEqual(['writable']);
});

test('beyond its limit it overflows once and keeps nothing (O4)', async () => {
  const { outbox, heard, batches, push } = world();
  for (let bytes = 0; bytes <= outboxBytesMax; bytes += 128 * 1024) push(1, 128 * 1024);
  expect(heard).toEqual(['overflow']);
  push(2);
  outbox.uncork();
  await turn();
  expect(batches).toEqual([]);
});

test('it calls back once everything was taken', async () => {
  const { outbox, heard, taken, push } = world();
  outbox.uncork();
  push(1);
  await turn();
  push(2);
  outbox.whenFlushed(() => heard.push('flushed'));
  taken.shift()?.();
  expect(heard).toEqual([]);
  taken.shift()?.();
  expect(heard).toEqual(['flushed']);
  outbox.whenFlushed(() => heard.push('at once'));
  expect(heard).toEqual(['flushed', 'at once']);
});

test('what waits for a peer that does not read is told for as long as it is much (O4)', async () => {
  const { outbox, waiting, push, takeAll } = world();
  outbox.uncork();
  push(1, 1000);
  await turn();
  for (let nth = 0; nth < 20; nth += 1) push(nth, writableBytesMax / 16);
  expect(Math.min(...waiting)).toBeGreaterThan(writableBytesMax);
  expect(waiting.at(-1)).toBeGreaterThanOrEqual(1.25 * writableBytesMax);
  takeAll();
  expect(waiting.at(-1)).toBeLessThanOrEqual(writableBytesMax / 2);
});
