/**
 * Every record that this member knows, with the hashes that two members compare.
 *
 * M1 and M2: `offer` keeps the newer of two, so the order of a slot never decreases.
 * The root and the 256 bucket hashes are sums (mod 2^32 in each lane) over the non-final records, kept
 * incrementally; a final record is in none of them, so forgetting one changes no root.
 * A record is kept as its number in the arena: four bytes a slot.
 */

import { present } from '../../base/assert.ts';
import type { Random } from '../../base/random.ts';
import type { Arena } from './arena.ts';
import type { Head, Root } from './message.ts';
import { compareHeads, type MemberRecord, newer, type OwnerRecord, slotOf } from './record.ts';
import { meshLimits } from './settings.ts';

/** What became of a record that was offered. */
export type Merge = 'taken' | 'same' | 'older' | 'full';

const growthSlots = 256;
/** Draws in search of a member: about the half of a table with one member in 20 slots. */
const drawsMax = 16;
const none: readonly string[] = [];

export class Records {
  readonly #arena: Arena;
  /** By slot: the record's number and one, 0 for none. */
  #held = new Uint32Array(growthSlots);
  /** Since when a final record is held, by slot, the oldest first. */
  readonly #finals = new Map<number, number>();
  readonly #sums = new Uint32Array(2 * meshLimits.buckets);
  readonly #root = new Uint32Array(2);
  /** The same for whoever asks; undefined: it has changed since. */
  #toldRoot: Root | undefined;
  #size = 0;
  #members = 0;
  #membership = 0;
  #changes = 0;
  /** What stood there before, by slot, of all that has changed since it was last asked for. */
  #replaced = new Map<string, OwnerRecord | undefined>();
  /** Records that name a catalog body, or the statement about their key, by its hash. */
  readonly #bodies = new Map<string, number>();

  constructor(arena: Arena) {
    this.#arena = arena;
  }

  get size(): number {
    return this.#size;
  }

  /** Members that have not ended. */
  get members(): number {
    return this.#members;
  }

  /** Another number whenever a member has come or ended. */
  get membership(): number {
    return this.#membership;
  }

  /** Another number whenever anything has changed. */
  get changes(): number {
    return this.#changes;
  }

  /** Some member names this catalog body, or some record this key. */
  hasBody(hash: string): boolean {
    return this.#bodies.has(hash);
  }

  /** What has changed since the last call, by slot, as it was before; undefined: nothing was there. */
  takeReplaced(): ReadonlyMap<string, OwnerRecord | undefined> {
    const replaced = this.#replaced;
    if (replaced.size > 0) this.#replaced = new Map();
    return replaced;
  }

  root(): Root {
    this.#toldRoot ??= { high: this.#root[0] ?? 0, low: this.#root[1] ?? 0 };
    return this.#toldRoot;
  }

  /** The bucket hashes, high word then low word. */
  buckets(): readonly number[] {
    return [...this.#sums];
  }

  find(key: string): OwnerRecord | undefined {
    const slot = this.#arena.slots.find(key);
    return slot === undefined ? undefined : this.at(slot);
  }

  at(slot: number): OwnerRecord | undefined {
    const held = this.#held[slot] ?? 0;
    return held === 0 ? undefined : this.#arena.pool.get(held - 1);
  }

  /** The owner's record at a slot, unless it has ended. */
  memberAt(slot: number): MemberRecord | undefined {
    const record = this.at(slot);
    return record && isMember(record) ? record : undefined;
  }

  /** Every record, by slot. Cost: all slots. */
  *all(): Iterable<OwnerRecord> {
    for (let slot = 0; slot < this.#held.length; slot += 1) {
      const record = this.at(slot);
      if (record) yield record;
    }
  }

  /** The record that stands after the newer one was kept. */
  offer(record: OwnerRecord, nowMs: number): Merge {
    const key = slotOf(record);
    const held = this.find(key);
    if (!held && this.#size >= meshLimits.records && !this.#forgetOldestFinal()) return 'full';
    const order = held ? compareHeads(held, record) : -1;
    if (order > 0) return 'older';
    // Of two obituaries of one end the same one stays everywhere; it is no news.
    if (!held || newer(held, record) !== held) this.#put(key, record, nowMs);
    return order === 0 ? 'same' : 'taken';
  }

  /** Puts a record in its place whatever stands there: for our own record, and for the simulator's negative control. */
  replace(record: OwnerRecord, nowMs: number): Merge {
    this.#put(slotOf(record), record, nowMs);
    return 'taken';
  }

  /** Those that left or died, the first one first. Cost: all of them. */
  *ended(): Iterable<OwnerRecord> {
    for (const slot of this.#finals.keys()) yield present(this.at(slot), 'an end without a record');
  }

  /** Forgets the finals that are older than `beforeMs`. */
  forgetFinals(beforeMs: number): void {
    for (const [slot, sinceMs] of this.#finals) {
      if (sinceMs > beforeMs) return;
      this.#remove(slot);
    }
  }

  /** A member by chance; undefined when a few draws find none. */
  randomMember(random: Random): MemberRecord | undefined {
    for (let draw = 0; draw < drawsMax; draw += 1) {
      const record = this.memberAt(random.integer(this.#held.length));
      if (record) return record;
    }
    return undefined;
  }

  /** The records of one bucket, finals left out. */
  inBucket(bucket: number): readonly OwnerRecord[] {
    const records: OwnerRecord[] = [];
    for (const slot of this.#arena.slots.inBucket(bucket)) {
      const record = this.at(slot);
      if (record && record.final === 'none') records.push(record);
    }
    return records;
  }

  /** What is held in these buckets, finals left out. */
  heads(buckets: Iterable<number>): readonly Head[] {
    return [...buckets].flatMap((bucket) => this.inBucket(bucket).map(headOf));
  }

  #put(key: string, record: OwnerRecord, nowMs: number): void {
    // Before the old one goes: what both share stays where it is in the arena.
    this.#changes += 1;
    const slot = this.#arena.slots.acquire(key);
    const number = this.#arena.pool.acquire(record);
    const before = this.memberAt(slot);
    if (!this.#replaced.has(key)) this.#replaced.set(key, this.at(slot));
    if (isMember(record)) this.#enter(slot, record);
    for (const key of keysOf(record)) this.#name(key, 1);
    if (before?.instance !== (isMember(record) ? record.instance : undefined)) this.#membership += 1;
    this.#remove(slot);
    this.#reserve(slot);
    this.#held[slot] = number + 1;
    this.#size += 1;
    if (record.final !== 'none') this.#finals.set(slot, nowMs);
    this.#add(slot, number, 1);
  }

  #enter(slot: number, { owner, bodyHash }: MemberRecord): void {
    this.#members += 1;
    this.#arena.rings.enter(slot, owner);
    this.#name(bodyHash, 1);
  }

  #leave(slot: number, { owner, bodyHash }: MemberRecord): void {
    this.#members -= 1;
    this.#arena.rings.leave(slot, owner);
    this.#name(bodyHash, -1);
  }

  #name(hash: string, sign: 1 | -1): void {
    const uses = (this.#bodies.get(hash) ?? 0) + sign;
    if (uses > 0) this.#bodies.set(hash, uses);
    else this.#bodies.delete(hash);
  }

  #remove(slot: number): void {
    const held = this.#held[slot] ?? 0;
    if (held === 0) return;
    const record = this.#arena.pool.get(held - 1);
    this.#held[slot] = 0;
    this.#size -= 1;
    this.#finals.delete(slot);
    this.#add(slot, held - 1, -1);
    if (isMember(record)) this.#leave(slot, record);
    for (const key of keysOf(record)) this.#name(key, -1);
    this.#arena.pool.release(held - 1);
    this.#arena.slots.release(slot);
  }

  #add(slot: number, number: number, sign: 1 | -1): void {
    const { high, low } = this.#arena.pool.partOf(number);
    const at = 2 * this.#arena.slots.bucketOf(slot);
    // Uint32Array stores modulo 2^32, also of a negative sum.
    this.#sums[at] = (this.#sums[at] ?? 0) + sign * high;
    this.#sums[at + 1] = (this.#sums[at + 1] ?? 0) + sign * low;
    this.#toldRoot = undefined;
    this.#root[0] = (this.#root[0] ?? 0) + sign * high;
    this.#root[1] = (this.#root[1] ?? 0) + sign * low;
  }

  /** Room for a slot, an eighth more than needed. */
  #reserve(slot: number): void {
    if (slot < this.#held.length) return;
    const wanted = slot + 1 + (slot >> 3);
    const held = new Uint32Array(Math.ceil(wanted / growthSlots) * growthSlots);
    held.set(this.#held);
    this.#held = held;
  }

  #forgetOldestFinal(): boolean {
    const [slot] = this.#finals.keys();
    if (slot === undefined) return false;
    this.#remove(slot);
    return true;
  }
}

function isMember(record: OwnerRecord): record is MemberRecord {
  return record.kind === 'member' && record.final === 'none';
}

/** The keys with which it is signed; an obituary's are those of its reports. */
function keysOf(record: OwnerRecord): readonly string[] {
  if (record.kind !== 'obituary') return record.seal ? [record.seal.key] : none;
  return record.reports.flatMap(({ seal }) => (seal ? [seal.key] : []));
}

function headOf(record: OwnerRecord): Head {
  const { epoch, instance, final, version } = record;
  return { slot: slotOf(record), epoch, instance, final, version };
}
