/**
 * The heal loop: who was lost is looked for as long as its end is remembered. Without it a long partition never merges again.
 *
 * H1 all members together make about two dials a second: each one every `members / 2` seconds, from 1 s to 30 s, give or
 *    take a quarter.
 * H2 in turn the member that was lost last, when its address is due, and any lost one, whatever its back-off. Addresses of
 *    `join` have their own turn (dialling.ts).
 * H3 one that is found again says that the network has healed: all that are missed here are dialled at once.
 * H4 nobody looks for one that left, nor where another member listens by now.
 */

import type { Dials } from './dials.ts';
import type { MemberRecord, Obituary } from './record.ts';
import type { MeshState } from './state.ts';

const healMinMs = 1_000;
const healMaxMs = 30_000;
/** Dials a second that all members make together. */
const healsPerSecond = 2;

/** Between two heal dials of one member, before jitter, in milliseconds. */
export function healIntervalMs(state: MeshState): number {
  return Math.min(Math.max((state.records.size / healsPerSecond) * 1_000, healMinMs), healMaxMs);
}

export class Healing {
  readonly #state: MeshState;
  readonly #dials: Dials;
  #healAtMs = 0;
  #isLastsTurn = false;

  constructor(state: MeshState, dials: Dials) {
    this.#state = state;
    this.#dials = dials;
  }

  /** Dials a lost member when it is time. */
  tend(): void {
    const { nowMs, random, rules } = this.#state;
    if (!rules.heals || nowMs < this.#healAtMs) return;
    const lost = this.#lost();
    this.#healAtMs = nowMs + healIntervalMs(this.#state) * (0.75 + 0.5 * random.next());
    this.#isLastsTurn = !this.#isLastsTurn;
    const last = this.#isLastsTurn ? lost.findLast((record) => this.#dials.isDue(record.url)) : undefined;
    const record = last ?? lost[random.integer(Math.max(lost.length, 1))];
    if (record && !this.#isTakenOver(record)) this.#dial(record);
  }

  /** A member that was missed here has a link again. */
  onFound(): void {
    if (!this.#state.rules.heals) return;
    for (const name of this.#state.suspicions.names()) {
      const record = this.#state.suspicions.own(name) && this.#state.findMember(name);
      if (record && !record.isLeaving && !this.#state.liveLinkTo(record.instance)) this.#dial(record);
    }
  }

  /** The dead, and those whom we cannot reach, the one lost last at the end. */
  #lost(): readonly (MemberRecord | Obituary)[] {
    const { records, suspicions, self } = this.#state;
    const lost: (MemberRecord | Obituary)[] = [];
    for (const record of records.ended()) if (record.kind === 'obituary' && record.owner !== self.name) lost.push(record);
    for (const name of suspicions.names()) {
      const record = this.#state.findMember(name);
      if (record && !record.isLeaving && suspicions.own(name)?.instance === record.instance) lost.push(record);
    }
    return lost;
  }

  #isTakenOver({ instance, url }: MemberRecord | Obituary): boolean {
    for (const member of this.#state.members()) if (member.url === url && member.instance !== instance) return true;
    return false;
  }

  #dial({ owner, instance, url }: MemberRecord | Obituary): void {
    if (url === this.#state.self.url || url === '' || this.#dials.isBusy(url)) return;
    this.#dials.dial(url, { kind: 'member', name: owner, instance });
  }
}
