/**
 * What stands against members: our own evidence, the reports of others, and when that is enough to bury one.
 *
 * S1 a report counts for one epoch, instance and incarnation; a higher incarnation of the record voids it.
 * S2 a report expires unless it is renewed; at most `reportsPerTarget` are kept about one member.
 * S3 fewer reporters than the quorum never convict, whatever they say (faults 10 and 32).
 * S4 `reset` with `refused` convicts after `buryHardMs` (whoever never had a link to it can only add `refused`), silence after
 *    `burySilentMs`, `stalled` after `buryStalledMs`.
 */

import type { Accusation, MemberRecord, Report } from './record.ts';
import { type MeshSettings, meshLimits } from './settings.ts';

/** Observers who must agree before somebody who has seen nothing himself avoids a member. */
const voicesMin = 2;

/** Evidence of our own against one instance. */
export interface OwnEvidence {
  readonly instance: string;
  readonly accusations: ReadonlySet<Accusation>;
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
  const set = new Set(evidence);
  return set.has('reset') && set.has('refused');
}

/** Reports that convict as hard evidence: of refused connections, where one of the reporters also saw its link break. */
export function hardAmong(reports: readonly Report[]): readonly Report[] {
  return reports.some(({ evidence }) => isHard(evidence)) ? reports.filter(({ evidence }) => evidence.includes('refused')) : [];
}

export class Suspicions {
  readonly #own = new Map<string, OwnEvidence>();
  readonly #reports = new Map<string, Map<string, HeldReport>>();
  readonly #settings: MeshSettings;

  constructor(settings: MeshSettings) {
    this.#settings = settings;
  }

  own(name: string): OwnEvidence | undefined {
    return this.#own.get(name);
  }

  /** Names with evidence or reports against them. */
  names(): readonly string[] {
    if (this.#own.size === 0 && this.#reports.size === 0) return [];
    return [...new Set([...this.#own.keys(), ...this.#reports.keys()])];
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
    this.#own.set(target.name, {
      instance: target.instance,
      accusations: merged(before?.accusations, accusation),
      sinceMs: before?.sinceMs ?? options.nowMs,
      isChecked: options.isChecked || before?.isChecked === true,
    });
    return true;
  }

  /** The member answered: our evidence and our report are void. */
  clearOwn(name: string, self: string): boolean {
    this.#drop(name, self);
    return this.#own.delete(name);
  }

  /** What others said is void; our own evidence stays. */
  dropReports(name: string): void {
    this.#reports.delete(name);
  }

  /** Nothing stands against the member any more. */
  forget(name: string): void {
    this.#own.delete(name);
    this.#reports.delete(name);
  }

  /** Keeps a report. True when it says more than was known: worth passing on. */
  keep(report: Report, nowMs: number): boolean {
    const reports = this.#reports.get(report.target) ?? new Map<string, HeldReport>();
    const held = reports.get(report.observer);
    if (!held && reports.size >= meshLimits.reportsPerTarget) return false;
    const isSameCase = held !== undefined && sameCase(held.report, report);
    if (held && !isSameCase && isOlderCase(report, held.report)) return false;
    const isRenewal = isSameCase && nowMs - held.heardAtMs < this.#settings.reportExpiryMs / 3;
    if (isRenewal && weightOf(report) <= weightOf(held.report)) return false;
    const sinceMs = Math.min(nowMs - report.ageMs, isSameCase ? held.sinceMs : nowMs);
    reports.set(report.observer, { report, sinceMs, heardAtMs: nowMs });
    this.#reports.set(report.target, reports);
    return true;
  }

  /** What the observer said last, even if it is void by now. */
  find(target: string, observer: string): HeldReport | undefined {
    return this.#reports.get(target)?.get(observer);
  }

  /** The reports that still count against this record, with their age as of now. */
  against(record: MemberRecord, nowMs: number): readonly Report[] {
    const reports = this.#reports.get(record.owner);
    if (!reports) return [];
    const valid: Report[] = [];
    for (const [observer, held] of reports) {
      if (nowMs - held.heardAtMs > this.#settings.reportExpiryMs) reports.delete(observer);
      else if (!isVoid(held.report, record)) valid.push({ ...held.report, ageMs: Math.max(0, Math.floor(nowMs - held.sinceMs)) });
    }
    if (reports.size === 0) this.#reports.delete(record.owner);
    return valid;
  }

  /** The reports that others should heed: none for one voice alone, whoever it is (fault 32). */
  hearsay(record: MemberRecord, nowMs: number): readonly Report[] {
    const reports = this.against(record, nowMs);
    return reports.length < voicesMin ? [] : reports;
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

  #drop(target: string, observer: string): void {
    const reports = this.#reports.get(target);
    if (reports?.delete(observer) && reports.size === 0) this.#reports.delete(target);
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
const weights: Readonly<Record<Accusation, number>> = { silent: 1, stalled: 2, refused: 4, reset: 8 };

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
