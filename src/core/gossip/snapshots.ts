/**
 * What newcomers are given: whole buckets, as fast as this member can afford.
 *
 * S1 all newcomers together get at most `snapshotRecordsPerTick` records in a tick, first come, first served; a crowd at a
 *    seed costs it a bounded share of its time. S2 a link is owed one snapshot: a later question replaces the first.
 */

import type { OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Buckets that a peer lacks, and what it is told when it has them. */
export interface Snapshot {
  readonly buckets: readonly number[];
  readonly whenDone: () => void;
}

interface Owed {
  readonly snapshot: Snapshot;
  next: number;
}

export class Snapshots {
  readonly #state: MeshState;
  /** By link. */
  readonly #owed = new Map<number, Owed>();
  #allowance = meshLimits.snapshotRecordsPerTick;

  constructor(state: MeshState) {
    this.#state = state;
  }

  give(link: number, snapshot: Snapshot): void {
    this.#owed.delete(link);
    this.#owed.set(link, { snapshot, next: 0 });
    this.#serve();
  }

  /** A tick: there is room for more. */
  tend(): void {
    this.#allowance = meshLimits.snapshotRecordsPerTick;
    if (this.#owed.size > 0) this.#serve();
  }

  #serve(): void {
    for (const [link, owed] of this.#owed) {
      if (this.#state.links.find(link) && !this.#serveOne(link, owed)) return;
      this.#owed.delete(link);
    }
  }

  /** True when nothing is owed any more. */
  #serveOne(link: number, owed: Owed): boolean {
    const { buckets, whenDone } = owed.snapshot;
    let records: OwnerRecord[] = [];
    for (; owed.next < buckets.length && this.#allowance > 0; owed.next += 1) {
      const bucket = this.#state.records.inBucket(buckets[owed.next] ?? 0);
      if (records.length + bucket.length > meshLimits.recordsPerMessage) {
        this.#send(link, records);
        records = [];
      }
      records.push(...bucket);
      this.#allowance -= bucket.length;
    }
    this.#send(link, records);
    if (owed.next < buckets.length) return false;
    whenDone();
    return true;
  }

  #send(link: number, records: readonly OwnerRecord[]): void {
    for (let at = 0; at < records.length; at += meshLimits.recordsPerMessage) {
      this.#state.send(link, { kind: 'syncRecords', records: records.slice(at, at + meshLimits.recordsPerMessage), wants: [] });
    }
  }
}
