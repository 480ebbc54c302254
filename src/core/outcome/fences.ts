/**
 * Calls that were said never to have run here, and so must not: however late their frames come, they are refused.
 *
 * F1 a call that was fenced in round r is refused in every round up to r, for ever.
 * F2 of two who ask, one is told that the call is fenced for it: the other cannot build on the same fence.
 * F3 at most `fencesMax` fences are kept one by one. Older ones are drawn together into a mark for each caller, which refuses
 *    all its calls up to a number: more than was fenced, never less.
 * No fence ages, and where there is no room for another mark none is raised: nothing bounds how late a frame may be. Who sends it
 * need not be who asks, so that no lost connection does; and the time that it says is left is by the clock of who wrote it: an
 * entry that slept, and its clock with it, goes on with its calls when it wakes.
 */

import { type CallId, keyOf } from './call-id.ts';

interface Fence {
  readonly id: CallId;
  readonly round: number;
  readonly asker: string;
}

interface Mark {
  readonly callNumber: number;
  readonly round: number;
}

export interface FencesOptions {
  readonly fencesMax?: number | undefined;
  /** Callers with a mark. */
  readonly marksMax?: number | undefined;
}

const fencesMaxDefault = 10_000;
const marksMaxDefault = 10_000;

export class Fences {
  readonly #fencesMax: number;
  readonly #marksMax: number;
  /** Oldest first. */
  readonly #fences = new Map<string, Fence>();
  readonly #marks = new Map<string, Mark>();
  /** Those with a fence or a mark: a fence that goes becomes a mark. */
  readonly #callers = new Set<string>();

  constructor(options: FencesOptions = {}) {
    this.#fencesMax = options.fencesMax ?? fencesMaxDefault;
    this.#marksMax = options.marksMax ?? marksMaxDefault;
  }

  /** Nothing is fenced, and so nothing refused. */
  get isEmpty(): boolean {
    return this.#fences.size === 0 && this.#marks.size === 0;
  }

  /** Whether a frame of the call in that round must not run. */
  refuses(id: CallId, round: number): boolean {
    // Most callers have lost nothing, and their calls pay for nobody's fence.
    if (!this.#callers.has(id.caller)) return false;
    const fence = this.#fences.get(keyOf(id));
    return (fence !== undefined && round <= fence.round) || this.#isMarked(id, round);
  }

  /** Fences a call for `asker` in rounds up to `round`. False: it holds no fence of its own (F2), or there is no room (F3). */
  raise(id: CallId, round: number, asker: string): boolean {
    const key = keyOf(id);
    const fence = this.#fences.get(key);
    if (fence && round <= fence.round) return round === fence.round && asker === fence.asker;
    if (!fence && (this.#isMarked(id, round) || !this.#makeRoom())) return false;
    this.#fences.delete(key);
    this.#fences.set(key, { id, round, asker });
    this.#callers.add(id.caller);
    return true;
  }

  #isMarked({ caller, callNumber }: CallId, round: number): boolean {
    const mark = this.#marks.get(caller);
    return mark !== undefined && callNumber <= mark.callNumber && round <= mark.round;
  }

  /** Draws the oldest fence into its caller's mark. False: it has none, and there is no room for one. */
  #makeRoom(): boolean {
    const [oldest] = this.#fences;
    if (this.#fences.size < this.#fencesMax || oldest === undefined) return true;
    const [key, { id, round }] = oldest;
    const mark = this.#marks.get(id.caller);
    if (!mark && this.#marks.size >= this.#marksMax) return false;
    this.#fences.delete(key);
    this.#marks.set(id.caller, { callNumber: Math.max(mark?.callNumber ?? 0, id.callNumber), round: Math.max(mark?.round ?? 0, round) });
    return true;
  }
}
