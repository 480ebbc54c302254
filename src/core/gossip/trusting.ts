/**
 * Whether members can still prove who they are: what was proved when it came need not stay so. A certificate ends, or the CA that
 * issued it is not trusted here any more.
 *
 * T1 the key of every member's record is looked at again at least every `roundMs`, those with links to us first; `looksPerTick` at a
 *    time, because after a change of certificates each look costs as much as the first.
 * T2 whose key counts no longer is avoided at once, its links are closed, and it is dialled: the handshake has the last word. What
 *    the fabric makes of it is up to a quorum, as with silence (suspicion.ts); who alone trusts nobody is isolated (isolation.ts).
 * T3 a link that is younger than `graceMs` says more than a record that the news of the next key has not reached.
 * Members without seals trust everybody.
 */

import type { Detector } from './detector.ts';
import type { Dialling } from './dialling.ts';
import type { Provenance } from './provenance.ts';
import type { MemberRecord } from './record.ts';
import type { SealDoubt } from './seals.ts';
import type { MeshState } from './state.ts';

const roundMs = 2_000;
const looksPerTick = 8;
const graceMs = 5_000;

export interface TrustingParts {
  readonly provenance: Provenance;
  readonly detector: Detector;
  readonly dialling: Dialling;
}

export class Trusting {
  readonly #state: MeshState;
  readonly #provenance: Provenance;
  readonly #detector: Detector;
  readonly #dialling: Dialling;
  /** Who is still to be looked at in this round, last first. */
  #left: string[] = [];
  #nextRoundMs = 0;

  constructor(state: MeshState, { provenance, detector, dialling }: TrustingParts) {
    this.#state = state;
    this.#provenance = provenance;
    this.#detector = detector;
    this.#dialling = dialling;
  }

  /** Looks at the next few. */
  tend(): void {
    const { seals, nowMs } = this.#state;
    if (!seals) return;
    if (this.#left.length === 0 && nowMs >= this.#nextRoundMs) this.#begin();
    for (const name of this.#left.splice(-looksPerTick)) this.#look(name);
  }

  #begin(): void {
    const { links, self, nowMs } = this.#state;
    this.#nextRoundMs = nowMs + roundMs;
    const linked = new Set(Array.from(links.used(), ({ name }) => name));
    const others = Array.from(this.#state.members(), ({ owner }) => owner).filter((name) => name !== self.name && !linked.has(name));
    this.#left = [...others, ...linked];
  }

  #look(name: string): void {
    const { suspicions } = this.#state;
    const record = this.#state.findMember(name);
    if (!record || suspicions.own(name)?.accusations.has('untrusted') === true || this.#isNew(record)) return;
    const doubt = this.#provenance.lapseOf(record);
    if (doubt) this.#distrust(record, doubt);
  }

  #isNew({ instance }: MemberRecord): boolean {
    const link = this.#state.links.to(instance);
    return link !== undefined && this.#state.nowMs - link.openedAtMs < graceMs;
  }

  #distrust(record: MemberRecord, { reason, why }: SealDoubt): void {
    const state = this.#state;
    const { owner: name, instance } = record;
    state.note({ kind: 'member.distrusted', name, instance, reason, why });
    this.#detector.distrust(record);
    for (const link of state.links.all()) if (link.instance === instance) state.emit({ kind: 'close', link: link.id, isRetired: false });
    this.#dialling.onLost(record);
  }
}
