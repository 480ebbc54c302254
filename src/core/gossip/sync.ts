/**
 * Anti-entropy between two members whose roots differ: digest, heads of the buckets that differ, records.
 *
 * Y1 a final record is sent only in answer to a lower one of the same owner, so that ends can be forgotten without
 *    coming back (it is in no root and no bucket).
 * Y2 buckets in which the asker has nothing are given whole, without asking what is wanted (snapshots.ts).
 * Y3 a newcomer that lacks very much is referred to others for a share each (referral.ts, first-sync.ts).
 * Y4 whatever the size of the table, every message has at most `recordsPerMessage` heads or records, and all of it is
 *    compared: the heads of a bucket are never cut.
 * Y5 a newcomer that lacks much asks nobody else for it: whoever compares itself with it meanwhile, because it has dialled it, would
 *    give it the whole table once more.
 */

import type { LinkState } from './links.ts';
import type { Head, Root, SyncDigest, SyncHeads, SyncRecords } from './message.ts';
import { compareHeads, type OwnerRecord } from './record.ts';
import { referralFor } from './referral.ts';
import { meshLimits } from './settings.ts';
import { Snapshots } from './snapshots.ts';
import type { MeshState } from './state.ts';

/** Beats in a row with another root before a synchronisation starts. */
const mismatchesMax = 2;

/** Buckets that a newcomer may lack and still ask anybody for: about 180 members fill so many. */
const vacantMax = meshLimits.buckets / 2;

const allBuckets = Array.from({ length: meshLimits.buckets }, (_, bucket) => bucket);

/** What a question is about. */
export type Question = Pick<SyncDigest, 'only' | 'mayRefer'>;

export class Sync {
  readonly #state: MeshState;
  readonly #snapshots: Snapshots;
  readonly #take: (record: OwnerRecord, from: number) => void;

  constructor(state: MeshState, take: (record: OwnerRecord, from: number) => void) {
    this.#state = state;
    this.#snapshots = new Snapshots(state);
    this.#take = take;
  }

  /** A tick: newcomers that wait get more. */
  tend(): void {
    this.#snapshots.tend();
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

  start(link: LinkState, question: Question = {}): void {
    link.mismatches = 0;
    link.syncAfterMs = this.#state.nowMs + 2 * this.#state.settings.beatIntervalMs;
    const { records } = this.#state;
    this.#state.send(link.id, { kind: 'syncDigest', root: records.root(), buckets: records.buckets(), ...question });
  }

  onDigest({ id: link, name }: LinkState, digest: SyncDigest): void {
    const referral = referralFor(name, digest, this.#state);
    if (referral) return this.#state.send(link, { kind: 'syncReferral', records: referral });
    const ours = this.#state.records.buckets();
    const lacking: number[] = [];
    const differing: number[] = [];
    for (const bucket of digest.only ?? allBuckets) {
      const [high, low] = [digest.buckets[2 * bucket], digest.buckets[2 * bucket + 1]];
      if (ours[2 * bucket] === high && ours[2 * bucket + 1] === low) continue;
      if (isVacant(digest.buckets, bucket)) lacking.push(bucket);
      else differing.push(bucket);
    }
    const compared = this.#isServed(differing, ours) ? differing.filter((bucket) => !isVacant(ours, bucket)) : differing;
    this.#snapshots.give(link, { buckets: lacking, whenDone: () => this.#sendHeads(link, compared) });
  }

  /** We are a newcomer, and others are giving us what we lack (first-sync.ts). */
  #isServed(differing: readonly number[], ours: readonly number[]): boolean {
    return !this.#state.hasJoined && differing.filter((bucket) => isVacant(ours, bucket)).length > vacantMax;
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
      const held = theirs.has(head.slot) ? undefined : records.find(head.slot);
      if (held) gives.push(held);
    }
    this.#sendRecords(link, gives, wants);
    return wants;
  }

  onRecords(link: number, { records, wants }: SyncRecords): void {
    for (const record of records) this.#take(record, link);
    if (wants.length === 0 && records.length > 0) return;
    const answer = wants
      .slice(0, meshLimits.recordsPerMessage)
      .map((slot) => this.#state.records.find(slot))
      .filter((record) => record !== undefined);
    // Also when it is empty: the asker counts itself as joined by it.
    this.#state.send(link, { kind: 'push', records: answer });
  }

  /** Whole buckets, as many in a message as fit; one message at the least, which ends the answer. */
  #sendHeads(link: number, differing: readonly number[]): void {
    let buckets: number[] = [];
    let heads: Head[] = [];
    for (const bucket of differing) {
      const more = this.#state.records.heads([bucket]);
      if (buckets.length > 0 && heads.length + more.length > meshLimits.recordsPerMessage) {
        this.#state.send(link, { kind: 'syncHeads', buckets, heads });
        buckets = [];
        heads = [];
      }
      buckets.push(bucket);
      heads.push(...more);
    }
    this.#state.send(link, { kind: 'syncHeads', buckets, heads });
  }

  #sendRecords(link: number, gives: readonly OwnerRecord[], wants: readonly string[]): void {
    for (let at = meshLimits.recordsPerMessage; at < gives.length; at += meshLimits.recordsPerMessage) {
      this.#state.send(link, { kind: 'syncRecords', records: gives.slice(at, at + meshLimits.recordsPerMessage), wants: [] });
    }
    this.#state.send(link, { kind: 'syncRecords', records: gives.slice(0, meshLimits.recordsPerMessage), wants });
  }
}

export function isSameRoot(a: Root, b: Root): boolean {
  return a.high === b.high && a.low === b.low;
}

function isVacant(words: readonly number[], bucket: number): boolean {
  return words[2 * bucket] === 0 && words[2 * bucket + 1] === 0;
}

function asHead(head: Head) {
  return { ...head, owner: head.slot };
}
