/**
 * Frames to the bytes of `heddle.v1.Frame` and back.
 *
 * F1 the bytes are those of proto/heddle/v1/fabric.proto; fields of a newer peer are skipped.
 * F2 payloads are copied once when written and never when read: a decoded frame holds views into its bytes.
 * F3 hostile bytes give `protocol_error`, in time and memory bounded by their length.
 * F4 with an outlet, no frame is larger than `frameBytesMax`: values over 64 KiB, and whatever makes the frame too
 *    large, leave it as transfers of their own, named in its head.
 */

import type { Frame } from './frame.ts';
import { protocolError } from './value-problem.ts';

/** Values up to this many bytes travel inside their frame. */
export const inlineBytesMax = 64 * 1024;

/** Largest frame, in bytes. */
export const frameBytesMax = 256 * 1024;

/** Takes a value that is to travel beside the frames and gives the number under which it does (not 0). */
export type Outlet = (value: Uint8Array) => number;

/** One frame, encoded. Without an outlet everything stays inside, whatever its size. */
export function encodeFrame(frame: Frame, outlet?: Outlet): Uint8Array {
  throw protocolError(`not yet: ${frame.kind} ${typeof outlet}`);
}

/** The transfers that a frame needs before it can be decoded; empty for nearly every frame. Throws `protocol_error`. */
export function transfersOf(bytes: Uint8Array): readonly number[] {
  throw protocolError(`not yet: ${bytes.length}`);
}

/** One frame, decoded; `transfers` holds what `transfersOf` named. Throws `protocol_error`. */
export function decodeFrame(bytes: Uint8Array, transfers?: ReadonlyMap<number, Uint8Array>): Frame {
  throw protocolError(`not yet: ${bytes.length} ${transfers?.size ?? 0}`);
}
