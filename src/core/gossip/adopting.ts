/**
 * Members that too few of their observers reach find others to observe them.
 *
 * A1 whoever is observed on fewer links than it should be for `lackingMs` asks random members to adopt it, as many as are
 *    missing, and names those that accept in its record: their words about it count from then on (court.ts). It should be
 *    observed by the four whom the records give it; it is by those to whom a link with beats works.
 * A2 an adopter holds a mesh link to the adopted one for as long as that names it. It adopts at most `adoptees`, nobody that
 *    it does not know, and nobody while it leaves or is cut off itself; the refusal says which.
 * A3 an adopter that is not heard for `lackingMs` is named no more; all are let go once the observers have been enough for
 *    `enoughMs` without them.
 * A4 while very many are suspect (mass-guard.ts) nobody is asked: who is left to observe shows when that is over.
 */

import { commonObserversOf } from './court.ts';
import type { Dialling } from './dialling.ts';
import type { LinkState } from './links.ts';
import type { AdoptionRefusal } from './note.ts';
import type { MemberRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

const lackingMs = 3_000;
const enoughMs = 30_000;
/** A member that was asked is not asked again for so long. */
const askAgainMs = 30_000;
/** From the acceptance to the record that names us, at the most. */
const namingMs = 5_000;
/** Draws in one beat. */
const drawsMax = 8;

/** Somebody who is asked: its link may have to be dialled first. */
interface Question {
  readonly name: string;
  readonly untilMs: number;
  isAsked: boolean;
}

export class Adopting {
  readonly #state: MeshState;
  readonly #dialling: Dialling;
  readonly #spreadSelf: () => void;
  #observersNow: readonly MemberRecord[] = [];
  /** The changes of the table that they are for. */
  #observersFor = -1;
  #lackingSinceMs: number | undefined;
  #enoughSinceMs: number | undefined;
  /** Since when nothing is heard of an adopter, by name. */
  readonly #unheardSinceMs = new Map<string, number>();
  /** By instance. */
  readonly #questions = new Map<string, Question>();
  readonly #askedAtMs = new Map<string, number>();

  /** `spreadSelf`: our own record has changed. */
  constructor(state: MeshState, parts: { readonly dialling: Dialling; readonly spreadSelf: () => void }) {
    this.#state = state;
    this.#dialling = parts.dialling;
    this.#spreadSelf = parts.spreadSelf;
  }

  /** A beat has passed: looks after those whom we adopted and those who adopted us. */
  tend(): void {
    const { self, doubts } = this.#state;
    this.#keepAdoptees();
    if (self.isLeaving || doubts.isFrozen) return;
    const observers = this.#observers();
    const lost = observers.filter((member) => !this.#isObservedBy(member)).length;
    this.#weighAdopters(lost === 0, observers);
    const missing = lost - self.record.adopters.length;
    if (missing <= 0) {
      this.#lackingSinceMs = undefined;
      this.#questions.clear();
      return;
    }
    this.#lackingSinceMs ??= this.#state.nowMs;
    if (this.#state.nowMs - this.#lackingSinceMs >= lackingMs) this.#ask(missing, observers);
  }

  /** A peer asks to be observed from here. */
  onAsked(link: LinkState): void {
    const refusal = this.#refusalOf(link);
    if (refusal === undefined) {
      this.#state.adoptions.adopt(link, this.#state.nowMs);
      this.#state.overlay.assign(this.#state.nowMs);
    }
    this.#state.send(link.id, refusal === undefined ? { kind: 'adopted' } : { kind: 'adopted', refusal });
  }

  /** The answer of one that was asked. */
  onAnswer({ name, instance }: LinkState, refusal: AdoptionRefusal | undefined): void {
    if (this.#questions.get(instance)?.isAsked !== true) return;
    this.#questions.delete(instance);
    if (refusal !== undefined) return this.#state.note({ kind: 'adoption.refused', name, code: refusal });
    const { adopters } = this.#state.self.record;
    if (adopters.length < meshLimits.adopters && !adopters.includes(name)) this.#name([...adopters, name]);
  }

  #refusalOf({ name, instance }: LinkState): AdoptionRefusal | undefined {
    const { adoptions, self, isIsolated } = this.#state;
    if (this.#state.findMember(name)?.instance !== instance) return 'stranger';
    if (self.isLeaving) return 'leaving';
    if (isIsolated) return 'isolated';
    return adoptions.size >= meshLimits.adoptees && !adoptions.has(instance) ? 'full' : undefined;
  }

  /** Those whom the records give us, looked up anew when a record has changed. */
  #observers(): readonly MemberRecord[] {
    const { self, records } = this.#state;
    if (this.#observersFor !== records.changes) this.#observersNow = commonObserversOf(self.name, this.#state);
    this.#observersFor = records.changes;
    return this.#observersNow;
  }

  /** Beats go both ways on its link: it would notice our silence. */
  #isObservedBy(member: MemberRecord): boolean {
    return this.#state.liveLinkTo(member.instance)?.use.isMesh === true;
  }

  #weighAdopters(isEnough: boolean, observers: readonly MemberRecord[]): void {
    const { nowMs, self } = this.#state;
    const { adopters } = self.record;
    this.#enoughSinceMs = isEnough ? (this.#enoughSinceMs ?? nowMs) : undefined;
    if (adopters.length === 0) return this.#unheardSinceMs.clear();
    if (this.#enoughSinceMs !== undefined && nowMs - this.#enoughSinceMs >= enoughMs) return this.#name([]);
    // One that has come to observe us on the rings is counted there.
    const kept = adopters.filter((name) => !observers.some(({ owner }) => owner === name) && this.#isHeardOf(name));
    if (kept.length < adopters.length) this.#name(kept);
  }

  /** Of an adopter something was heard within `lackingMs`. */
  #isHeardOf(name: string): boolean {
    const { nowMs } = this.#state;
    const member = this.#state.findMember(name);
    if (member && this.#isObservedBy(member)) this.#unheardSinceMs.delete(name);
    else if (!this.#unheardSinceMs.has(name)) this.#unheardSinceMs.set(name, nowMs);
    return member !== undefined && nowMs - (this.#unheardSinceMs.get(name) ?? nowMs) < lackingMs;
  }

  #name(adopters: readonly string[]): void {
    this.#state.self.nameAdopters(adopters);
    this.#state.adoptions.changed();
    this.#state.note({ kind: 'mesh.adopted', adopters });
    this.#spreadSelf();
  }

  #ask(missing: number, observers: readonly MemberRecord[]): void {
    const { nowMs, links } = this.#state;
    for (const [instance, atMs] of this.#askedAtMs) if (nowMs - atMs > askAgainMs) this.#askedAtMs.delete(instance);
    for (const [instance, { untilMs }] of this.#questions) if (nowMs >= untilMs) this.#questions.delete(instance);
    for (let draw = 0; draw < drawsMax && this.#questions.size < missing; draw += 1) this.#choose(observers);
    for (const [instance, question] of this.#questions) {
      const link = links.to(instance);
      if (question.isAsked || !link) continue;
      question.isAsked = true;
      this.#state.send(link.id, { kind: 'adopt' });
    }
  }

  /** One more to ask, unless chance finds nobody. */
  #choose(observers: readonly MemberRecord[]): void {
    const { records, random, self, settings, nowMs } = this.#state;
    const record = records.randomMember(random);
    if (!record || record.isLeaving || record.instance === self.instance || observers.includes(record)) return;
    if (this.#askedAtMs.has(record.instance) || self.record.adopters.includes(record.owner) || !this.#state.isHeldAlive(record)) return;
    this.#askedAtMs.set(record.instance, nowMs);
    this.#questions.set(record.instance, {
      name: record.owner,
      untilMs: nowMs + 2 * this.#state.stretched(settings.dialTimeoutMs),
      isAsked: false,
    });
    if (!this.#state.openLinkTo(record.instance)) this.#dialling.reach(record);
  }

  /** Lets go whoever has ended, or names us no more. */
  #keepAdoptees(): void {
    const { adoptions, self, nowMs } = this.#state;
    for (const [instance, { name, sinceMs }] of [...adoptions.all()]) {
      const record = this.#state.findMember(name);
      const isNamed = record?.instance === instance && record.adopters.includes(self.name);
      if (!isNamed && nowMs - sinceMs >= namingMs) adoptions.letGo(instance);
    }
  }
}
