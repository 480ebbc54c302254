/**
 * How large the elements of mapped lists may be that pass through the coordinator of a run: those that are larger stay with their
 * producers, so that what it holds is bounded whatever there is of them.
 *
 * B1 all that a run was given and got of its elements takes about `inlineRoomBytes` here, and `inlineBytesMin` for each of them.
 */

import { elementsMax } from './each-record.ts';

/** Of all elements of one run and their results together. */
export const inlineRoomBytes = 16 * 1024 * 1024;
/** Up to this size one is always sent along: it takes about as much to say where it is. */
export const inlineBytesMin = 1_024;
/** Over this size none is, as of other results. */
const inlineBytesMax = 64 * 1024;
/** The largest list that the results of elements make together, as of any value that is handed off. */
export const listBytesMax = 1024 ** 3;

export class InlineRoom {
  #left = inlineRoomBytes;

  /** For a list whose length is not known yet: what its elements may have together. */
  get ofList(): number {
    return Math.max(this.#left / 2, inlineBytesMin * elementsMax);
  }

  /** For so many elements or results: how large each may be. */
  take(count: number): number {
    const share = Math.floor(this.#left / 2 / Math.max(1, count));
    const each = Math.min(inlineBytesMax, Math.max(inlineBytesMin, share));
    this.use(each * count);
    return each;
  }

  /** So many bytes are here. */
  use(bytes: number): void {
    this.#left = Math.max(0, this.#left - bytes);
  }
}
