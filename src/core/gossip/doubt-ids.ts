/**
 * A word of eight bytes for "this incarnation of that member": what members tell each other when many are lost at once.
 *
 * A higher incarnation has another id, so a refutation voids every doubt by itself.
 */

import type { Hash64 } from './hash64.ts';
import type { MemberRecord } from './record.ts';

/** Ids that can be looked up; beyond it the index is begun anew. */
const indexMax = 65_536;

export class DoubtIds {
  readonly #hash: Hash64;
  readonly #ids = new WeakMap<MemberRecord, string>();
  readonly #names = new Map<string, string>();

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  /** Eight bytes in hex; the same in every member. */
  idOf(record: MemberRecord): string {
    const known = this.#ids.get(record);
    if (known !== undefined && this.#names.has(known)) return known;
    const { high, low } = this.#hash(`doubt ${record.owner} ${record.epoch} ${record.instance} ${record.incarnation}`);
    const id = high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
    this.#ids.set(record, id);
    if (this.#names.size >= indexMax) this.#names.clear();
    this.#names.set(id, record.owner);
    return id;
  }

  /** Whose id it is, among the records whose ids were asked for. */
  nameOf(id: string): string | undefined {
    return this.#names.get(id);
  }
}
