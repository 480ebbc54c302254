/**
 * Avoid fast: who is silent, whose link broke, and when that is worth a report. What reports come to is judging.ts.
 *
 * F1 a late tick of our own shifts every deadline by the gap before anybody is judged, and worsens our own health.
 * F2 evidence of our own counts at once for routing; a report goes out only when a fresh dial has confirmed it and, unless
 *    the address refuses, nobody else got through either (probing.ts).
 * F3 while we are cut off ourselves (isolation.ts) we do not report on silence; while very many are suspect, not at all
 *    (mass-guard.ts).
 */

import type { Announcing } from './announcing.ts';
import { mayReport } from './court.ts';
import type { LinkEvidence } from './io.ts';
import { weighIsolation } from './isolation.ts';
import type { Judging } from './judging.ts';
import type { LinkState } from './links.ts';
import type { MassGuard } from './mass-guard.ts';
import type { Beat } from './message.ts';
import type { Probing } from './probing.ts';
import type { Accusation, MemberRecord, Report } from './record.ts';
import type { Rumours } from './rumours.ts';
import { meshLimits } from './settings.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';
import { isHard } from './suspicion.ts';

/** Inspections between two looks at everybody against whom anything stands. */
const roundsPerLook = 5;

export interface DetectorParts {
  readonly spread: Spread;
  readonly probing: Probing;
  readonly announcing: Announcing;
  readonly judging: Judging;
  readonly guard: MassGuard;
  readonly rumours: Rumours;
}

export class Detector {
  readonly #state: MeshState;
  readonly #spread: Spread;
  readonly #probing: Probing;
  readonly #announcing: Announcing;
  readonly #judging: Judging;
  readonly #guard: MassGuard;
  readonly #rumours: Rumours;
  #rounds = 0;

  constructor(state: MeshState, parts: DetectorParts) {
    this.#state = state;
    this.#spread = parts.spread;
    this.#probing = parts.probing;
    this.#announcing = parts.announcing;
    this.#judging = parts.judging;
    this.#guard = parts.guard;
    this.#rumours = parts.rumours;
  }

  /** Our own tick came `lateMs` after its time, which is too much. */
  onStall(lateMs: number): void {
    const state = this.#state;
    state.note({ kind: 'loop.stalled', lateMs });
    if (!state.rules.shiftsDeadlines) return;
    state.stalledAtMs = state.nowMs;
    for (const link of state.links.all()) link.shift(lateMs, state.nowMs);
    state.worsen();
  }

  /** Finds the links that went silent, and judges. */
  inspect(): void {
    const state = this.#state;
    state.recover();
    this.#findSilent();
    weighIsolation(state);
    // Reports of others lose their force by age alone: a look now and then is enough.
    const isFullRound = this.#rounds++ % roundsPerLook === 0;
    for (const name of state.suspicions.names()) if (isFullRound || state.suspicions.own(name)) this.#reconsider(name);
    if (isFullRound) this.#judging.judgeAll();
  }

  #findSilent(): void {
    const state = this.#state;
    if (state.links.areHeard(state.settings, state.nowMs)) return;
    for (const link of state.links.used()) {
      if (!link.isSilent(state.settings, state)) continue;
      const record = state.findMember(link.name);
      if (record?.instance === link.instance) this.#suspectSilent(record);
      // One that is dead, or that a later process has replaced, and has nothing to say either (M7).
      else if (record || state.records.find(link.name)?.final === 'dead') this.#spread.hangUp(link);
    }
  }

  /** The peer spoke. */
  heard(link: LinkState, atMs: number): void {
    link.heardAtMs = Math.max(link.heardAtMs, atMs);
    if (this.#state.liveLinkTo(link.instance) === link) this.vouch(link);
  }

  /** A link that works voids what we have against its member. */
  vouch(link: LinkState): void {
    if (this.#state.suspicions.own(link.name)?.instance !== link.instance) return;
    this.#state.suspicions.clearOwn(link.name, this.#state.self.name);
    this.#state.touched.add(link.name);
  }

  /** The link in use broke. */
  onLost(link: LinkState, evidence: LinkEvidence): void {
    const record = this.#state.findMember(link.name);
    this.#state.touched.add(link.name);
    // A close in good order (`remote`) says nothing yet: two links may have crossed. The dial that follows will tell.
    if (record?.instance !== link.instance || evidence === 'local' || evidence === 'remote') return;
    this.#accuse(record, evidence === 'silent' || evidence === 'stalled' ? evidence : 'reset', false);
    this.#probing.ask(record);
  }

  /** A dial to a member's address failed, or somebody else answered there (`refused`). */
  onDialFailed(record: MemberRecord, evidence: LinkEvidence): void {
    this.#accuse(record, accusationOf(evidence), true);
    this.#reconsider(record.owner);
    this.#judging.judge([record.owner]);
  }

  /** It cannot prove any more who it is; a dial is to confirm that. */
  distrust(record: MemberRecord): void {
    this.#accuse(record, 'untrusted', false);
    this.#probing.ask(record);
  }

  /** It does not believe us: there is no way to it from here, and nothing that others should hear. */
  onUnwelcome(record: MemberRecord): void {
    this.#accuse(record, 'untrusted', false);
  }

  /** Nobody who was asked got through to it: a report need not wait for the next tick. */
  onProbed(name: string | undefined): void {
    if (name !== undefined) this.#reconsider(name);
  }

  /** Reports from a peer. */
  onReports(reports: readonly Report[], from: number): void {
    const state = this.#state;
    const news = reports.slice(0, meshLimits.recordsPerMessage).filter((report) => this.#hear(report));
    if (state.doubts.isFrozen) for (const { target } of news) this.#guard.reduce(target);
    else this.#rumours.spread(news, from);
    this.#judging.judge(new Set(news.map((report) => report.target)));
  }

  onBeat(link: LinkState, beat: Beat): void {
    this.#state.links.onBeat(link, beat, this.#state);
    if (link.takeRoundTripNews()) this.#state.touched.add(link.name);
  }

  #suspectSilent(record: MemberRecord): void {
    if (this.#state.suspicions.own(record.owner)?.instance === record.instance) return;
    this.#accuse(record, 'silent', false);
    this.#probing.ask(record);
  }

  #accuse(record: MemberRecord, accusation: Accusation, isChecked: boolean): void {
    const { owner: name, instance } = record;
    this.#state.suspicions.accuse({ name, instance }, accusation, { nowMs: this.#state.nowMs, isChecked });
    this.#state.touched.add(name);
  }

  /** Reports our own evidence when it is confirmed and not reported lately. */
  #reconsider(name: string): void {
    const state = this.#state;
    state.touched.add(name);
    const record = state.findMember(name);
    if (!record) return state.suspicions.forget(name);
    const own = state.suspicions.own(name);
    if (own?.instance !== record.instance || !own.isChecked || record.isLeaving) return;
    if (state.doubts.isFrozen || (state.isIsolated && !isHard(own.accusations))) return;
    if (!own.accusations.has('refused') && this.#probing.opinionOf(record) !== 'none') return;
    const { evidence } = own;
    const said: Report = {
      target: name,
      epoch: record.epoch,
      instance: record.instance,
      incarnation: record.incarnation,
      observer: state.self.name,
      evidence,
      ageMs: 0,
    };
    if (!mayReport(state.self.name, record, state) || this.#isRefutedLately(record)) return;
    if (!state.suspicions.isNews(said, state.nowMs)) return;
    const report = state.seals ? state.seals.sealReport(said) : said;
    state.suspicions.keep(report, state.nowMs);
    this.#rumours.spread([report]);
    this.#judging.judge([name]);
  }

  /** It answered our last report by a higher incarnation: it lives, and others reach it. Asking again can wait. */
  #isRefutedLately({ owner, incarnation }: MemberRecord): boolean {
    const { suspicions, self, nowMs, settings } = this.#state;
    const last = suspicions.find(owner, self.name);
    return last !== undefined && last.report.incarnation < incarnation && nowMs - last.heardAtMs < settings.reportExpiryMs / 2;
  }

  #hear(report: Report): boolean {
    const state = this.#state;
    if (report.target === state.self.name) return this.#refute(report);
    state.touched.add(report.target);
    if (report.observer === state.self.name) return false;
    const record = state.findMember(report.target);
    // Most reports come over several links: who may speak need not be asked for those.
    if (!record || !state.suspicions.isNews(report, state.nowMs)) return false;
    // Whoever is no observer has nothing to say here, however often it says it (fault 32).
    if (!mayReport(report.observer, record, state)) return false;
    return state.suspicions.keep(report, state.nowMs);
  }

  /** We are alive: a higher incarnation voids the report. It is not passed on. */
  #refute(report: Report): false {
    const { self } = this.#state;
    if (report.instance !== self.instance || report.epoch !== self.record.epoch) return false;
    this.#announcing.refute(report.incarnation);
    return false;
  }
}

/** What a failed dial says of whom was dialled. */
export function accusationOf(evidence: LinkEvidence): Accusation {
  switch (evidence) {
    case 'refused':
    case 'reset':
    case 'silent':
    case 'stalled':
    case 'untrusted':
      return evidence;
    // Somebody is there, and has more to say to others.
    case 'unwelcome':
      return 'stalled';
    case 'unresolved':
    case 'local':
      return 'silent';
    case 'remote':
      return 'refused';
  }
}
