/**
 * Numbers for slots, so that tables over members are arrays and not maps of texts.
 *
 * N1 a slot has one number for as long as somebody uses it; then the number is free for another.
 * N2 a slot's bucket is the same in every member: it is part of the protocol.
 */

import { assert, present } from '../../base/assert.ts';
import type { Hash64 } from './hash64.ts';
import { meshLimits } from './settings.ts';

export class SlotTable {
  readonly #hash: Hash64;
  readonly #numbers = new Map<string, number>();
  readonly #keys: string[] = [];
  readonly #uses: number[] = [];
  readonly #buckets: number[] = [];
  readonly #free: number[] = [];
  readonly #inBucket: readonly Set<number>[] = Array.from({ length: meshLimits.buckets }, () => new Set<number>());

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  /** Slots in use. */
  get size(): number {
    return this.#numbers.size;
  }

  find(key: string): number | undefined {
    return this.#numbers.get(key);
  }

  keyOf(slot: number): string {
    return present(this.#keys[slot], 'a slot without a key');
  }

  bucketOf(slot: number): number {
    return present(this.#buckets[slot], 'a slot without a bucket');
  }

  /** The slots of one bucket, in the order of their arrival. */
  inBucket(bucket: number): Iterable<number> {
    return this.#inBucket[bucket] ?? [];
  }

  /** One more user of a slot; `release` takes it back. */
  acquire(key: string): number {
    const slot = this.#numbers.get(key) ?? this.#add(key);
    this.#uses[slot] = (this.#uses[slot] ?? 0) + 1;
    return slot;
  }

  release(slot: number): void {
    const uses = (this.#uses[slot] ?? 0) - 1;
    assert(uses >= 0, 'a slot was given back that nobody had');
    this.#uses[slot] = uses;
    if (uses > 0) return;
    this.#numbers.delete(this.keyOf(slot));
    this.#inBucket[this.bucketOf(slot)]?.delete(slot);
    this.#free.push(slot);
  }

  #add(key: string): number {
    const slot = this.#free.pop() ?? this.#keys.length;
    const { high, low } = this.#hash(`bucket ${key}`);
    const bucket = (high ^ low) & (meshLimits.buckets - 1);
    this.#numbers.set(key, slot);
    this.#keys[slot] = key;
    this.#uses[slot] = 0;
    this.#buckets[slot] = bucket;
    this.#inBucket[bucket]?.add(slot);
    return slot;
  }
}
