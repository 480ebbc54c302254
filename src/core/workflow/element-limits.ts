/**
 * What is wrong with a list that a step maps, or with what its elements give: how many they may be, and how large together.
 */

import { HeddleError } from '../../errors.ts';
import { sizeOf } from '../payload.ts';
import { elementsMax } from './each-record.ts';
import { listBytesMax } from './inline-room.ts';
import type { RunCodec, StepEnd } from './run-io.ts';

type Failed = Extract<StepEnd, { ok: false }>;

/** A list of `count` beside `before` elements that the run has mapped; undefined: it is not too long. */
export function tooMany(count: number, before: number, codec: RunCodec): Failed | undefined {
  if (before + count <= elementsMax) return undefined;
  const found = `a list of ${count}${before === 0 ? '' : ` beside ${before} that the run has mapped`}`;
  return failed(new HeddleError('bad_argument', { path: ['each'], expected: `at most ${elementsMax} elements in one run`, found }), codec);
}

/** A list that was made again has another length. */
export function otherLength(found: number, before: number, codec: RunCodec): Failed {
  const expected = `a list of ${before}, as before it was lost`;
  return failed(new HeddleError('bad_argument', { path: ['each'], expected, found: `a list of ${found}` }), codec);
}

/** The end of an element, unless its result is too large beside the `before` bytes of the others: as one value may have. */
export function bounded(end: StepEnd, before: number, codec: RunCodec): StepEnd {
  const bytes = end.ok ? before + sizeOf(end.value) : 0;
  if (bytes <= listBytesMax) return end;
  const expected = `at most ${listBytesMax} bytes of all elements together`;
  return failed(new HeddleError('bad_result', { path: [], expected, found: `${bytes} bytes` }), codec);
}

function failed(error: HeddleError, codec: RunCodec): Failed {
  return { ok: false, error, wire: codec.encodeError(error) };
}
