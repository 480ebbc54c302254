/**
 * What stands against members: our own evidence, the reports of others, and when that is enough to bury one.
 *
 * S1 a report counts for one epoch, instance and incarnation; a higher incarnation of the record voids it.
 * S2 a report expires unless it is renewed; at most `reportsPerTarget` are kept about one member.
 * S3 fewer reporters than the quorum never convict, whatever they say (faults 10 and 32).
 * S4 `reset` with `refused` convicts after `buryHardMs` (whoever never had a link to it can only add `refused`), silence after
 *    `burySilentMs`, lost trust (`untrusted`) too, `stalled` after `buryStalledMs`.
 */

import type { Accusation, MemberRecord, Report } from './record.ts';
import { type MeshSettings, meshLimits } from './settings.ts';

/** Observers who must agree before somebody who has seen nothing himself avoids a member. */
const voicesMin = 2;
const noAccusations: readonly Accusation[] = [];

/** Evidence of our own against one instance. */
export interface OwnEvidence {
  readonly instance: string;
  readonly accusations: ReadonlySet<Accusation>;
  /** The same, in order. */
  readonly evidence: readonly Accusation[];
  readonly sinceMs: number;
  /** A dial has confirmed it. */
  readonly isChecked: boolean;
}

export interface HeldReport {
  readonly report: Report;
  /** When the observer saw it first, in our time. */
  readonly sinceMs: number;
  readonly heardAtMs: number;
}

/** How many reporters it takes, and whose reports count. */
export interface Court {
  readonly quorum: number;
  /** With hard evidence. */
  readonly hardQuorum: number;
  /** Silence may convict: there are others to ask, and we are not the isolated ones. */
  readonly maySilenceConvict: boolean;
  readonly mayReport: (observer: string) => boolean;
}

export type Verdict =
  | { readonly kind: 'convicted'; readonly reports: readonly Report[] }
  /** Enough reports; they convict at `atMs` unless they are refuted. */
  | { readonly kind: 'pending'; readonly atMs: number }
  | { readonly kind: 'none' };

/** Evidence that a socket gave us: a restart or a crash, nothing that a slow peer can cause. */
export function isHard(evidence: Iterable<Accusation>): boolean {
  let isReset = false;
  let isRefused = false;
  for (const accusation of evidence) {
    isReset ||= accusation === 'reset';
    isRefused ||= accusation === 'refused';
  }
  return isReset && isRefused;
}

/** Reports that convict as hard evidence: of refused connections, where one of the reporters also saw its link break. */
export function hardAmong(reports: readonly Report[]): readonly Report[] {
  return reports.some(({ evidence }) => isHard(evidence)) ? reports.filter(({ evidence }) => evidence.includes('refused')) : [];
}

export class Suspicions {
  readonly #own = new Map<string, OwnEvidence>();
  readonly #reports = new Map<string, Map<string, HeldReport>>();
  /** As they are now; undefined: to be listed anew. */
  #names: readonly string[] | undefined;
  readonly #settings: MeshSettings;

  constructor(settings: MeshSettings) {
    this.#settings = settings;
  }

  own(name: string): OwnEvidence | undefined {
    return this.#own.get(name);
  }

  /** Names with evidence or reports against them. */
  names(): readonly string[] {
    this.#names ??= this.#own.size === 0 ? [...this.#reports.keys()] : [...new Set([...this.#own.keys(), ...this.#reports.keys()])];
    return this.#names;
  }

  /** Adds an accusation of our own. True when it is new. `isChecked`: a dial brought it. */
  accuse(
    target: { readonly name: string; readonly instance: string },
    accusation: Accusation,
    options: { readonly nowMs: number; readonly isChecked: boolean },
  ): boolean {
    const held = this.#own.get(target.name);
    const before = held?.instance === target.instance ? held : undefined;
    if (before?.accusations.has(accusation) && (before.isChecked || !options.isChecked)) return false;
    if (!held) this.#names = undefined;
    const accusations = merged(before?.accusations, accusation);
    this.#own.set(target.name, {
      instance: target.instance,
      accusations,
      evidence: [...accusations].sort(),
      sinceMs: before?.sinceMs ?? options.nowMs,
      isChecked: options.isChecked || before?.isChecked === true,
    });
    return true;
  }

  /** The member answered: our evidence and our report are void. */
  clearOwn(name: string, self: string): boolean {
    this.#drop(name, self);
    const wasThere = this.#own.delete(name);
    if (wasThere) this.#names = undefined;
    return wasThere;
  }

  /** What others said is void; our own evidence stays. */
  dropReports(name: string): void {
    if (this.#reports.delete(name)) this.#names = undefined;
  }

  /** Nothing stands against the member any more. */
  forget(name: string): void {
    if (this.#own.delete(name)) this.#names = undefined;
    this.dropReports(name);
  }

  /** Whether a report says more than is known, and there is room for it. Cost: two look-ups. */
  isNews(report: Report, nowMs: number): boolean {
    const reports = this.#reports.get(report.target);
    const held = reports?.get(report.observer);
    if (!held) return (reports?.size ?? 0) < meshLimits.reportsPerTarget;
    if (!sameCase(held.report, report)) return !isOlderCase(report, held.report);
    const isRenewal = nowMs - held.heardAtMs < this.#settings.reportExpiryMs / 3;
    return !isRenewal || weightOf(report) > weightOf(held.report);
  }

  /** Keeps a report. True when it is news: worth passing on. */
  keep(report: Report, nowMs: number): boolean {
    if (!this.isNews(report, nowMs)) return false;
    const reports = this.#reports.get(report.target) ?? this.#about(report.target);
    const held = reports.get(report.observer);
    const sinceMs = Math.min(nowMs - report.ageMs, held && sameCase(held.report, report) ? held.sinceMs : nowMs);
    reports.set(report.observer, { report, sinceMs, heardAtMs: nowMs });
    return true;
  }

  /** What the observer said last, even if it is void by now. */
  find(target: string, observer: string): HeldReport | undefined {
    return this.#reports.get(target)?.get(observer);
  }

  /** The reports that still count against this record, with their age as of now. */
  against(record: MemberRecord, nowMs: number): readonly Report[] {
    if (this.voices(record, nowMs) === 0) return [];
    const valid: Report[] = [];
    for (const { report, sinceMs } of this.#reports.get(record.owner)?.values() ?? []) {
      if (!isVoid(report, record)) valid.push({ ...report, ageMs: Math.max(0, Math.floor(nowMs - sinceMs)) });
    }
    return valid;
  }

  /** How many reports still count against this record; those that have expired are forgotten. */
  voices(record: MemberRecord, nowMs: number): number {
    const reports = this.#reports.get(record.owner);
    if (!reports) return 0;
    let voices = 0;
    for (const { heardAtMs, report } of reports.values()) {
      if (nowMs - heardAtMs > this.#settings.reportExpiryMs) reports.delete(report.observer);
      else if (!isVoid(report, record)) voices += 1;
    }
    if (reports.size === 0) this.dropReports(record.owner);
    return voices;
  }

  /** There are reports that others should heed: not one voice alone, whoever it is (fault 32). */
  hasHearsay(record: MemberRecord, nowMs: number): boolean {
    return this.voices(record, nowMs) >= voicesMin;
  }

  /** What those reports say; nothing where they are not to be heeded. */
  hearsay(record: MemberRecord, nowMs: number): readonly Accusation[] {
    if (!this.hasHearsay(record, nowMs)) return noAccusations;
    const evidence = new Set<Accusation>();
    for (const { report } of this.#reports.get(record.owner)?.values() ?? [])
      if (!isVoid(report, record)) for (const accusation of report.evidence) evidence.add(accusation);
    return [...evidence].sort();
  }

  /** Whether the reports against a record are enough, and when. */
  judge(record: MemberRecord, court: Court, nowMs: number): Verdict {
    const counted = this.against(record, nowMs).filter((report) => court.mayReport(report.observer));
    const { buryHardMs, burySilentMs, buryStalledMs } = this.#settings;
    const hard = hardAmong(counted);
    const firm = counted.filter((report) => !report.evidence.includes('stalled'));
    const silence = court.maySilenceConvict;
    const dueMs = Math.min(
      convictionMs(hard, { quorum: court.hardQuorum, waitMs: buryHardMs, nowMs }),
      silence ? convictionMs(firm, { quorum: court.quorum, waitMs: burySilentMs, nowMs }) : Number.POSITIVE_INFINITY,
      silence ? convictionMs(counted, { quorum: court.quorum, waitMs: buryStalledMs, nowMs }) : Number.POSITIVE_INFINITY,
    );
    if (dueMs === Number.POSITIVE_INFINITY) return { kind: 'none' };
    return dueMs <= nowMs ? { kind: 'convicted', reports: counted } : { kind: 'pending', atMs: dueMs };
  }

  /** A list for the reports about a member about whom there are none. */
  #about(target: string): Map<string, HeldReport> {
    const reports = new Map<string, HeldReport>();
    this.#reports.set(target, reports);
    this.#names = undefined;
    return reports;
  }

  #drop(target: string, observer: string): void {
    const reports = this.#reports.get(target);
    if (reports?.delete(observer) && reports.size === 0) this.dropReports(target);
  }
}

/** When the `quorum`-th oldest report has waited long enough. */
function convictionMs(reports: readonly Report[], { quorum, waitMs, nowMs }: { quorum: number; waitMs: number; nowMs: number }): number {
  const ages = reports.map((report) => report.ageMs).sort((a, b) => b - a);
  const ageMs = ages[quorum - 1];
  return ageMs === undefined ? Number.POSITIVE_INFINITY : nowMs - ageMs + waitMs;
}

/** A dial's latest word replaces an older word of a dial; `reset` is about the link and stays. */
function merged(before: ReadonlySet<Accusation> | undefined, accusation: Accusation): ReadonlySet<Accusation> {
  const kept = accusation === 'reset' ? [...(before ?? [])] : before?.has('reset') ? ['reset' as const] : [];
  return new Set<Accusation>([...kept, accusation]);
}

/**
 * Two words of one observer may overtake each other on their way. The weightier stands for a third of their expiry, whichever
 * came first: were the later to stand, both would be news at every turn and chase each other through the rings for ever.
 */
function weightOf({ evidence }: Report): number {
  return evidence.reduce((sum, accusation) => sum + weights[accusation], 0);
}

/** The word that gives more time to refute is weightier; `reset` is added to what a dial said. */
const weights: Readonly<Record<Accusation, number>> = { silent: 1, untrusted: 1, stalled: 2, refused: 4, reset: 8 };

function sameCase(a: Report, b: Report): boolean {
  return a.epoch === b.epoch && a.instance === b.instance && a.incarnation === b.incarnation;
}

function isOlderCase(a: Report, b: Report): boolean {
  return a.epoch < b.epoch || (a.epoch === b.epoch && a.instance === b.instance && a.incarnation < b.incarnation);
}

function isVoid(report: Report, record: MemberRecord): boolean {
  if (record.final !== 'none' || report.epoch < record.epoch) return true;
  if (report.epoch > record.epoch) return false;
  return report.instance !== record.instance || report.incarnation < record.incarnation;
}
