/**
 * Avoid fast, bury slowly: who is silent, whose link broke, and when that is enough for an obituary.
 *
 * F1 a late tick of our own shifts every deadline by the gap before anybody is judged, and worsens our own health.
 * F2 evidence of our own counts at once for routing; a report goes out only when a fresh dial has confirmed it and, unless
 *    the address refuses, nobody else got through either (probing.ts).
 * F3 while more than half of the others are silent here (N >= 3) we neither report nor convict on silence.
 * F4 an obituary needs a quorum that nobody refuted in time (court.ts, suspicion.ts).
 */

import { courtOf } from './court.ts';
import type { Intake } from './intake.ts';
import type { LinkEvidence } from './io.ts';
import type { LinkState } from './links.ts';
import type { Beat } from './message.ts';
import type { Probing } from './probing.ts';
import type { Accusation, MemberRecord, Obituary, Report } from './record.ts';
import { meshLimits } from './settings.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';
import { isHard } from './suspicion.ts';

const healthMax = 8;
/** A bad mark is half forgotten after 35 ticks that came in time. */
const healthPerTick = 0.98;

export class Detector {
  readonly #state: MeshState;
  readonly #spread: Spread;
  readonly #intake: Intake;
  readonly #probing: Probing;
  #convictMs = Number.POSITIVE_INFINITY;

  constructor(state: MeshState, parts: { readonly spread: Spread; readonly intake: Intake; readonly probing: Probing }) {
    this.#state = state;
    this.#spread = parts.spread;
    this.#intake = parts.intake;
    this.#probing = parts.probing;
  }

  /** When the next quorum is old enough. */
  dueMs(): number {
    return this.#convictMs;
  }

  /** Our own tick came `lateMs` after its time, which is too much. */
  onStall(lateMs: number): void {
    const state = this.#state;
    state.note({ kind: 'loop.stalled', lateMs });
    if (!state.rules.shiftsDeadlines) return;
    state.stalledAtMs = state.nowMs;
    for (const link of state.links.all()) link.shift(lateMs, state.nowMs);
    state.health = Math.min(healthMax, state.health + 1);
  }

  /** Finds the links that went silent, and judges. */
  inspect(): void {
    const state = this.#state;
    state.health = Math.max(1, state.health * healthPerTick);
    for (const link of state.links.used()) {
      if (!link.isSilent(state.settings, state)) continue;
      const record = state.findMember(link.name);
      if (record?.instance === link.instance) this.#suspectSilent(record);
      // One that is dead, or that a later process has replaced, and has nothing to say either (M7).
      else if (record || state.records.find(link.name)?.final === 'dead') this.#spread.hangUp(link);
    }
    this.#weighIsolation();
    for (const name of state.suspicions.names()) this.#reconsider(name);
    this.judge();
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
    this.judge();
  }

  /** Reports from a peer. */
  onReports(reports: readonly Report[], from: number): void {
    const news = reports.slice(0, meshLimits.recordsPerMessage).filter((report) => this.#hear(report));
    this.#spread.report(news, from);
    if (news.length > 0) this.judge();
  }

  onBeat(link: LinkState, beat: Beat): void {
    link.onBeat(beat, this.#state);
  }

  /** Buries whom a quorum has convicted, and notes when the next one is due. */
  judge(): void {
    this.#convictMs = Number.POSITIVE_INFINITY;
    for (const name of this.#state.suspicions.names()) {
      const record = this.#state.findMember(name);
      if (!record || record.instance === this.#state.self.instance) continue;
      const verdict = this.#state.suspicions.judge(record, courtOf(record, this.#state), this.#state.nowMs);
      if (verdict.kind === 'pending') this.#convictMs = Math.min(this.#convictMs, verdict.atMs);
      if (verdict.kind === 'convicted' && !this.#worksHere(record)) this.#bury(record, verdict.reports);
    }
  }

  #worksHere(record: MemberRecord): boolean {
    return this.#state.liveLinkTo(record.instance) !== undefined;
  }

  #bury(record: MemberRecord, reports: readonly Report[]): void {
    const { owner, epoch, instance, url } = record;
    const obituary: Obituary = { kind: 'obituary', owner, epoch, instance, final: 'dead', version: 0, url, reports };
    this.#intake.merge(obituary);
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
    if (state.isIsolated && !isHard(own.accusations)) return;
    if (!own.accusations.has('refused') && this.#probing.opinionOf(record) !== 'none') return;
    const evidence = [...own.accusations].sort();
    const report: Report = {
      target: name,
      epoch: record.epoch,
      instance: record.instance,
      incarnation: record.incarnation,
      observer: state.self.name,
      evidence,
      ageMs: 0,
    };
    if (!courtOf(record, state).mayReport(state.self.name) || this.#isRefutedLately(record)) return;
    if (state.suspicions.keep(report, state.nowMs)) this.#spread.report([report]);
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
    if (!state.findMember(report.target) || !state.records.find(report.observer)) return false;
    return state.suspicions.keep(report, state.nowMs);
  }

  /** We are alive: a higher incarnation voids the report. It is not passed on. */
  #refute(report: Report): false {
    const { self, rules, records, nowMs } = this.#state;
    const { epoch, incarnation } = self.record;
    const isAboutNow = report.instance === self.instance && report.epoch === epoch && report.incarnation >= incarnation;
    if (!isAboutNow || !rules.canRefute || self.record.final !== 'none') return false;
    self.refute(report.incarnation + 1);
    records.replace(self.record, nowMs);
    this.#spread.flood(self.record);
    return false;
  }

  #weighIsolation(): void {
    const state = this.#state;
    let others = 0;
    let silent = 0;
    for (const member of state.overlay.neighbours()) {
      if (member.isLeaving) continue;
      others += 1;
      const own = state.suspicions.own(member.owner);
      if (own?.instance === member.instance && !own.accusations.has('refused')) silent += 1;
    }
    const isIsolated = others >= 2 && 2 * silent > others;
    if (isIsolated === state.isIsolated) return;
    state.isIsolated = isIsolated;
    state.note({ kind: 'mesh.isolated', isIsolated });
  }
}

/** What a failed dial says of whom was dialled. */
export function accusationOf(evidence: LinkEvidence): Accusation {
  switch (evidence) {
    case 'refused':
    case 'reset':
    case 'silent':
    case 'stalled':
      return evidence;
    case 'unresolved':
    case 'local':
      return 'silent';
    case 'remote':
      return 'refused';
  }
}
