/**
 * Entries under numbers that mostly count upwards, such as conversations: constant cost, and no garbage however
 * often entries come and go.
 *
 * I1 behaves as a Map of positive integers does, but for the order of its values.
 * I2 its storage grows to the most entries that it held at once, and is never rebuilt otherwise.
 * A Map rebuilds its storage as it fills and empties, and V8 chains the old storage to the new: with 64 calls in
 * flight a fifth of all memory outlived its call that way (1,059 of 4,585 bytes a call; with this 92).
 */

import { assert } from './assert.ts';

/** A power of two, as each capacity after it: the home of a number is its lowest bits. */
const capacityMin = 16;

export class IdMap<T extends object> {
  /** The number in each place; 0 for none. An entry lies at most `#reach` places behind its home. */
  #ids: number[] = emptyIds(capacityMin);
  #entries: (T | undefined)[] = emptyEntries(capacityMin);
  #reach = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(id: number): T | undefined {
    const at = this.#find(id);
    return at < 0 ? undefined : this.#entries[at];
  }

  has(id: number): boolean {
    return this.#find(id) >= 0;
  }

  /** Adds an entry under a positive integer that is not in use. */
  add(id: number, entry: T): void {
    assert(id > 0 && !this.has(id), 'a number is in use, or none');
    if (this.#size * 2 >= this.#ids.length) this.#grow();
    this.#place(id, entry);
    this.#size += 1;
  }

  /** Removes an entry and gives it back; undefined when there is none of this number. */
  take(id: number): T | undefined {
    const at = this.#find(id);
    if (at < 0) return undefined;
    const entry = this.#entries[at];
    this.#ids[at] = 0;
    this.#entries[at] = undefined;
    this.#size -= 1;
    if (this.#size === 0) this.#reach = 0;
    return entry;
  }

  /** Empties it; gives what was in it, in no particular order. */
  takeAll(): readonly T[] {
    const entries = this.values();
    this.#ids.fill(0);
    this.#entries.fill(undefined);
    this.#size = 0;
    this.#reach = 0;
    return entries;
  }

  /** What is in it now, in no particular order. Linear in the most it ever held. */
  values(): readonly T[] {
    return this.#entries.filter((entry) => entry !== undefined);
  }

  #find(id: number): number {
    const ids = this.#ids;
    const last = ids.length - 1;
    const home = id & last;
    for (let step = 0; step <= this.#reach; step += 1) {
      const at = (home + step) & last;
      if (ids[at] === id && id > 0) return at;
    }
    return -1;
  }

  #place(id: number, entry: T): void {
    const ids = this.#ids;
    const last = ids.length - 1;
    const home = id & last;
    let step = 0;
    while (ids[(home + step) & last] !== 0) step += 1;
    const at = (home + step) & last;
    ids[at] = id;
    this.#entries[at] = entry;
    this.#reach = Math.max(this.#reach, step);
  }

  #grow(): void {
    const [ids, entries] = [this.#ids, this.#entries];
    this.#ids = emptyIds(2 * ids.length);
    this.#entries = emptyEntries(2 * ids.length);
    this.#reach = 0;
    for (const [at, entry] of entries.entries()) if (entry !== undefined) this.#place(ids[at] ?? 0, entry);
  }
}

function emptyIds(length: number): number[] {
  return Array.from({ length }, () => 0);
}

function emptyEntries<T>(length: number): (T | undefined)[] {
  return Array.from({ length }, () => undefined);
}
