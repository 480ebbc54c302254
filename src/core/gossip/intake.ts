/**
 * Records as they come in: checked against the limits, merged, passed on. Whether an obituary counts is inquests.ts; whether a
 * record is its owner's word, provenance.ts; how often an owner's word is looked at, pacing.ts.
 */

import type { BodyStore } from './bodies.ts';
import { recordProblem } from './check.ts';
import { Inquests } from './inquests.ts';
import type { Naming } from './naming.ts';
import { Pacing } from './pacing.ts';
import type { Provenance } from './provenance.ts';
import type { MemberRecord, OwnerRecord } from './record.ts';
import { compareHeads, slotOf } from './record.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';

export interface IntakeParts {
  readonly spread: Spread;
  readonly naming: Naming;
  readonly bodies: BodyStore;
  readonly provenance: Provenance;
}

export class Intake {
  readonly #state: MeshState;
  readonly #spread: Spread;
  readonly #naming: Naming;
  readonly #bodies: BodyStore;
  readonly #provenance: Provenance;
  readonly #pacing: Pacing;
  /** Obituaries that are not clear yet. */
  readonly inquests: Inquests;
  /** Members that we miss here and that have raised their incarnation: they live, and their word reaches us. */
  readonly #refuting = new Set<string>();

  constructor(state: MeshState, parts: IntakeParts) {
    this.#state = state;
    this.#spread = parts.spread;
    this.#naming = parts.naming;
    this.#bodies = parts.bodies;
    this.#provenance = parts.provenance;
    this.#pacing = new Pacing(state);
    this.inquests = new Inquests(state);
  }

  /** Members that we miss and that are worth a dial at once. */
  takeRefuting(): readonly MemberRecord[] {
    const names = [...this.#refuting];
    this.#refuting.clear();
    return names.map((name) => this.#state.findMember(name)).filter((record) => record !== undefined);
  }

  /** One record from a link; `isAnswer`: we have asked for it. */
  take(record: OwnerRecord, from: number, isAnswer = false): void {
    const held = this.#state.records.find(slotOf(record));
    if (held && isSameWord(held, record)) return this.#again(record, from);
    const problem = recordProblem(record);
    if (problem !== undefined) return this.#state.note({ kind: 'member.rejected', name: record.owner.slice(0, 64), why: problem });
    const isOwn = record.owner === this.#state.self.name && record.kind !== 'unknown';
    // What is outdated anyway need not be looked at: an old word of the owner's does no more than a forged one.
    if (this.#state.seals && held && !isOwn && compareHeads(held, record) > 0) return this.#spread.tell(from, held);
    if (!isOwn && this.#pacing.holdsBack({ record, from, isAnswer }, held)) return;
    if (!this.#provenance.isProved(record, from, isAnswer)) return;
    if (isOwn) return this.#takeNamesake(record, from);
    if (record.kind === 'obituary' && !this.inquests.mayBury(record, from)) return;
    this.merge(record, from, isAnswer && !this.#state.hasJoined);
  }

  /** A tick has passed: what was held back, and has its turn now. */
  tend(): void {
    for (const { record, from, isAnswer } of this.#pacing.takeDue()) this.take(record, from, isAnswer);
  }

  /** A body has come: what has waited for it, because it is the statement about a key, is taken now. */
  onBody(hash: string): void {
    for (const { record, from, isAnswer } of this.#provenance.onBody(hash)) this.take(record, from, isAnswer);
  }

  /** Keeps the newer of two; passes news on, and answers what is older. `isQuiet`: it is no news to anybody but us. */
  merge(record: OwnerRecord, from?: number, isQuiet = false): void {
    const { records, nowMs } = this.#state;
    const before = records.find(slotOf(record));
    const isRevived =
      !this.#state.rules.isFinalFinal && before?.final === 'dead' && before.epoch === record.epoch && record.kind === 'member';
    const merge = isRevived ? records.replace(record, nowMs) : records.offer(record, nowMs);
    if (merge === 'older' && before && from !== undefined) return this.#spread.tell(from, before);
    if (merge === 'same' && from !== undefined) this.#spread.onDuplicate(record, from);
    if (merge !== 'taken') return;
    this.#pacing.taken(record, before);
    this.#state.touch(record);
    if (!isQuiet) this.#spread.flood(record, from);
    // What this build cannot read has no consequence here.
    if (record.kind === 'unknown') return;
    if (record.final !== 'none') this.#end(record);
    if (record.final === 'none' && record.kind === 'member') this.#bodies.want(record.bodyHash, from);
    if (before && before.instance !== record.instance) this.#state.suspicions.forget(record.owner);
    else if (this.#isRefutation(before, record)) this.#refuting.add(record.owner);
  }

  /** Our own dial to a member whose end was not clear has failed (`isThere` false) or worked. */
  decide(name: string, isThere: boolean): void {
    const obituary = this.inquests.decide(name, isThere);
    if (obituary) this.merge(obituary);
  }

  /** All that the link had to tell is known, or it has had its time: what was not clear is judged again. */
  reopen(from?: number): void {
    for (const obituary of this.inquests.reopen(from)) this.merge(obituary);
  }

  #isRefutation(before: OwnerRecord | undefined, record: OwnerRecord): boolean {
    if (before?.kind !== 'member' || record.kind !== 'member' || record.incarnation <= before.incarnation) return false;
    return this.#state.suspicions.own(record.owner) !== undefined && !this.#state.liveLinkTo(record.instance);
  }

  #again(record: OwnerRecord, from: number): void {
    this.#spread.onDuplicate(record, from);
    if (!this.#state.rules.floodsOnce) this.#spread.flood(record, from);
  }

  #takeNamesake(record: OwnerRecord, from: number): void {
    if (this.#naming.meetRecord(record) && compareHeads(this.#state.self.record, record) > 0)
      this.#spread.tell(from, this.#state.self.record);
  }

  #end(record: OwnerRecord): void {
    const { links, suspicions } = this.#state;
    suspicions.forget(record.owner);
    this.inquests.forget(record.owner);
    // The dead are not spoken to; one that left closes its links itself once it has sent what it had.
    if (record.final !== 'dead') return;
    for (const link of links.allTo(record.instance)) this.#spread.hangUp(link);
  }
}

/** What we know already, whoever wrote it down. */
function isSameWord(held: OwnerRecord, record: OwnerRecord): boolean {
  return held.kind === record.kind && held.kind !== 'obituary' && compareHeads(held, record) === 0;
}
