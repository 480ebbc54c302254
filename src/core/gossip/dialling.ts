/**
 * Whom to dial, and when: seeds until they are met, and members that have no link.
 *
 * L1 of two neighbours without a link the lower name dials; the higher after `dialTimeoutMs`, or at once for a call.
 * L2 an address is put off after every failure, doubling; a seed at most `seedRedialMaxMs`.
 * L3 nobody dials one that left or is leaving; who was lost is healing.ts' business.
 */

import type { Dials } from './dials.ts';
import { healIntervalMs } from './healing.ts';
import type { JoinRefusal } from './io.ts';
import type { MemberRecord } from './record.ts';
import type { MeshState } from './state.ts';

const sayFailingEveryMs = 60_000;

const unknown = { neighbours: [], revision: -1 };

interface MemberId {
  readonly name: string;
  readonly instance: string;
}

export class Dialling {
  readonly #state: MeshState;
  readonly #dials: Dials;
  /** Who a seed's address answered as; ourselves for an address of our own. */
  readonly #seedsMet = new Map<string, MemberId>();
  /** Seeds that were tried, with what they answered. */
  readonly #tried = new Map<string, JoinRefusal | undefined>();
  readonly #knownSinceMs = new Map<string, number>();
  /** The neighbours that were last found linked, every one, and the links of that time. */
  #linked: { readonly neighbours: readonly MemberRecord[]; readonly revision: number } = unknown;
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
    const neighbours = this.#state.overlay.neighbours();
    if (!this.#areLinked(neighbours)) this.#dialNeighbours(neighbours, heals);
    for (const name of heals ? this.#state.suspicions.names() : []) {
      const record = this.#state.findMember(name);
      if (record && this.#isLost(record)) this.#dialMember(record);
    }
    this.#sayFailing();
  }

  /** A call waits for a link: dials at once, whatever has failed before. */
  reach(record: MemberRecord): void {
    if (!this.#dials.isBusy(record.url)) this.#dialNow(record);
  }

  /** Somebody answered at a seed's address. */
  onSeedAnswered(address: string, seed: MemberId, refusal?: JoinRefusal): void {
    this.#tried.set(address, refusal);
    if (seed.instance === this.#state.self.instance || !refusal) {
      this.#seedsMet.set(address, { name: seed.name, instance: seed.instance });
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

  /** A member that is missed here has been heard of: whatever its back-off, it is dialled at once. */
  onRefuted(record: MemberRecord): void {
    this.#dials.settle(record.url);
    this.#dialNow(record);
  }

  /** Checks a member at once that has no link, or a silent one. */
  check(record: MemberRecord): void {
    if (this.#dials.isDue(record.url)) this.#dialNow(record);
  }

  /** All of them were found linked, and nothing has happened since that could have changed that. */
  #areLinked(neighbours: readonly MemberRecord[]): boolean {
    const { links, settings, nowMs } = this.#state;
    if (this.#linked.neighbours !== neighbours || this.#linked.revision !== links.revision) return false;
    return this.#dials.isSettled && this.#knownSinceMs.size === 0 && links.areHeard(settings, nowMs);
  }

  #dialNeighbours(neighbours: readonly MemberRecord[], heals: boolean): void {
    const { links } = this.#state;
    if (this.#knownSinceMs.size > 2 * neighbours.length) this.#knownSinceMs.clear();
    for (const record of neighbours) if (heals || !this.#isLost(record)) this.#dialMember(record);
    const areLinked = neighbours.every((record) => this.#state.openLinkTo(record.instance) !== undefined);
    this.#linked = areLinked ? { neighbours, revision: links.revision } : unknown;
  }

  #dialSeed(address: string): void {
    if (this.#dials.isDue(address)) this.#dials.dial(address, { kind: 'seed' });
  }

  #dialMember(record: MemberRecord): void {
    const state = this.#state;
    if (record.isLeaving) return;
    if (state.openLinkTo(record.instance)) {
      this.#dials.settle(record.url);
      if (this.#knownSinceMs.size > 0) this.#knownSinceMs.delete(record.instance);
      return;
    }
    const sinceMs = this.#knownSinceMs.get(record.instance) ?? state.nowMs;
    this.#knownSinceMs.set(record.instance, sinceMs);
    const isTurn = state.self.name < record.owner || state.suspicions.own(record.owner) !== undefined;
    const isOverdue = state.nowMs - sinceMs >= state.settings.dialTimeoutMs;
    if ((isTurn || isOverdue) && this.#dials.isDue(record.url)) this.#dialNow(record);
  }

  #dialNow(record: MemberRecord): void {
    if (record.url === this.#state.self.url || record.url === '') return;
    this.#dials.dial(record.url, { kind: 'member', name: record.owner, instance: record.instance });
  }

  #isLost(record: MemberRecord): boolean {
    return !record.isLeaving && this.#state.suspicions.own(record.owner)?.instance === record.instance;
  }

  #seedMaxMs(): number {
    return Math.max(this.#state.settings.seedRedialMaxMs, healIntervalMs(this.#state) / 4);
  }

  /** It was met, and has a link to us or is one of us whom we hold nothing against. */
  #isSeedMet(address: string): boolean {
    const seed = this.#seedsMet.get(address);
    if (seed === undefined) return false;
    if (seed.instance === this.#state.self.instance || this.#state.links.to(seed.instance)) return true;
    const record = this.#state.findMember(seed.name);
    if (record?.instance === seed.instance && !this.#isLost(record)) return true;
    this.#seedsMet.delete(address);
    return false;
  }

  /** Tells once how the first round ended, if nobody took us in. */
  #endRound(): void {
    if (this.#isRoundOver || this.#tried.size < this.#dials.join.length) return;
    this.#isRoundOver = true;
    if (this.#state.hasMet) return;
    const others = this.#dials.join.filter((address) => this.#seedsMet.get(address)?.instance !== this.#state.self.instance);
    const refusals = others.map((address) => this.#tried.get(address)).filter((refusal) => refusal !== undefined);
    if (others.length === 0) this.#state.tell({ kind: 'joined' });
    else this.#state.tell({ kind: 'roundFailed', seeds: others.length, refusals });
  }

  #sayFailing(): void {
    const { nowMs, links } = this.#state;
    const isFailing = links.size === 0 && this.#isRoundOver;
    const missing = isFailing ? this.#dials.join.filter((address) => !this.#isSeedMet(address)) : [];
    if (missing.length === 0) {
      this.#failingSinceMs = undefined;
      return;
    }
    this.#failingSinceMs ??= nowMs;
    if (nowMs - this.#saidFailingAtMs < sayFailingEveryMs) return;
    this.#saidFailingAtMs = nowMs;
    this.#state.note({ kind: 'join.failing', addresses: missing, sinceMs: nowMs - this.#failingSinceMs });
  }
}
