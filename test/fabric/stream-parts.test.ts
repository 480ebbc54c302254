/** The parts of a stream, one at a time: pump, reader, pulse, windows, and the queue of items before a link. */

import { describe, expect, test } from 'vitest';
import type { Clock } from '../../src/base/clock.ts';
import { DeadlineWheel } from '../../src/base/deadline-wheel.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Payload } from '../../src/core/payload.ts';
import { HeddleError } from '../../src/errors.ts';
import { ItemQueue } from '../../src/fabric/link/item-queue.ts';
import { beatMs, costOf, silenceMsMax, wideWindowsMax, windowBytes, windowBytesMin } from '../../src/fabric/link/stream-port.ts';
import { StreamPulse } from '../../src/fabric/stream/stream-pulse.ts';
import { type PumpEnd, StreamPump } from '../../src/fabric/stream/stream-pump.ts';
import { StreamReader } from '../../src/fabric/stream/stream-reader.ts';
import { StreamWindows } from '../../src/fabric/stream/stream-windows.ts';
import type { Frame } from '../../src/wire/frame.ts';
import { decodeValue, encodeValue } from '../../src/wire/value.ts';
import { settle } from './serving-rig.ts';

const failed = new HeddleError('connection_lost', { server: 'owner' });
/** What an item of one digit costs: a byte, and 64. */
const digitCost = 65;

function pumpOf(source: AsyncIterable<unknown>, credit: number, write: (item: unknown) => Payload | Promise<Payload> = encodeValue) {
  const sent: unknown[] = [];
  const ends: PumpEnd[] = [];
  const pump = new StreamPump({
    source,
    credit,
    write: (item) => write(item),
    send: (value) => sent.push(decodeValue(value)),
    ended: (end) => ends.push(end),
  });
  pump.start();
  return { pump, sent, ends };
}

async function* digits(seen: { left: number } = { left: 0 }) {
  try {
    for (;;) for (let n = 1; n <= 9; n += 1) yield n;
  } finally {
    seen.left += 1;
  }
}

describe('a pump', () => {
  test('P1: asks for an item only while there is credit, one over it at most', async () => {
    const { pump, sent } = pumpOf(digits(), digitCost + 1);
    await settle();
    await settle();
    expect(sent).toEqual([1, 2]);
    pump.grant(digitCost);
    await settle();
    await settle();
    expect(sent).toEqual([1, 2, 3]);
    pump.grant(0);
    await settle();
    expect(sent.length).toBe(3);
  });

  test('P1: asks for none when the credit is used up to the byte', async () => {
    const { pump, sent } = pumpOf(digits(), digitCost);
    await settle();
    await settle();
    expect(sent).toEqual([1]);
    pump.stop();
  });

  test('P2, P3: is over once, when the source that it left has returned', async () => {
    const seen = { left: 0 };
    const { pump, ends } = pumpOf(digits(seen), digitCost);
    await settle();
    await settle();
    expect(ends).toEqual([]);
    pump.stop();
    pump.stop();
    await settle();
    await settle();
    expect([seen.left, ends]).toEqual([1, [{ kind: 'left' }]]);
  });

  test('P2: tells a source that ran out, one that threw, and an item that could not be written, of which the source hears', async () => {
    async function* two() {
      yield 1;
      yield 2;
    }
    const done = pumpOf(two(), 1_000);
    const thrown = new RangeError('gone');
    async function* broken() {
      yield 1;
      throw thrown;
    }
    const threw = pumpOf(broken(), 1_000);
    const seen = { left: 0 };
    const unwritten = pumpOf(digits(seen), 10_000, (item) => (item === 4 ? Promise.reject(failed) : Promise.resolve(encodeValue(item))));
    await settle();
    await settle();
    expect([done.sent, done.ends]).toEqual([[1, 2], [{ kind: 'done' }]]);
    expect([threw.sent, threw.ends]).toEqual([[1], [{ kind: 'threw', thrown }]]);
    expect([unwritten.sent, unwritten.ends, seen.left]).toEqual([[1, 2, 3], [{ kind: 'unwritten', problem: failed }], 1]);
  });

  test('P2: a source that cannot be read, or throws while it is left, ends it all the same', async () => {
    const unreadable: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => {
        throw failed;
      },
    };
    const rude: AsyncIterable<unknown> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.resolve({ done: false, value: 1 }),
        return: () => Promise.reject(new Error('never')),
      }),
    };
    const [first, second] = [pumpOf(unreadable, 1_000), pumpOf(rude, digitCost)];
    await settle();
    second.pump.stop();
    await settle();
    await settle();
    expect(first.ends).toEqual([{ kind: 'threw', thrown: failed }]);
    expect(second.ends).toEqual([{ kind: 'left' }]);
  });

  test('P4: sends the bytes as they were when they were yielded', async () => {
    const buffer = new Uint8Array(3);
    async function* rewritten() {
      for (let n = 1; n <= 3; n += 1) yield buffer.fill(n);
    }
    const { sent } = pumpOf(rewritten(), 10_000);
    await settle();
    expect(sent).toEqual([new Uint8Array([1, 1, 1]), new Uint8Array([2, 2, 2]), new Uint8Array([3, 3, 3])]);
  });

  test('P5: gives others a turn of the event loop', async () => {
    const { pump, sent } = pumpOf(digits(), 1e9);
    await settle();
    expect(sent.length).toBeLessThanOrEqual(512);
    pump.stop();
  });
});

function readerOf(window = 10 * digitCost) {
  const grants: number[] = [];
  const lefts: string[] = [];
  const reader = new StreamReader({
    window,
    grant: (bytes) => grants.push(bytes),
    left: (reason) => lefts.push(reason),
    thrown: (error, taken) => ({ error, taken }),
  });
  const put = (...items: readonly unknown[]): void => {
    for (const item of items) reader.put(encodeValue(item));
  };
  return { reader, put, grants, lefts };
}

describe('a reader', () => {
  test('R1: gives what came before the end, then the end, for ever', async () => {
    const { reader, put, lefts } = readerOf();
    put(1, 2);
    reader.end();
    put(3);
    expect([await reader.next(), await reader.next(), await reader.next(), await reader.next()]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(lefts).toEqual([]);
  });

  test('R1: throws a failure once, after the items, with their number; at once when it is this side’s own', async () => {
    const { reader, put } = readerOf();
    put(1, 2);
    reader.fail(failed);
    await reader.next();
    await reader.next();
    await expect(reader.next()).rejects.toEqual({ error: failed, taken: 2 });
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    const own = readerOf();
    own.put(1, 2);
    own.reader.fail(failed, true);
    await expect(own.reader.next()).rejects.toEqual({ error: failed, taken: 0 });
  });

  test('R2: gives credit back in halves of the window, as items are taken', async () => {
    const { reader, put, grants } = readerOf(4 * digitCost);
    put(1, 2, 3, 4);
    expect(grants).toEqual([]);
    await reader.next();
    expect(grants).toEqual([]);
    await reader.next();
    expect(grants).toEqual([2 * digitCost]);
    await reader.next();
    await reader.next();
    expect(grants).toEqual([2 * digitCost, 2 * digitCost]);
    // What was given back may be sent.
    put(5, 6, 7, 8);
    expect(await reader.next()).toEqual({ done: false, value: 5 });
  });

  test('R2: takes one item over the window; a sender that goes on has broken the protocol', async () => {
    const { reader, put, lefts } = readerOf(digitCost + 1);
    put(1, 2);
    expect(lefts).toEqual([]);
    put(3);
    expect(lefts).toEqual(['a stream sent more than it was granted']);
    await expect(reader.next()).rejects.toMatchObject({ error: { code: 'protocol_error' } });
  });

  test('R3: answers several who wait in order, items and end', async () => {
    const { reader, put } = readerOf();
    const waiting = [reader.next(), reader.next(), reader.next(), reader.next()];
    put(1, 2);
    reader.fail(failed);
    expect(await Promise.allSettled(waiting)).toMatchObject([
      { value: { value: 1 } },
      { value: { value: 2 } },
      { reason: { error: failed, taken: 2 } },
      { value: { done: true } },
    ]);
  });

  test('that is left says so once, keeps nothing, and is over', async () => {
    const { reader, put, lefts } = readerOf();
    put(1, 2);
    await reader.return();
    await reader.return();
    put(3);
    expect(lefts).toEqual(['the reader left the stream']);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
    const ended = readerOf();
    ended.reader.end();
    await ended.reader.return();
    expect(ended.lefts).toEqual([]);
  });

  test('that cannot read an item leaves the stream with what the peer did', async () => {
    const { reader, lefts } = readerOf();
    reader.put({ encoding: 'json', bytes: Buffer.from('{') });
    await expect(reader.next()).rejects.toMatchObject({ error: { code: 'protocol_error' } });
    expect(lefts.length).toBe(1);
    expect(await reader.next()).toEqual({ done: true, value: undefined });
  });
});

describe('a pulse', () => {
  const rig = (patienceMs = 0) => {
    const virtual = new VirtualClock(1_000);
    const stood = { ms: 0 };
    /** Time that passes without timers is time in which the process stood still. */
    const clock: Clock = {
      nowMs: () => virtual.nowMs() + stood.ms,
      wallMs: () => virtual.wallMs(),
      schedule: (ms, task) => virtual.schedule(ms, task),
    };
    const seen = { said: 0, silent: 0 };
    const pulse: StreamPulse = new StreamPulse(
      {
        clock,
        wheel: new DeadlineWheel(clock),
        say: () => {
          seen.said += 1;
        },
        silent: () => {
          seen.silent += 1;
          pulse.stop();
        },
      },
      patienceMs,
    ).start();
    /** So many seconds, with a word of the other side in each if `heard`. */
    const seconds = (count: number, heard: 'heard' | 'silent'): void => {
      for (let second = 0; second < count; second += 1) {
        if (heard === 'heard') pulse.heard();
        for (let step = 0; step < 10; step += 1) virtual.advance(100);
      }
    };
    return { stood, pulse, seen, seconds };
  };

  test('U1: speaks after 10 s of its own silence, and not while it says other things', () => {
    const { pulse, seen, seconds } = rig();
    seconds(beatMs / 1_000 - 1, 'heard');
    expect(seen.said).toBe(0);
    seconds(2, 'heard');
    expect(seen.said).toBe(1);
    for (let second = 0; second < 60; second += 1) {
      pulse.said();
      seconds(1, 'heard');
    }
    expect(seen.said).toBe(1);
    pulse.stop();
  });

  test('U2: gives up after 30 s without a word, once, and not before', () => {
    const { seen, seconds } = rig();
    seconds(100, 'heard');
    seconds(silenceMsMax / 1_000 - 2, 'silent');
    expect(seen.silent).toBe(0);
    seconds(3, 'silent');
    expect(seen.silent).toBe(1);
    seconds(100, 'silent');
    expect(seen.silent).toBe(1);
  });

  test('U2: does not count the time in which its own process stood still', () => {
    const { stood, pulse, seen, seconds } = rig();
    seconds(5, 'heard');
    stood.ms = 60_000;
    seconds(10, 'silent');
    expect(seen.silent).toBe(0);
    seconds(30, 'silent');
    expect(seen.silent).toBe(1);
    pulse.stop();
  });

  test('U2: waits as much longer for the first word as its call may wait for a server', () => {
    const { seen, seconds } = rig(20_000);
    seconds(45, 'silent');
    expect(seen.silent).toBe(0);
    seconds(10, 'silent');
    expect(seen.silent).toBe(1);
  });
});

describe('before a link that takes no more', () => {
  const item = (id: number, n: number, isFromOpener = false): Frame => ({ kind: 'item', id, value: encodeValue(n), isFromOpener });
  const reply = (id: number): Frame => ({ kind: 'reply', id, outcome: { ok: true, value: encodeValue(null) } });

  test('Q1: items wait in order, and leave while it is writable', () => {
    const queue = new ItemQueue();
    expect(queue.holds(item(1, 1), true)).toBe(false);
    expect([queue.holds(item(1, 2), false), queue.holds(item(2, 1), true), queue.holds(item(1, 3), true)]).toEqual([true, true, true]);
    const sent: Frame[] = [];
    queue.release(
      (frame) => sent.push(frame),
      () => sent.length < 2,
    );
    expect(sent).toEqual([item(1, 2), item(2, 1)]);
    queue.release(
      (frame) => sent.push(frame),
      () => true,
    );
    expect(sent.length).toBe(3);
    expect([queue.isEmpty, queue.holds(item(1, 4), true)]).toEqual([true, false]);
  });

  test('Q2: the end of a stream waits for its items, nothing else does', () => {
    const queue = new ItemQueue();
    queue.holds(item(1, 1), false);
    queue.holds(item(2, 1, true), false);
    const end: Frame = { kind: 'end', id: 2 };
    expect([queue.holds(reply(3), false), queue.holds(reply(2), false), queue.holds({ kind: 'end', id: 1 }, false)]).toEqual([
      false,
      false,
      false,
    ]);
    expect(queue.holds({ kind: 'credit', id: 1, bytes: 5, isFromOpener: false }, false)).toBe(false);
    expect([queue.holds(reply(1), true), queue.holds(end, true)]).toEqual([true, true]);
    const sent: Frame[] = [];
    queue.release(
      (frame) => sent.push(frame),
      () => true,
    );
    expect(sent).toEqual([item(1, 1), item(2, 1, true), reply(1), end]);
  });
});

test('windows are large for the first streams of a process and small for the others; an ended one makes room', () => {
  const windows = new StreamWindows();
  const opened = Array.from({ length: wideWindowsMax + 2 }, () => windows.open());
  expect(opened.slice(-3)).toEqual([windowBytes, windowBytesMin, windowBytesMin]);
  windows.close(windowBytesMin);
  expect(windows.open()).toBe(windowBytesMin);
  windows.close(windowBytes);
  expect(windows.open()).toBe(windowBytes);
  expect(costOf(encodeValue(1))).toBe(digitCost);
});
