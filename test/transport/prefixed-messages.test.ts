/**
 * M1 and M2 of gRPC's messages on a stream, however the bytes are cut.
 */

import { PassThrough } from 'node:stream';

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { systemClock } from '../../src/base/clock.ts';
import { messageBytesMax } from '../../src/transport/limits.ts';
import { PrefixedMessages } from '../../src/transport/prefixed-messages.ts';

class Reader {
  readonly stream = new PassThrough();
  readonly heard: Buffer[] = [];
  readonly problems: string[] = [];
  keptBytes = 0;
  /** How many messages are taken before it pauses. */
  pausesAfter = Number.POSITIVE_INFINITY;
  readonly messages = new PrefixedMessages(this.stream, {
    clock: systemClock,
    kept: { came: (bytes) => this.#count(bytes), given: (bytes) => this.#count(-bytes) },
    onMessage: (message) => {
      this.heard.push(Buffer.from(message));
      if (this.heard.length % this.pausesAfter === 0) this.stream.pause();
    },
    onProblem: (problem) => this.problems.push(problem),
  });

  #count(bytes: number): void {
    this.keptBytes += bytes;
  }

  read(bytes: Uint8Array): void {
    this.stream.emit('data', Buffer.from(bytes));
  }
}

/** As it is on the wire. */
function framed(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

describe('messages', () => {
  test('come out as they went in, wherever the bytes are cut, and leave nothing kept', () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 12 });
    fc.assert(
      fc.property(messages, fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 }), (sent, cuts) => {
        const reader = new Reader();
        const bytes = Buffer.concat(sent.map(framed));
        for (let at = 0, nth = 0; at < bytes.length; nth += 1) {
          const end = at + (cuts[nth % cuts.length] ?? 1);
          reader.read(bytes.subarray(at, end));
          at = end;
        }
        expect(reader.heard).toEqual(sent.map((message) => Buffer.from(message)));
        expect([reader.keptBytes, reader.problems]).toEqual([0, []]);
      }),
    );
  });

  test('are counted while they are not whole', () => {
    const reader = new Reader();
    const bytes = framed(Buffer.alloc(100));
    reader.read(bytes.subarray(0, 60));
    expect([reader.keptBytes, reader.heard.length]).toEqual([60, 0]);
    reader.read(bytes.subarray(60));
    expect([reader.keptBytes, reader.heard.length]).toEqual([0, 1]);
  });

  test('wait while the stream is paused, also those that came with the one that led to it (M2)', async () => {
    const reader = new Reader();
    reader.pausesAfter = 2;
    reader.stream.write(Buffer.concat([1, 2, 3, 4, 5].map((nth) => framed(Buffer.from([nth])))));
    const seen: number[] = [];
    for (let turn = 0; reader.heard.length < 5 && turn < 10; turn += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      seen.push(reader.heard.length);
      reader.stream.resume();
    }
    expect(reader.heard.map(([nth]) => nth)).toEqual([1, 2, 3, 4, 5]);
    expect(seen).toContain(2);
    expect(seen).toContain(4);
    expect(reader.keptBytes).toBe(0);
  });

  test('are written with their length before them, and said to be taken', async () => {
    const { messages, stream } = new Reader();
    const out: Buffer[] = [];
    stream.removeAllListeners('data').on('data', (bytes: Buffer) => out.push(bytes));
    await new Promise<void>((resolve) => messages.write(Buffer.from('abc'), resolve));
    expect(Buffer.concat(out)).toEqual(framed(Buffer.from('abc')));
  });
});

describe('a message', () => {
  const headOf = (flag: number, length: number): Buffer => {
    const head = framed(Buffer.alloc(0));
    head[0] = flag;
    head.writeUInt32BE(length, 1);
    return head;
  };

  test.each([
    {
      what: 'of 4 MiB and a byte',
      head: headOf(0, messageBytesMax + 1),
      says: `a message of ${messageBytesMax + 1} bytes is over the limit`,
    },
    { what: 'that is packed', head: headOf(1, 10), says: 'a message is packed' },
  ])('$what is a problem as soon as its length is there, and the last thing that is heard (M1)', ({ head, says }) => {
    const reader = new Reader();
    reader.read(head);
    reader.read(framed(Buffer.from('later')));
    expect(reader.problems).toEqual([expect.stringContaining(says)]);
    expect(reader.heard).toEqual([]);
  });

  test('of 4 MiB is one', () => {
    const reader = new Reader();
    reader.read(framed(Buffer.alloc(messageBytesMax)));
    expect(reader.heard.map(({ length }) => length)).toEqual([messageBytesMax]);
  });
});
