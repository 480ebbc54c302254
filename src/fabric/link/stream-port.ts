/**
 * What the two ends of a stream say to each other, on whatever way between them, and how much of it may be under way.
 *
 * A stream is the result of a call, or its last argument. Its receiver grants bytes, its sender spends them on items; each
 * side says something at least every `beatMs`. Whoever stands between them passes words on and keeps nothing: what is
 * under way is bounded by the credit that the last receiver gave.
 * S1 an item may go while any credit is left, so that at most one item is over it.
 * Frames are wire's; who pulls, keeps and reads items is stream-pump.ts and stream-reader.ts.
 */

import type { Payload } from '../../core/payload.ts';
import type { CreditFrame, EndFrame, ItemFrame } from '../../wire/frame.ts';
import { itemCostBytes } from '../../wire/stream-frames.ts';

/** A frame of a stream, whatever conversation it travels in. */
export type StreamWord = Omit<ItemFrame, 'id'> | Omit<CreditFrame, 'id'> | Omit<EndFrame, 'id'>;

/** The word as a frame of one conversation. Field by field: a copy that adds one is slow (invocation.ts, V1). */
export function wordAsFrame(word: StreamWord, id: number): ItemFrame | CreditFrame | EndFrame {
  switch (word.kind) {
    case 'item':
      return { kind: 'item', id, value: word.value, isFromOpener: word.isFromOpener };
    case 'credit':
      return { kind: 'credit', id, bytes: word.bytes, isFromOpener: word.isFromOpener };
    case 'end':
      return { kind: 'end', id, error: word.error };
  }
}

/**
 * Items that a reader lets be under way, in bytes, while its process has few streams open: with 512 KiB items of 256 KiB came half
 * as fast.
 */
export const windowBytes = 2 * 1024 * 1024;
/** The same of every further stream: a thousand of them stay below what one link may leave unread. */
export const windowBytesMin = 32 * 1024;
/** Streams of one process that get the larger window. */
export const wideWindowsMax = 16;
/** Longest silence of either side before it says that it is alive, in milliseconds. */
export const beatMs = 10_000;
/** A stream of which nothing was heard for so long is over, in milliseconds. */
export const silenceMsMax = 30_000;

/** What an item takes of its reader's credit. */
export function costOf(value: Payload): number {
  return value.bytes.length + itemCostBytes;
}
