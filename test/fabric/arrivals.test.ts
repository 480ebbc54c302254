import { describe, expect, test } from 'vitest';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import { Arrivals } from '../../src/fabric/link/arrivals.ts';
import { LargeValues } from '../../src/fabric/link/large-values.ts';
import type { Frame, ItemFrame } from '../../src/wire/frame.ts';
import { encodeFrame } from '../../src/wire/frame-codec.ts';
import { encodeArguments, encodeValue } from '../../src/wire/value.ts';
import { callFrame } from '../frames.ts';

const large = 'x'.repeat(200_000);

/** The arrivals of one link, and frames whose large values come later. */
function rig() {
  const delivered: string[] = [];
  const values: Uint8Array[] = [];
  const seen = { kept: 0, isClosed: false };
  const link = {
    close: () => {
      seen.isClosed = true;
    },
    sendLarge: () => Promise.resolve(),
    dropLarge: () => {},
    keeps: (bytes: number) => {
      seen.kept = bytes;
    },
  };
  const nameOf = (frame: Frame): string =>
    frame.kind === 'item' ? `item ${frame.id} of ${frame.value.bytes.length}` : `${frame.kind} ${'id' in frame ? frame.id : ''}`;
  const brought: number[] = [];
  const held = new LargeValues(link);
  const replies = new ReplyLedger();
  const arrivals = new Arrivals(link, { large: held, replies }, (frame, bytes) => {
    delivered.push(nameOf(frame));
    brought.push(bytes);
  });
  return {
    delivered,
    brought,
    seen,
    replies,
    cancel: (id: number) => held.drop(id),
    frame: (frame: Frame) => arrivals.receive(encodeFrame(frame, { put: (bytes) => values.push(bytes) })),
    /** The large value that was put so-manieth comes. */
    arrives: (number: number) => arrivals.arrived(number, values[number - 1] ?? new Uint8Array(0)),
    comes: (number: number, value: Uint8Array) => arrivals.arrived(number, value),
  };
}

const itemOf = (id: number, isFromOpener: boolean, value: unknown): ItemFrame => ({
  kind: 'item',
  id,
  value: encodeValue(value),
  isFromOpener,
});

describe('the words of one conversation come in order (B2)', () => {
  test('items of a streamed argument, large and small, and then their end; others do not wait', () => {
    const { delivered, frame, arrives } = rig();
    frame(itemOf(1, true, large));
    frame(itemOf(1, true, 1));
    frame({ kind: 'end', id: 1 });
    // The same numbers of the other side, and another conversation.
    frame(itemOf(1, false, 1));
    frame(itemOf(2, true, 1));
    expect(delivered).toEqual(['item 1 of 1', 'item 2 of 1']);
    arrives(1);
    expect(delivered.slice(2)).toEqual(['item 1 of 200002', 'item 1 of 1', 'end 1']);
  });

  test('items of a result, and then its reply', () => {
    const { delivered, frame, arrives } = rig();
    frame(itemOf(1, false, 1));
    frame(itemOf(1, false, large));
    frame(itemOf(1, false, large));
    frame({ kind: 'reply', id: 1, outcome: { ok: true, value: encodeValue(undefined) } });
    expect(delivered).toEqual(['item 1 of 1']);
    arrives(2);
    expect(delivered).toEqual(['item 1 of 1']);
    arrives(1);
    expect(delivered.slice(1)).toEqual(['item 1 of 200002', 'item 1 of 200002', 'reply 1']);
  });
});

describe('what cannot be delivered yet', () => {
  test('counts as kept, large values and what waits behind them, until all of it is delivered', () => {
    const { seen, frame, arrives } = rig();
    frame(itemOf(1, true, large));
    const shell = seen.kept;
    expect(shell).toBeGreaterThan(0);
    frame(itemOf(1, true, 'y'.repeat(10_000)));
    frame(itemOf(1, true, large));
    expect(seen.kept).toBeGreaterThan(shell + 10_000);
    arrives(2);
    expect(seen.kept).toBeGreaterThan(shell + 210_000);
    arrives(1);
    expect(seen.kept).toBe(0);
  });

  test('counts as kept when it is ahead of its frame', () => {
    const { seen, frame, comes, brought } = rig();
    const { bytes } = encodeArguments([large]);
    comes(1, bytes);
    expect(seen.kept).toBe(bytes.length);
    frame(callFrame('f', [large]));
    expect(seen.kept).toBe(0);
    expect(brought).toEqual([expect.closeTo(bytes.length, -3)]);
  });

  test('is no longer kept of a request that is cancelled', () => {
    const { seen, cancel, frame } = rig();
    frame(callFrame('f', [large]));
    cancel(1);
    expect(seen.kept).toBe(0);
  });

  test('ends the link when a value is not as large as was said (B3)', () => {
    const { seen, delivered, frame, comes } = rig();
    frame(callFrame('f', [large]));
    comes(1, new Uint8Array(100_000));
    expect([seen.isClosed, delivered]).toEqual([true, []]);
  });
});

test('a reply counts as received when it is whole (R1 of reply-ledger.ts)', () => {
  const { replies, frame, arrives } = rig();
  frame({ kind: 'reply', id: 1, outcome: { ok: true, value: encodeValue(large) } });
  frame({ kind: 'reply', id: 2, outcome: { ok: true, value: encodeValue(1) } });
  expect(replies.received).toBe(0);
  arrives(1);
  expect(replies.received).toBe(2);
});

describe('what a small frame brought in a large message', () => {
  /** Memory that the arguments of a call keep alive, in bytes, which came as a view of so much. */
  function memoryOf(memoryBytes: number, argument: unknown): number {
    const link = { close: () => {}, sendLarge: () => Promise.resolve(), dropLarge: () => {}, keeps: () => {} };
    let memory = 0;
    const arrivals = new Arrivals(link, { large: new LargeValues(link), replies: new ReplyLedger() }, (frame) => {
      if (frame.kind === 'call') memory = frame.args.template.bytes.buffer.byteLength;
    });
    const frame = encodeFrame(callFrame('f', [argument]));
    const message = new Uint8Array(memoryBytes);
    message.set(frame, 100);
    arrivals.receive(message.subarray(100, 100 + frame.length));
    return memory;
  }

  test('keeps no more than 64 KiB of it alive, or 16 times its own bytes; what comes in smaller ones is not copied (B4)', () => {
    expect(memoryOf(64 * 1024, 1)).toBe(64 * 1024);
    expect(memoryOf(64 * 1024 + 1, 1)).toBeLessThanOrEqual(8_192);
    expect(memoryOf(4 * 1024 * 1024, 'x'.repeat(4_096))).toBeLessThanOrEqual(8_192);
    expect(memoryOf(256 * 1024, 'x'.repeat(20_000))).toBe(256 * 1024);
  });
});
