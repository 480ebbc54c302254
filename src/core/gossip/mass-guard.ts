/**
 * When many are lost at once the network is the likelier culprit: nobody is convicted until it is clear who is alive.
 *
 * G1 more than max(3, 20 %) members that fell under suspicion within 10 s freeze convictions here: every suspect is
 *    `unreachable`, stays in catalog and root, stands on no ring and is routed to last.
 * G2 while frozen no single reports go out. Instead each member tells its links which ids it has come to doubt, at most
 *    once a second; a doubt is passed on once.
 * G3 whoever hears a doubt of itself refutes it by a higher incarnation, which has another id.
 * G4 it thaws after 10 s with no more suspects than that, or after 10 min; then the usual court decides.
 * G5 who is isolated (isolation.ts) says to a peer that comes back only that it doubts that peer, and to those whom it has lost
 *    nothing: one host that gets its cable back would freeze a fabric of up to fifty with what it thought of its neighbours.
 */

import type { Announcing } from './announcing.ts';
import type { LinkState } from './links.ts';
import type { MemberRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** Suspects beyond which convictions freeze, at the least, and as a part of the members. */
const suspectsMin = 3;
const suspectsPart = 0.2;
const windowMs = 10_000;
const frozenMaxMs = 600_000;
/** Between two sets that one member sends. */
const setIntervalMs = 1_000;
/** Between two counts of the suspects while convictions are frozen: half of all members may be among them. */
const countIntervalMs = 500;

export class MassGuard {
  readonly #state: MeshState;
  readonly #announcing: Announcing;
  /** Since when a member has been suspect here, by name. */
  readonly #suspectSinceMs = new Map<string, number>();
  readonly #toTell = new Set<string>();
  #tellAtMs = 0;
  #frozenAtMs = 0;
  #countedAtMs = 0;
  #aboveAtMs = 0;
  #indexedAtMs = Number.NEGATIVE_INFINITY;
  /** What the table was like when its ids were looked up last. */
  #indexedChanges = -1;

  constructor(state: MeshState, announcing: Announcing) {
    this.#state = state;
    this.#announcing = announcing;
  }

  /** Counts the suspects; freezes, thaws, and tells what is due. */
  tend(): void {
    this.weigh();
    this.#forgetOld();
    if (this.#state.doubts.isFrozen && this.#state.nowMs >= this.#tellAtMs) this.#collect();
    this.#tell();
  }

  /** Whether there are too many suspects, as of now. Before every conviction. Cost: the suspects. */
  weigh(): void {
    const { doubts, nowMs, records, rules } = this.#state;
    if (!rules.guardsMasses || (doubts.isFrozen && nowMs - this.#countedAtMs < countIntervalMs)) return;
    this.#countedAtMs = nowMs;
    const suspects = this.#suspects();
    const limit = Math.max(suspectsMin, suspectsPart * records.members);
    let recent = 0;
    for (const sinceMs of suspects.values()) if (nowMs - sinceMs <= windowMs) recent += 1;
    if (!doubts.isFrozen) {
      if (recent > limit) this.#freeze(suspects);
      return;
    }
    if (suspects.size > limit) this.#aboveAtMs = nowMs;
    if (nowMs - this.#aboveAtMs >= windowMs || nowMs - this.#frozenAtMs >= frozenMaxMs) this.#thaw(suspects);
  }

  /** A peer doubts these. */
  onDoubts(ids: readonly string[]): void {
    const { doubts, self, nowMs } = this.#state;
    const isIndexDue = nowMs - this.#indexedAtMs >= setIntervalMs && this.#indexedChanges !== this.#state.records.changes;
    if (isIndexDue && ids.some((id) => doubts.nameOf(id) === undefined)) this.#index();
    const own = doubts.idOf(self.record);
    for (const id of ids.slice(0, meshLimits.doubts)) {
      if (id === own) this.#announcing.refute(self.record.incarnation);
      else if (doubts.size < meshLimits.doubts && doubts.hear(id, nowMs)) this.#take(id);
    }
    this.weigh();
    this.#tell();
  }

  /** A link came up: whoever is there hears whom we doubt, itself perhaps. */
  onLink(link: LinkState): void {
    const { doubts, isIsolated } = this.#state;
    if (!doubts.isFrozen) return;
    // Some may have refuted since they were counted last: their new word is not doubted by anybody.
    const names = isIsolated ? [link.name] : [...this.#suspectSinceMs.keys()];
    const suspects = names.map((name) => this.#state.findMember(name));
    const ids = suspects.flatMap((record) => (record && this.#isDoubted(record) ? [doubts.idOf(record)] : []));
    if (ids.length > 0) this.#state.send(link.id, { kind: 'doubts', ids });
  }

  #take(id: string): void {
    const { doubts, touched } = this.#state;
    const name = doubts.nameOf(id);
    this.#toTell.add(id);
    if (name !== undefined) touched.add(name);
  }

  /** Every member whose word is doubted, by our own evidence, reports or doubts; with since when. */
  #suspects(): ReadonlyMap<string, number> {
    const { suspicions, doubts, nowMs } = this.#state;
    // As nearly always.
    if (suspicions.names().length + doubts.size + this.#suspectSinceMs.size === 0) return this.#suspectSinceMs;
    const names = new Set(suspicions.names());
    for (const [id] of doubts.heard()) names.add(doubts.nameOf(id) ?? '');
    for (const name of names) {
      const record = this.#state.findMember(name);
      if (!record || !this.#isSuspect(record)) this.#suspectSinceMs.delete(name);
      else if (!this.#suspectSinceMs.has(name)) this.#suspectSinceMs.set(name, nowMs);
    }
    for (const name of this.#suspectSinceMs.keys()) if (!names.has(name)) this.#suspectSinceMs.delete(name);
    return this.#suspectSinceMs;
  }

  #isSuspect(record: MemberRecord): boolean {
    const { suspicions, self } = this.#state;
    if (record.instance === self.instance || record.isLeaving) return false;
    const isMissed = suspicions.own(record.owner)?.instance === record.instance;
    return isMissed || (!this.#state.liveLinkTo(record.instance) && this.#isDoubted(record));
  }

  /** By our own evidence, reports or doubts, all of what the record says now. */
  #isDoubted(record: MemberRecord): boolean {
    const { suspicions, doubts, nowMs } = this.#state;
    if (suspicions.own(record.owner)?.instance === record.instance || doubts.isDoubted(record)) return true;
    return suspicions.voices(record, nowMs) > 0;
  }

  #freeze(suspects: ReadonlyMap<string, number>): void {
    const { doubts, nowMs } = this.#state;
    doubts.freeze(true);
    this.#frozenAtMs = nowMs;
    this.#aboveAtMs = nowMs;
    for (const name of suspects.keys()) this.reduce(name);
    this.#turned(suspects, true);
  }

  /** Of the reports about a suspect no more is kept than that it is doubted: hundreds of members have a few each. */
  reduce(name: string): void {
    const { doubts, suspicions, nowMs } = this.#state;
    const record = this.#state.findMember(name);
    if (!record) return;
    const isDoubted = this.#isDoubted(record);
    suspicions.dropReports(name);
    // Otherwise it was refuted before the report came here.
    if (!isDoubted) return;
    const id = doubts.idOf(record);
    if (doubts.hear(id, nowMs)) this.#toTell.add(id);
  }

  #thaw(suspects: ReadonlyMap<string, number>): void {
    this.#turned(suspects, false);
    this.#state.doubts.freeze(false);
    this.#toTell.clear();
  }

  #turned(suspects: ReadonlyMap<string, number>, isFrozen: boolean): void {
    for (const name of suspects.keys()) this.#state.touched.add(name);
    this.#state.note({ kind: 'mesh.frozen', isFrozen, suspects: suspects.size });
  }

  /** Our own evidence, once it is confirmed, is a doubt that others should hear. */
  #collect(): void {
    const { suspicions, doubts, nowMs, isIsolated } = this.#state;
    if (isIsolated) return;
    for (const name of suspicions.names()) {
      const record = this.#state.findMember(name);
      const own = suspicions.own(name);
      if (!record || record.isLeaving || own?.instance !== record.instance || !own.isChecked) continue;
      const id = doubts.idOf(record);
      if (doubts.hear(id, nowMs)) this.#toTell.add(id);
    }
  }

  #tell(): void {
    const { links, nowMs, settings, isIsolated } = this.#state;
    if (this.#toTell.size === 0 || nowMs < this.#tellAtMs) return;
    this.#tellAtMs = nowMs + setIntervalMs;
    const ids = [...this.#toTell];
    this.#toTell.clear();
    for (const link of links.mesh()) {
      if (!(isIsolated && link.isSilent(settings, this.#state))) this.#state.send(link.id, { kind: 'doubts', ids });
    }
  }

  /** A doubt that froze nothing is forgotten like a report that was not renewed. */
  #forgetOld(): void {
    const { doubts, nowMs, settings } = this.#state;
    if (doubts.isFrozen) return;
    for (const [id, heardAtMs] of doubts.heard()) {
      if (nowMs - heardAtMs <= settings.reportExpiryMs) return;
      doubts.forget(id);
    }
  }

  /** Cost: all members; at most once a second, and not again while nothing has changed. */
  #index(): void {
    this.#indexedChanges = this.#state.records.changes;
    this.#indexedAtMs = this.#state.nowMs;
    for (const member of this.#state.members()) this.#state.doubts.idOf(member);
  }
}
