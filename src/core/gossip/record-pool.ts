/**
 * Records by number: every table of an arena that holds a record holds the same object, as an index of four bytes.
 *
 * P1 what is in it never changes; a number is free for another record once nobody holds it.
 */

import { assert, present } from '../../base/assert.ts';
import type { Hash64 } from './hash64.ts';
import type { Root } from './message.ts';
import type { OwnerRecord } from './record.ts';
import { slotOf } from './record.ts';

const nothing: Root = { high: 0, low: 0 };

export class RecordPool {
  readonly #hash: Hash64;
  readonly #numbers = new Map<OwnerRecord, number>();
  readonly #records: (OwnerRecord | undefined)[] = [];
  readonly #parts: Root[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  /** Records in use. */
  get size(): number {
    return this.#numbers.size;
  }

  /** One more holder of a record; `release` takes it back. */
  acquire(record: OwnerRecord): number {
    const number = this.#numbers.get(record) ?? this.#add(record);
    this.#uses[number] = (this.#uses[number] ?? 0) + 1;
    return number;
  }

  release(number: number): void {
    const uses = (this.#uses[number] ?? 0) - 1;
    assert(uses >= 0, 'a record was given back that nobody held');
    this.#uses[number] = uses;
    if (uses > 0) return;
    this.#numbers.delete(this.get(number));
    this.#records[number] = undefined;
    this.#free.push(number);
  }

  get(number: number): OwnerRecord {
    return present(this.#records[number], 'a number without a record');
  }

  /** What it adds to root and bucket: nothing for a final record. */
  partOf(number: number): Root {
    return this.#parts[number] ?? nothing;
  }

  #add(record: OwnerRecord): number {
    const number = this.#free.pop() ?? this.#records.length;
    const isFinal = record.final !== 'none';
    this.#numbers.set(record, number);
    this.#records[number] = record;
    this.#uses[number] = 0;
    this.#parts[number] = isFinal ? nothing : this.#hash(`${slotOf(record)} ${record.epoch} ${record.instance} ${record.version}`);
    return number;
  }
}
