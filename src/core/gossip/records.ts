/**
 * Every record that this member knows, with the hashes that two members compare.
 *
 * M1 and M2: `offer` keeps the newer of two, so the order of a slot never decreases.
 * The root and the 256 bucket hashes are sums (mod 2^32 in each lane) over the non-final records, kept
 * incrementally; a final record is in none of them, so forgetting one changes no root.
 */

import type { Head, Root } from './message.ts';
import { compareHeads, newer, type OwnerRecord, slotOf } from './record.ts';
import { meshLimits } from './settings.ts';

/** 64 bits of a text, as two unsigned words. Every member must use the same function. */
export type Hash64 = (text: string) => Root;

/** What became of a record that was offered. */
export type Merge = 'taken' | 'same' | 'older' | 'full';

interface Entry {
  readonly record: OwnerRecord;
  readonly bucket: number;
  /** Its part of the sums; zero for a final record. */
  readonly part: Root;
  readonly sinceMs: number;
}

const nothing: Root = { high: 0, low: 0 };

export class Records {
  readonly #hash: Hash64;
  readonly #entries = new Map<string, Entry>();
  readonly #finals = new Set<string>();
  readonly #sums = new Uint32Array(2 * meshLimits.buckets);
  readonly #root = new Uint32Array(2);

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  get size(): number {
    return this.#entries.size;
  }

  root(): Root {
    return { high: this.#root[0] ?? 0, low: this.#root[1] ?? 0 };
  }

  /** The bucket hashes, high word then low word. */
  buckets(): readonly number[] {
    return [...this.#sums];
  }

  find(slot: string): OwnerRecord | undefined {
    return this.#entries.get(slot)?.record;
  }

  /** Every record, in the order in which its slot was first seen. */
  *all(): Iterable<OwnerRecord> {
    for (const entry of this.#entries.values()) yield entry.record;
  }

  /** The record that stands after the newer one was kept. */
  offer(record: OwnerRecord, nowMs: number): Merge {
    const slot = slotOf(record);
    const held = this.#entries.get(slot);
    if (!held && this.#entries.size >= meshLimits.records && !this.#forgetOldestFinal()) return 'full';
    if (held) {
      if (newer(held.record, record) === held.record) return compareHeads(held.record, record) === 0 ? 'same' : 'older';
      this.#remove(slot, held);
    }
    this.#insert(slot, record, { sinceMs: held?.sinceMs, nowMs });
    return 'taken';
  }

  /** Puts a record in its place whatever stands there: for our own record, and for the simulator's negative control. */
  replace(record: OwnerRecord, nowMs: number): Merge {
    const slot = slotOf(record);
    const held = this.#entries.get(slot);
    if (held) this.#remove(slot, held);
    this.#insert(slot, record, { sinceMs: held?.sinceMs, nowMs });
    return 'taken';
  }

  /** Forgets the finals that are older than `beforeMs`. */
  forgetFinals(beforeMs: number): void {
    for (const slot of this.#finals) {
      const entry = this.#entries.get(slot);
      if (!entry || entry.sinceMs > beforeMs) return;
      this.#remove(slot, entry);
    }
  }

  /** What is held in these buckets, finals left out. */
  heads(buckets: ReadonlySet<number>): readonly Head[] {
    const heads: Head[] = [];
    for (const [slot, { record, bucket }] of this.#entries) {
      if (record.final !== 'none' || !buckets.has(bucket)) continue;
      heads.push({ slot, epoch: record.epoch, instance: record.instance, final: record.final, version: record.version });
    }
    return heads;
  }

  #insert(slot: string, record: OwnerRecord, { sinceMs, nowMs }: { sinceMs: number | undefined; nowMs: number }): void {
    const isFinal = record.final !== 'none';
    const { high, low } = this.#hash(`bucket ${slot}`);
    const bucket = (high ^ low) & (meshLimits.buckets - 1);
    const part = isFinal ? nothing : this.#hash(`${slot} ${record.epoch} ${record.instance} ${record.version}`);
    this.#entries.set(slot, { record, bucket, part, sinceMs: isFinal ? nowMs : (sinceMs ?? nowMs) });
    if (isFinal) this.#finals.add(slot);
    this.#add(bucket, part.high, part.low);
  }

  #remove(slot: string, entry: Entry): void {
    this.#entries.delete(slot);
    this.#finals.delete(slot);
    this.#add(entry.bucket, -entry.part.high, -entry.part.low);
  }

  #add(bucket: number, high: number, low: number): void {
    const at = 2 * bucket;
    // Uint32Array stores modulo 2^32, also of a negative sum.
    this.#sums[at] = (this.#sums[at] ?? 0) + high;
    this.#sums[at + 1] = (this.#sums[at + 1] ?? 0) + low;
    this.#root[0] = (this.#root[0] ?? 0) + high;
    this.#root[1] = (this.#root[1] ?? 0) + low;
  }

  #forgetOldestFinal(): boolean {
    const [slot] = this.#finals;
    const entry = slot === undefined ? undefined : this.#entries.get(slot);
    if (slot === undefined || !entry) return false;
    this.#remove(slot, entry);
    return true;
  }
}
