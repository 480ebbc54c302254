/**
 * Who is out of reach as far as this member has heard, and whether so many are that nobody may be convicted: tables only,
 * mass-guard.ts writes them.
 */

import type { DoubtIds } from './doubt-ids.ts';
import type { MemberRecord } from './record.ts';

export class Doubts {
  readonly #ids: DoubtIds;
  /** When an id was first heard. */
  readonly #heardAtMs = new Map<string, number>();
  /** Instances that are `unreachable` here, by name. */
  readonly #out = new Map<string, string>();
  #isFrozen = false;
  #revision = 0;

  constructor(ids: DoubtIds) {
    this.#ids = ids;
  }

  /** Too many are under suspicion: nobody is convicted, suspects are `unreachable`. */
  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** Another number whenever somebody has become unreachable or reachable. */
  get revision(): number {
    return this.#revision;
  }

  get size(): number {
    return this.#heardAtMs.size;
  }

  freeze(isFrozen: boolean): void {
    this.#isFrozen = isFrozen;
    if (!isFrozen) this.#heardAtMs.clear();
  }

  /** Somebody doubts this incarnation. True when that is news. */
  hear(id: string, nowMs: number): boolean {
    if (this.#heardAtMs.has(id)) return false;
    this.#heardAtMs.set(id, nowMs);
    return true;
  }

  forget(id: string): void {
    this.#heardAtMs.delete(id);
  }

  /** Ids in the order in which they were heard. */
  heard(): Iterable<readonly [id: string, heardAtMs: number]> {
    return this.#heardAtMs;
  }

  /** Somebody doubts what the record says of itself. */
  isDoubted(record: MemberRecord): boolean {
    return this.#heardAtMs.size > 0 && this.#heardAtMs.has(this.#ids.idOf(record));
  }

  idOf(record: MemberRecord): string {
    return this.#ids.idOf(record);
  }

  nameOf(id: string): string | undefined {
    return this.#ids.nameOf(id);
  }

  /** This instance is `unreachable` here, so it stands on no ring. */
  isOut({ owner, instance }: Pick<MemberRecord, 'owner' | 'instance'>): boolean {
    return this.#out.size > 0 && this.#out.get(owner) === instance;
  }

  /** Whether a member is `unreachable` here from now on. */
  setOut({ owner, instance }: Pick<MemberRecord, 'owner' | 'instance'>, isOut: boolean): void {
    if ((this.#out.get(owner) === instance) === isOut) return;
    if (isOut) this.#out.set(owner, instance);
    else this.#out.delete(owner);
    this.#revision += 1;
  }
}
