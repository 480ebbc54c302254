import { describe, expect, test } from 'vitest';
import { ReplyLedger } from '../../src/core/outcome/reply-ledger.ts';
import { Arrivals } from '../../src/fabric/link/arrivals.ts';
import { LargeValues } from '../../src/fabric/link/large-values.ts';
import type { Frame, ItemFrame } from '../../src/wire/frame.ts';
import { encodeFrame } from '../../src/wire/frame-codec.ts';
import { encodeValue } from '../../src/wire/value.ts';

const large = 'x'.repeat(200_000);

/** The arrivals of one link, and frames whose large values come later. */
function rig() {
  const delivered: string[] = [];
  const values: Uint8Array[] = [];
  const link = { close: () => {}, sendLarge: () => Promise.resolve(), dropLarge: () => {} };
  const nameOf = (frame: Frame): string =>
    frame.kind === 'item' ? `item ${frame.id} of ${frame.value.bytes.length}` : `${frame.kind} ${'id' in frame ? frame.id : ''}`;
  const arrivals = new Arrivals(link, { large: new LargeValues(link), replies: new ReplyLedger() }, (frame) =>
    delivered.push(nameOf(frame)),
  );
  return {
    delivered,
    frame: (frame: Frame) => arrivals.receive(encodeFrame(frame, { put: (bytes) => values.push(bytes) })),
    /** The large value that was put so-manieth comes. */
    arrives: (number: number) => arrivals.arrived(number, values[number - 1] ?? new Uint8Array(0)),
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
