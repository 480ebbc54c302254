/**
 * From reports to obituaries: who is convicted, and when.
 *
 * J1 an obituary needs a quorum that nobody refuted in time (court.ts, suspicion.ts), and carries it verbatim.
 * J2 nobody is buried to whom a link of our own works, whatever others say.
 * J3 while too many are suspect at once nobody is (mass-guard.ts).
 */

import { courtOf } from './court.ts';
import type { Intake } from './intake.ts';
import type { MassGuard } from './mass-guard.ts';
import type { MemberRecord, Obituary, Report } from './record.ts';
import type { MeshState } from './state.ts';

export class Judging {
  readonly #state: MeshState;
  readonly #intake: Intake;
  readonly #guard: MassGuard;
  /** When the quorum against a member is old enough, by name. */
  readonly #dueMs = new Map<string, number>();
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(state: MeshState, parts: { readonly intake: Intake; readonly guard: MassGuard }) {
    this.#state = state;
    this.#intake = parts.intake;
    this.#guard = parts.guard;
  }

  /** When the next quorum is old enough. */
  dueMs(): number {
    return this.#nextMs;
  }

  /** Judges those whose quorum is old enough. */
  tend(): void {
    const { nowMs } = this.#state;
    if (nowMs < this.#nextMs) return;
    this.judge([...this.#dueMs].flatMap(([name, dueMs]) => (dueMs <= nowMs ? [name] : [])));
  }

  /** Judges everybody against whom anything stands: the court may have changed. */
  judgeAll(): void {
    this.#dueMs.clear();
    this.judge(this.#state.suspicions.names());
  }

  judge(names: Iterable<string>): void {
    for (const name of names) {
      this.#dueMs.delete(name);
      if (!this.#state.doubts.isFrozen) this.#judgeOne(name);
    }
    if (this.#state.doubts.isFrozen) this.#dueMs.clear();
    this.#nextMs = Number.POSITIVE_INFINITY;
    for (const dueMs of this.#dueMs.values()) this.#nextMs = Math.min(this.#nextMs, dueMs);
  }

  #judgeOne(name: string): void {
    const { suspicions, self, nowMs } = this.#state;
    const record = this.#state.findMember(name);
    if (!record || record.instance === self.instance || suspicions.voices(record, nowMs) === 0) return;
    const verdict = suspicions.judge(record, courtOf(record, this.#state), nowMs);
    if (verdict.kind === 'pending') this.#dueMs.set(name, verdict.atMs);
    if (verdict.kind !== 'convicted' || this.#state.liveLinkTo(record.instance)) return;
    this.#guard.weigh();
    if (!this.#state.doubts.isFrozen) this.#bury(record, verdict.reports);
  }

  #bury(record: MemberRecord, reports: readonly Report[]): void {
    const { owner, epoch, instance, url } = record;
    const obituary: Obituary = { kind: 'obituary', owner, epoch, instance, final: 'dead', version: 0, url, reports };
    this.#intake.merge(obituary);
  }
}
