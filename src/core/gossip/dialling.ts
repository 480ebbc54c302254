/**
 * Whom to dial, and when: seeds until they are met, members that have no link, and those that were lost.
 *
 * L1 the lower name dials a member it has no link to; the higher after `dialTimeoutMs` without one.
 * L2 an address is put off after every failure, doubling; a seed at most `seedRedialMaxMs`.
 * L3 the heal loop: about two dials a second over the whole fabric, each to a random lost member, whatever its back-off.
 *    Without it a long partition never merges again.
 * L4 nobody dials one that left or is leaving.
 */

import type { Dials } from './dials.ts';
import type { JoinRefusal } from './io.ts';
import type { MemberRecord, Obituary } from './record.ts';
import type { MeshState } from './state.ts';

const healMinMs = 1_000;
const healMaxMs = 30_000;
/** Dials a second that all members make together to heal. */
const healsPerSecond = 2;
const sayFailingEveryMs = 60_000;

export class Dialling {
  readonly #state: MeshState;
  readonly #dials: Dials;
  /** Instance that a seed's address answered as; our own for an address of ourselves. */
  readonly #seedInstances = new Map<string, string>();
  /** Seeds that were tried, with what they answered. */
  readonly #tried = new Map<string, JoinRefusal | undefined>();
  readonly #knownSinceMs = new Map<string, number>();
  #healAtMs = 0;
  #failingSinceMs: number | undefined;
  #saidFailingAtMs = Number.NEGATIVE_INFINITY;
  #isRoundOver = false;

  constructor(state: MeshState, dials: Dials) {
    this.#state = state;
    this.#dials = dials;
  }

  /** Dials whatever is due. */
  tend(): void {
    if (this.#state.self.record.final !== 'none') return;
    const { heals } = this.#state.rules;
    if (heals || !this.#isRoundOver) for (const address of this.#dials.join) if (!this.#isSeedMet(address)) this.#dialSeed(address);
    const lost: (MemberRecord | Obituary)[] = [];
    if (this.#knownSinceMs.size > 2 * this.#state.records.size) this.#knownSinceMs.clear();
    for (const record of this.#state.records.all()) {
      if (record.kind === 'unknown' || record.owner === this.#state.self.name || record.final === 'left') continue;
      if (record.kind === 'member' && (heals || !this.#isLost(record))) this.#dialMember(record);
      if (this.#isLost(record)) lost.push(record);
    }
    if (heals) this.#heal(lost.filter((record) => !this.#isTakenOver(record)));
    this.#sayFailing();
  }

  /** Somebody answered at a seed's address. */
  onSeedAnswered(address: string, instance: string, refusal?: JoinRefusal): void {
    this.#tried.set(address, refusal);
    if (instance === this.#state.self.instance || !refusal) {
      this.#seedInstances.set(address, instance);
      this.#dials.settle(address);
    } else this.#dials.postpone(address, this.#seedMaxMs());
    this.#endRound();
  }

  onSeedFailed(address: string): void {
    this.#tried.set(address, undefined);
    this.#dials.postpone(address, this.#seedMaxMs());
    this.#endRound();
  }

  onMemberFailed(address: string): void {
    this.#dials.postpone(address, this.#dials.join.includes(address) ? this.#seedMaxMs() : this.#state.settings.lostRedialMaxMs);
  }

  /** A link to the member broke: its address is free to be dialled at once. */
  onLost(record: MemberRecord): void {
    this.#dials.settle(record.url);
    this.#knownSinceMs.delete(record.instance);
    // Both sides check; the one that is alive wins nothing by waiting for the lower name.
    this.#dialNow(record);
  }

  /** Checks a member at once that has no link, or a silent one. */
  check(record: MemberRecord): void {
    if (this.#dials.isDue(record.url)) this.#dialNow(record);
  }

  #dialSeed(address: string): void {
    if (this.#dials.isDue(address)) this.#dials.dial(address, { kind: 'seed' });
  }

  #dialMember(record: MemberRecord): void {
    const state = this.#state;
    if (record.isLeaving) return;
    if (state.liveLinkTo(record.instance)) {
      this.#dials.settle(record.url);
      this.#knownSinceMs.delete(record.instance);
      return;
    }
    const sinceMs = this.#knownSinceMs.get(record.instance) ?? state.nowMs;
    this.#knownSinceMs.set(record.instance, sinceMs);
    const isTurn = state.self.name < record.owner || state.suspicions.own(record.owner) !== undefined;
    const isOverdue = state.nowMs - sinceMs >= state.settings.dialTimeoutMs;
    if ((isTurn || isOverdue) && this.#dials.isDue(record.url)) this.#dialNow(record);
  }

  #dialNow(record: MemberRecord | Obituary): void {
    if (record.url === this.#state.self.url || record.url === '') return;
    this.#dials.dial(record.url, { kind: 'member', name: record.owner, instance: record.instance });
  }

  #isLost(record: MemberRecord | Obituary): boolean {
    if (record.kind === 'obituary') return true;
    return !record.isLeaving && this.#state.suspicions.own(record.owner)?.instance === record.instance;
  }

  /** Another live member listens at its address now. */
  #isTakenOver(record: MemberRecord | Obituary): boolean {
    for (const link of this.#state.links.used()) {
      if (link.instance !== record.instance && this.#state.findMember(link.name)?.url === record.url) return true;
    }
    return false;
  }

  #heal(lost: readonly (MemberRecord | Obituary)[]): void {
    const { nowMs, random } = this.#state;
    for (const record of lost) if (record.kind === 'obituary' && this.#dials.isDue(record.url)) this.#dialNow(record);
    if (nowMs < this.#healAtMs) return;
    this.#healAtMs = nowMs + this.#healIntervalMs() * (0.75 + 0.5 * random.next());
    const record = lost[random.integer(Math.max(lost.length, 1))];
    if (record && !this.#dials.isBusy(record.url)) this.#dialNow(record);
  }

  #healIntervalMs(): number {
    const members = this.#state.records.size;
    return Math.min(Math.max((members / healsPerSecond) * 1_000, healMinMs), healMaxMs);
  }

  #seedMaxMs(): number {
    return Math.max(this.#state.settings.seedRedialMaxMs, Math.min(this.#healIntervalMs() / 4, healMaxMs));
  }

  #isSeedMet(address: string): boolean {
    const instance = this.#seedInstances.get(address);
    if (instance === undefined) return false;
    if (instance === this.#state.self.instance || this.#state.links.to(instance)) return true;
    this.#seedInstances.delete(address);
    return false;
  }

  /** Tells once how the first round ended, if nobody took us in. */
  #endRound(): void {
    if (this.#isRoundOver || this.#tried.size < this.#dials.join.length) return;
    this.#isRoundOver = true;
    if (this.#state.hasMet) return;
    const others = this.#dials.join.filter((address) => this.#seedInstances.get(address) !== this.#state.self.instance);
    const refusals = others.map((address) => this.#tried.get(address)).filter((refusal) => refusal !== undefined);
    if (others.length === 0) this.#state.tell({ kind: 'joined' });
    else this.#state.tell({ kind: 'roundFailed', seeds: others.length, refusals });
  }

  #sayFailing(): void {
    const { nowMs, links } = this.#state;
    const missing = this.#dials.join.filter((address) => !this.#isSeedMet(address));
    if (missing.length === 0 || links.size > 0 || !this.#isRoundOver) {
      this.#failingSinceMs = undefined;
      return;
    }
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#saidFailingAtMs < sayFailingEveryMs) return;
    this.#saidFailingAtMs = nowMs;
    this.#state.note({ kind: 'join.failing', addresses: missing, sinceMs: nowMs - this.#failingSinceMs });
  }
}
