/**
 * Whether an obituary counts here: who signed it, and what our own eyes say.
 *
 * Q1 a link of our own that works outranks an obituary: it is not taken, and its subject is told (it passes by it
 *    with the next epoch).
 * Q2 it counts with a quorum of distinct reporters near its subject; our own evidence, if a dial has confirmed it, is one
 *    more voice.
 * Q3 failing that, the views of writer and reader may differ: the two synchronise, and it is judged again.
 * Q4 if that does not help either, a dial of our own decides, also one that has failed before. Until then its reports are
 *    held like any others.
 * Q5 where words are signed, nobody is buried who is not known here: one observer alone could say of anybody what it likes.
 */

import { courtOf } from './court.ts';
import type { MemberRecord, Obituary, Report } from './record.ts';
import { compareHeads } from './record.ts';
import type { MeshState } from './state.ts';
import { hardAmong } from './suspicion.ts';

interface Inquest {
  readonly obituary: Obituary;
  readonly from: number;
  readonly openedAtMs: number;
  /** `new`: nobody was asked. `asked`: a synchronisation is under way. `dial`: it did not help. */
  stage: 'new' | 'asked' | 'dial';
}

export class Inquests {
  readonly #state: MeshState;
  readonly #open = new Map<string, Inquest>();

  constructor(state: MeshState) {
    this.#state = state;
  }

  /** Whether to take an obituary now; one that is not clear is kept in mind. */
  mayBury(obituary: Obituary, from: number): boolean {
    const held = this.#state.records.find(obituary.owner);
    if (held?.kind !== 'member') return !this.#state.seals || (held !== undefined && compareHeads(held, obituary) >= 0);
    if (compareHeads(held, obituary) >= 0) return true;
    if (this.#worksHere(obituary, from)) return false;
    if (this.#isQuorate(obituary, held)) return true;
    for (const report of wordsOn(obituary)) this.#state.suspicions.keep({ ...report, ageMs: 0 }, this.#state.nowMs);
    if (this.#open.has(obituary.owner)) return false;
    this.#open.set(obituary.owner, { obituary, from, openedAtMs: this.#state.nowMs, stage: 'new' });
    return false;
  }

  /** Links over which to synchronise for those that were not clear; each is given once. */
  takeLinksToAsk(): ReadonlySet<number> {
    const links = new Set<number>();
    for (const inquest of this.#open.values()) {
      if (inquest.stage !== 'new') continue;
      inquest.stage = 'asked';
      links.add(inquest.from);
    }
    return links;
  }

  /**
   * What the link told has been taken in, or (absent) time has passed: gives the obituaries that count now. Where we have
   * not tried ourselves, a dial is needed.
   */
  reopen(from?: number): readonly Obituary[] {
    if (this.#open.size === 0) return [];
    const { nowMs, settings } = this.#state;
    const clear: Obituary[] = [];
    for (const inquest of this.#open.values()) {
      const isAnswered = inquest.from === from || nowMs - inquest.openedAtMs > this.#state.stretched(settings.checkTimeoutMs);
      if (inquest.stage !== 'asked' || !isAnswered) continue;
      const held = this.#state.findMember(inquest.obituary.owner);
      if (held && (this.#isQuorate(inquest.obituary, held) || this.#isMissed(held))) clear.push(inquest.obituary);
      else inquest.stage = 'dial';
    }
    return clear;
  }

  /** Members whose obituary waits for a dial of our own. */
  membersToDial(): readonly MemberRecord[] {
    if (this.#open.size === 0) return [];
    const waiting = [...this.#open].filter(([, { stage }]) => stage === 'dial');
    return waiting.map(([name]) => this.#state.findMember(name)).filter((record) => record !== undefined);
  }

  /** Our own dial has ended: gives the obituary that it confirms, if there is one. */
  decide(name: string, isThere: boolean): Obituary | undefined {
    const inquest = this.#open.get(name);
    this.#open.delete(name);
    return isThere ? undefined : inquest?.obituary;
  }

  forget(name: string): void {
    this.#open.delete(name);
  }

  #worksHere(obituary: Obituary, from: number): boolean {
    const link = this.#state.liveLinkTo(obituary.instance);
    if (link && link.id !== from) this.#state.send(link.id, { kind: 'push', records: [obituary] });
    return link !== undefined;
  }

  /** We have no link to it, and a dial of our own has failed. */
  #isMissed({ owner, instance }: MemberRecord): boolean {
    const own = this.#state.suspicions.own(owner);
    return own?.instance === instance && own.isChecked && this.#state.links.to(instance) === undefined;
  }

  #isQuorate(obituary: Obituary, held: MemberRecord): boolean {
    const { suspicions, self } = this.#state;
    const court = courtOf(held, this.#state);
    const counted = wordsOn(obituary).filter((report) => court.mayReport(report.observer));
    const own = suspicions.own(held.owner);
    const isConfirmed = own?.instance === held.instance && own.isChecked;
    // What we have reported ourselves may be among them already: one voice each, however often it is written down.
    const voices = new Set(counted.map((report) => report.observer));
    if (isConfirmed) voices.add(self.name);
    const hard = new Set(hardAmong(counted).map((report) => report.observer));
    if (isConfirmed && hard.size > 0 && own.accusations.has('refused')) hard.add(self.name);
    return voices.size >= court.quorum || hard.size >= court.hardQuorum;
  }
}

/** The reports that are about whom the obituary is about. */
function wordsOn({ owner, epoch, instance, reports }: Obituary): readonly Report[] {
  return reports.filter((report) => report.target === owner && report.epoch === epoch && report.instance === instance);
}
