/**
 * Whose word a word is: what is not proved to be of whom it names is neither taken nor passed on. For members with keys
 * (seals.ts); without any, everything counts as said.
 *
 * P1 a record is its owner's, `left` and `leaving` included; of an unknown kind, too. A report is its observer's, and an obituary
 *    counts if every report in it is proved and it has one at least; the quorum is inquests.ts.
 * P2 a key that is not known is asked for where the word came from, then of others; records wait for it (unproven.ts), reports do
 *    not: they are said again.
 * P3 what is refused is told of once in ten seconds for each member and reason.
 * P4 a link over which `forgeriesPerLink` words came in ten seconds that were not what they seemed is not listened to for the rest
 *    of them: looking at forgeries costs more than making them.
 */

import { setBounded } from '../../base/bounded-map.ts';
import type { BodyStore } from './bodies.ts';
import type { MemberRecord, Obituary, OwnerRecord, Report, Seal } from './record.ts';
import type { SealDoubt, Signer } from './seals.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';
import type { Unproved } from './unproven.ts';

const windowMs = 10_000;
/** Members and reasons that are counted apart. */
const toldMax = 256;

interface Told {
  readonly untilMs: number;
  /** Refused since, and not told of. */
  count: number;
}

export class Provenance {
  readonly #state: MeshState;
  readonly #bodies: BodyStore;
  readonly #told = new Map<string, Told>();
  /** By link, since the window began. */
  readonly #forgeries = new Map<number, number>();
  #windowEndsMs = 0;
  /** Keys of reports that were asked for. */
  readonly #asked = new Set<string>();

  constructor(state: MeshState, bodies: BodyStore) {
    this.#state = state;
    this.#bodies = bodies;
  }

  /** Whether a record may be taken now; one that waits for its key is given by `onBody`. */
  isProved(record: OwnerRecord, from: number, isAnswer: boolean): boolean {
    if (!this.#state.seals) return true;
    if (!this.#isHeard(from)) return false;
    const [doubt, key] = record.kind === 'obituary' ? this.#doubtObituary(record) : this.#doubtRecord(record);
    if (!doubt) return true;
    if (doubt.reason !== 'unknown_key' || key === undefined) this.#refuse(record.owner, from, doubt);
    else if (this.#state.unproven.hold(key, { record, from, isAnswer }, this.#state.nowMs)) this.#bodies.want(key, from);
    return false;
  }

  /** The reports that are their observers' words. */
  proved(reports: readonly Report[], from: number): readonly Report[] {
    if (!this.#state.seals) return reports;
    return reports.slice(0, meshLimits.recordsPerMessage).filter((report) => this.#isReportProved(report, from));
  }

  /** A body has come, a key's statement perhaps: gives the records that waited for it. */
  onBody(hash: string): readonly Unproved[] {
    const { seals, unproven } = this.#state;
    const bytes = this.#bodies.find(hash);
    if (!seals || !bytes || !(unproven.awaits(hash) || this.#asked.delete(hash))) return [];
    seals.learn(hash, bytes);
    return unproven.take(hash);
  }

  /** Why the key with which a member has signed its record counts no longer; undefined: it does, as far as is known. */
  lapseOf({ seal }: MemberRecord): SealDoubt | undefined {
    const { seals } = this.#state;
    if (!seals || !seal) return undefined;
    const doubt = seals.lapseOf(seal.key);
    const statement = doubt?.reason === 'unknown_key' ? this.#bodies.find(seal.key) : undefined;
    if (statement) seals.learn(seal.key, statement);
    const lapse = statement ? seals.lapseOf(seal.key) : doubt;
    return lapse?.reason === 'unknown_key' ? undefined : lapse;
  }

  /** Tells of keys that did not come. */
  tend(): void {
    const { unproven, nowMs } = this.#state;
    for (const { record, from } of unproven.takeOverdue(nowMs)) this.#refuse(record.owner, from, unknownKey);
    if (nowMs < this.#windowEndsMs) return;
    this.#windowEndsMs = nowMs + windowMs;
    this.#forgeries.clear();
    this.#asked.clear();
  }

  #isReportProved(report: Report, from: number): boolean {
    if (!this.#isHeard(from)) return false;
    const doubt = this.#doubt(report.seal, { says: 'report', name: report.observer });
    if (!doubt) return true;
    if (doubt.reason === 'unknown_key' && report.seal) this.#ask(report.seal.key, from);
    else this.#refuse(report.observer, from, doubt);
    return false;
  }

  #doubtRecord({ owner, instance, seal }: OwnerRecord): readonly [SealDoubt | undefined, string | undefined] {
    return [this.#doubt(seal, { says: 'record', name: owner, instance }), seal?.key];
  }

  #doubtObituary({ reports }: Obituary): readonly [SealDoubt | undefined, string | undefined] {
    if (reports.length === 0) return [{ reason: 'unsigned', why: 'an obituary without a report' }, undefined];
    for (const { seal, observer } of reports) {
      const doubt = this.#doubt(seal, { says: 'report', name: observer });
      if (doubt) return [doubt, seal?.key];
    }
    return [undefined, undefined];
  }

  /** A statement that is here, and that was forgotten by whoever verifies, is looked at again. */
  #doubt(seal: Seal | undefined, signer: Signer): SealDoubt | undefined {
    const { seals } = this.#state;
    const doubt = seals?.check(seal, signer);
    const statement = doubt?.reason === 'unknown_key' && seal ? this.#bodies.find(seal.key) : undefined;
    if (!seal || !statement) return doubt;
    seals?.learn(seal.key, statement);
    return seals?.check(seal, signer);
  }

  #ask(key: string, from: number): void {
    if (this.#asked.size >= meshLimits.unprovenPerLink) return;
    this.#asked.add(key);
    this.#bodies.want(key, from);
  }

  #isHeard(from: number): boolean {
    return (this.#forgeries.get(from) ?? 0) < meshLimits.forgeriesPerLink;
  }

  #refuse(name: string, from: number, { reason, why }: SealDoubt): void {
    const { nowMs, links } = this.#state;
    if (reason !== 'unknown_key' && reason !== 'stale_key') this.#forgeries.set(from, (this.#forgeries.get(from) ?? 0) + 1);
    const about = `${name} ${reason}`;
    const told = this.#told.get(about);
    if (told && nowMs < told.untilMs) {
      told.count += 1;
      return;
    }
    setBounded(this.#told, toldMax, [about, { untilMs: nowMs + windowMs, count: 0 }]);
    const count = (told?.count ?? 0) + 1;
    this.#state.note({ kind: 'record.refused', name: name.slice(0, 64), reason, from: links.find(from)?.name ?? '', why, count });
  }
}

const unknownKey: SealDoubt = { reason: 'unknown_key', why: 'nobody who was asked has the statement about its key' };
