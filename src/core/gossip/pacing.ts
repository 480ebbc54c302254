/**
 * How often one owner's word about itself is looked at: with good keys it may say something new without end, and each member pays for each
 * word, 0.84 ms where it brings a new key.
 *
 * H1 of one owner `changesAtOnce` newer words are taken, `changesPerSecond` on average; of the rest the newest of each link waits.
 * H2 what an owner says first, and the end or the leaving of what is held of it, wait for nothing.
 * H3 no refutation comes late by it: an owner that keeps to the rules says a catalog each `publishIntervalMs` and answers doubts each
 *    250 ms, half of the bound. What refutes what is held against it here passes all the same, `changesAtOnce` times on credit.
 * H4 only what was taken is counted, and what waits, waits by link: nobody's forgeries use up an owner's room or drive its words out.
 * H5 `hurriedOwners` wait at once; what is beyond comes again when roots are compared. Told once in ten seconds (`member.hurried`).
 */

import { TokenBucket, type TokenRate } from '../../base/token-bucket.ts';
import { compareHeads, type MemberRecord, type OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';
import type { Arrived } from './unproven.ts';

interface Account {
  /** Words that may be taken now; below 0 after some that did not wait. */
  readonly room: TokenBucket;
  /** Held back since it was last told of. */
  heldBack: number;
  quietUntilMs: number;
}

const tellEveryMs = 10_000;
/** H1. */
const pace: TokenRate = { perSecond: meshLimits.changesPerSecond, atOnce: meshLimits.changesAtOnce };

export class Pacing {
  readonly #state: MeshState;
  /** Of those alone that have less than all of their room. */
  readonly #accounts = new Map<string, Account>();
  /** By owner, then by link. */
  readonly #waiting = new Map<string, Map<number, Arrived>>();

  constructor(state: MeshState) {
    this.#state = state;
  }

  /** Whether a record that is newer than the one held has to wait; it is kept here then. */
  holdsBack(arrived: Arrived, held: OwnerRecord | undefined): boolean {
    const { record } = arrived;
    // Obituaries are not the owner's word; there is one for each end.
    if (record.kind === 'obituary' || (!held && record.kind === 'member')) return false;
    const account = this.#accounts.get(record.owner);
    if (!account) return false;
    const room = account.room.countAt(this.#state.nowMs);
    if (room >= 1) return false;
    if (held && room > -pace.atOnce && this.#isPressing(record, held)) return false;
    this.#hold(arrived);
    account.heldBack += 1;
    if (this.#state.nowMs >= account.quietUntilMs) this.#note(record.owner, account);
    return true;
  }

  /** A word of an owner's was taken, in the place of another if there was one. */
  taken(record: OwnerRecord, before: OwnerRecord | undefined): void {
    // What a newcomer hears first of everybody is counted for nobody; of kinds that this build does not know there is no first word.
    if (record.kind === 'obituary' || (!before && record.kind === 'member')) return;
    const { nowMs } = this.#state;
    const account = this.#accounts.get(record.owner) ?? { room: new TokenBucket(pace, nowMs), heldBack: 0, quietUntilMs: 0 };
    account.room.countAt(nowMs);
    account.room.take();
    this.#accounts.set(record.owner, account);
  }

  /** What has waited and for which there is room now, the newest word of each owner first; what is full is forgotten. */
  takeDue(): readonly Arrived[] {
    const { nowMs } = this.#state;
    const due: Arrived[] = [];
    for (const [owner, byLink] of this.#waiting) {
      const account = this.#accounts.get(owner);
      if (account && account.room.countAt(nowMs) < 1) continue;
      this.#waiting.delete(owner);
      due.push(...[...byLink.values()].sort((a, b) => compareHeads(b.record, a.record)));
    }
    for (const [owner, account] of this.#accounts) {
      const isFull = account.room.countAt(nowMs) >= pace.atOnce;
      if (!isFull || nowMs < account.quietUntilMs) continue;
      if (account.heldBack > 0) this.#note(owner, account);
      this.#accounts.delete(owner);
    }
    return due;
  }

  /** H2, H3. */
  #isPressing(record: OwnerRecord, held: OwnerRecord): boolean {
    if (record.kind !== 'member' || held.kind !== 'member' || held.final !== 'none') return false;
    const isSameLife = record.epoch === held.epoch && record.instance === held.instance;
    if (isSameLife && (record.final !== 'none' || (record.isLeaving && !held.isLeaving))) return true;
    return isSameLife && record.incarnation > held.incarnation && this.#isAccused(held);
  }

  #isAccused(held: MemberRecord): boolean {
    const { suspicions, nowMs } = this.#state;
    return suspicions.own(held.owner) !== undefined || suspicions.voices(held, nowMs) > 0;
  }

  /** H1, H5. */
  #hold(arrived: Arrived): void {
    const { owner } = arrived.record;
    const byLink = this.#waiting.get(owner) ?? new Map<number, Arrived>();
    if (byLink.size === 0 && this.#waiting.size >= meshLimits.hurriedOwners) return;
    this.#waiting.set(owner, byLink);
    const before = byLink.get(arrived.from);
    if (!before || compareHeads(before.record, arrived.record) < 0) byLink.set(arrived.from, arrived);
  }

  #note(name: string, account: Account): void {
    this.#state.note({ kind: 'member.hurried', name, count: account.heldBack });
    account.quietUntilMs = this.#state.nowMs + tellEveryMs;
    account.heldBack = 0;
  }
}
