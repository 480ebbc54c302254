/**
 * Entries under numbers that mostly count upwards, such as conversations: constant cost, and no garbage however
 * often entries come and go.
 *
 * I1 behaves as a Map of positive integers does, but for the order of its values.
 * I2 its storage grows to the most entries that it held at once, and is never rebuilt otherwise.
 * I3 an entry that stays for long costs the others nothing: the few that come to its place meanwhile go to a Map. (Put beside it,
 *    each would take the place of the next number: with one long call among 64 a look-up took over thirty steps.)
 * A Map rebuilds its storage as it fills and empties, and V8 chains the old storage to the new: with 64 calls in
 * flight a fifth of all memory outlived its call that way (1,059 of 4,585 bytes a call; with this 92).
 */

import { assert } from './assert.ts';

/** A power of two, as each capacity after it: the place of a number is its lowest bits. */
const capacityMin = 16;

export class IdMap<T extends object> {
  /** The number in each place; 0 for none. */
  #ids: number[] = emptyIds(capacityMin);
  #entries: (T | undefined)[] = emptyEntries(capacityMin);
  /** Those whose place was taken. */
  readonly #others = new Map<number, T>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    const at = this.#placeOf(id);
    if (this.#ids[at] === id && id > 0) return this.#entries[at];
    return this.#others.size === 0 ? undefined : this.#others.get(id);
  }

  has(id: number): boolean {
    return this.get(id) !== undefined;
  }

  /** Adds an entry under a positive integer that is not in use. */
  add(id: number, entry: T): void {
    assert(id > 0 && !this.has(id), 'a number is in use, or none');
    if (this.#size * 2 >= this.#ids.length) this.#grow();
    this.#put(id, entry);
    this.#size += 1;
  }

  /** Removes an entry and gives it back; undefined when there is none of this number. */
  take(id: number): T | undefined {
    const entry = this.get(id);
    if (entry === undefined) return undefined;
    const at = this.#placeOf(id);
    if (this.#ids[at] === id) {
      this.#ids[at] = 0;
      this.#entries[at] = undefined;
    } else this.#others.delete(id);
    this.#size -= 1;
    return entry;
  }

  /** Empties it; gives what was in it, in no particular order. */
  takeAll(): readonly T[] {
    const entries = this.values();
    this.#ids.fill(0);
    this.#entries.fill(undefined);
    this.#others.clear();
    this.#size = 0;
    return entries;
  }

  /** What is in it now, in no particular order. Linear in the most it ever held. */
  values(): readonly T[] {
    return [...this.#entries.filter((entry) => entry !== undefined), ...this.#others.values()];
  }

  #placeOf(id: number): number {
    return id & (this.#ids.length - 1);
  }

  #put(id: number, entry: T): void {
    const at = this.#placeOf(id);
    if (this.#ids[at] !== 0) return void this.#others.set(id, entry);
    this.#ids[at] = id;
    this.#entries[at] = entry;
  }

  #grow(): void {
    const [ids, entries, others] = [this.#ids, this.#entries, [...this.#others]];
    this.#ids = emptyIds(2 * ids.length);
    this.#entries = emptyEntries(2 * ids.length);
    this.#others.clear();
    for (const [at, entry] of entries.entries()) if (entry !== undefined) this.#put(ids[at] ?? 0, entry);
    for (const [id, entry] of others) this.#put(id, entry);
  }
}

function emptyIds(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function emptyEntries<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}
