/**
 * Anti-entropy between two members whose roots differ: digest, heads of the buckets that differ, records.
 *
 * A final record is sent only in answer to a lower one of the same owner, so that ends can be forgotten without
 * coming back (it is in no root and no bucket).
 */

import type { LinkState } from './links.ts';
import type { Head, Root, SyncDigest, SyncHeads, SyncRecords } from './message.ts';
import { compareHeads, type OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Beats in a row with another root before a synchronisation starts. */
const mismatchesMax = 2;

export class Sync {
  readonly #state: MeshState;
  readonly #take: (record: OwnerRecord, from: number) => void;

  constructor(state: MeshState, take: (record: OwnerRecord, from: number) => void) {
    this.#state = state;
    this.#take = take;
  }

  /** A beat told the peer's root. */
  onRoot(link: LinkState, theirs: Root): void {
    if (isSameRoot(theirs, this.#state.records.root())) {
      link.mismatches = 0;
      return;
    }
    link.mismatches += 1;
    if (link.mismatches > mismatchesMax && this.#state.nowMs >= link.syncAfterMs) this.start(link);
  }

  start(link: LinkState): void {
    link.mismatches = 0;
    link.syncAfterMs = this.#state.nowMs + 2 * this.#state.settings.beatIntervalMs;
    this.#state.send(link.id, { kind: 'syncDigest', root: this.#state.records.root(), buckets: this.#state.records.buckets() });
  }

  onDigest(link: number, digest: SyncDigest): void {
    const { records } = this.#state;
    const ours = records.buckets();
    const differing = new Set<number>();
    for (let bucket = 0; bucket < meshLimits.buckets; bucket += 1) {
      const at = 2 * bucket;
      if (ours[at] !== digest.buckets[at] || ours[at + 1] !== digest.buckets[at + 1]) differing.add(bucket);
    }
    const heads = records.heads(differing).slice(0, meshLimits.recordsPerMessage);
    this.#state.send(link, { kind: 'syncHeads', buckets: [...differing], heads });
  }

  /** Gives the slots that were asked for. */
  onHeads(link: number, { buckets, heads }: SyncHeads): readonly string[] {
    const { records } = this.#state;
    const theirs = new Map(heads.slice(0, meshLimits.recordsPerMessage).map((head) => [head.slot, head]));
    const wants: string[] = [];
    const gives: OwnerRecord[] = [];
    for (const head of theirs.values()) {
      const held = records.find(head.slot);
      const order = held ? compareHeads(held, asHead(head)) : -1;
      if (order < 0) wants.push(head.slot);
      else if (held && order > 0) gives.push(held);
    }
    for (const head of records.heads(buckets)) {
      const held = records.find(head.slot);
      if (held && !theirs.has(head.slot)) gives.push(held);
    }
    this.#state.send(link, { kind: 'syncRecords', records: gives.slice(0, meshLimits.recordsPerMessage), wants });
    return wants;
  }

  onRecords(link: number, { records, wants }: SyncRecords): void {
    for (const record of records) this.#take(record, link);
    const answer = wants
      .slice(0, meshLimits.recordsPerMessage)
      .map((slot) => this.#state.records.find(slot))
      .filter((record) => record !== undefined);
    // Also when it is empty: the asker counts itself as joined by it.
    this.#state.send(link, { kind: 'push', records: answer });
  }
}

export function isSameRoot(a: Root, b: Root): boolean {
  return a.high === b.high && a.low === b.low;
}

function asHead(head: Head) {
  return { ...head, owner: head.slot };
}
