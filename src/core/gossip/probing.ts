/**
 * Second opinions: before a member is reported as silent, three others try to reach it by a dial of their own.
 *
 * P1 whoever is asked dials afresh and always answers, also that it cannot; a member that it does not know, or one
 *    errand too many, is answered at once (Gupta et al., SWIM 2002; the mandatory nack is Lifeguard's, 2017).
 * P2 a member that one of them has reached is not reported from here for `reachedForMs`: only our own way to it is broken.
 * P3 when nobody whom we asked says anything at all, the trouble is more likely ours: our own health worsens.
 */

import type { Dials, Errand } from './dials.ts';
import type { Accusation, MemberRecord } from './record.ts';
import { meshLimits } from './settings.ts';
import type { MeshState } from './state.ts';

/** How many others are asked. */
const askedMax = 3;

/** What is known of others' attempts. `reached`: one of them got through. */
export type Opinion = 'asking' | 'reached' | 'none';

interface Inquiry {
  readonly instance: string;
  readonly askedAtMs: number;
  readonly asked: number;
  /** Requests that wait for an answer. */
  readonly open: Set<number>;
  reachedAtMs: number;
}

export class Probing {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #inquiries = new Map<string, Inquiry>();
  readonly #errands = new Map<number, number>();
  #nextRequest = 1;

  constructor(state: MeshState, dials: Dials) {
    this.#state = state;
    this.#dials = dials;
  }

  /** Asks three others to try the member, unless that is under way. */
  ask(record: MemberRecord): void {
    const held = this.#inquiries.get(record.owner);
    if (held?.instance === record.instance && this.#isOpen(held)) return;
    const links = this.#whomToAsk(record.instance);
    const open = new Set<number>();
    for (const link of links) {
      const request = this.#nextRequest++;
      open.add(request);
      this.#state.send(link, { kind: 'probeRequest', request, target: record.owner, instance: record.instance });
    }
    const { nowMs } = this.#state;
    this.#inquiries.set(record.owner, {
      instance: record.instance,
      askedAtMs: nowMs,
      asked: links.length,
      open,
      reachedAtMs: Number.NEGATIVE_INFINITY,
    });
  }

  /** What the others say; asks them (again) when there is no fresh answer. */
  opinionOf(record: MemberRecord): Opinion {
    const held = this.#inquiries.get(record.owner);
    const { nowMs, settings, rules } = this.#state;
    if (!rules.asksOthers) return 'none';
    const isFresh = held?.instance === record.instance && nowMs - held.askedAtMs < settings.reportExpiryMs / 2;
    if (!isFresh) this.ask(record);
    const inquiry = this.#inquiries.get(record.owner);
    if (!inquiry) return 'none';
    if (inquiry.reachedAtMs >= inquiry.askedAtMs) return 'reached';
    return this.#isOpen(inquiry) ? 'asking' : 'none';
  }

  /** A peer asks us to try a member. */
  onRequest(link: number, { request, target, instance }: { request: number; target: string; instance: string }): void {
    const record = this.#state.findMember(target);
    const errands = this.#errands.get(link) ?? 0;
    const isKnown = record?.instance === instance && record.instance !== this.#state.self.instance;
    const errand = { link, request };
    if (!isKnown || errands >= meshLimits.errandsPerLink) return this.#answer(errand, 'silent');
    if (!this.#dials.dial(record.url, { kind: 'errand', instance, errand })) return this.#answer(errand, 'silent');
    this.#errands.set(link, errands + 1);
  }

  /** The dial of an errand has ended; `failed` is absent when the member answered. */
  onErrandDone(errand: Errand, failed: Accusation | undefined): void {
    const left = (this.#errands.get(errand.link) ?? 1) - 1;
    if (left === 0) this.#errands.delete(errand.link);
    else this.#errands.set(errand.link, left);
    this.#answer(errand, failed);
  }

  /** Gives the member about whom all have answered now, and nobody got through. */
  onAnswer(request: number, isReached: boolean): string | undefined {
    for (const [name, inquiry] of this.#inquiries) {
      if (!inquiry.open.delete(request)) continue;
      if (!isReached) return inquiry.open.size === 0 && inquiry.reachedAtMs < inquiry.askedAtMs ? name : undefined;
      inquiry.reachedAtMs = this.#state.nowMs;
      this.#state.touched.add(name);
      return undefined;
    }
    return undefined;
  }

  /** Ends inquiries that nobody answers, and forgets those about members that nothing stands against. */
  tend(): void {
    const { suspicions, rules } = this.#state;
    for (const [name, inquiry] of this.#inquiries) {
      if (inquiry.open.size > 0 && !this.#isOpen(inquiry)) {
        const isDeaf = inquiry.open.size === inquiry.asked && inquiry.asked > 1;
        inquiry.open.clear();
        if (isDeaf && rules.shiftsDeadlines) this.#state.worsen();
      }
      if (suspicions.own(name)?.instance !== inquiry.instance) this.#inquiries.delete(name);
    }
  }

  #isOpen({ open, askedAtMs }: Inquiry): boolean {
    return open.size > 0 && this.#state.nowMs - askedAtMs < 1.5 * this.#state.stretched(this.#state.settings.checkTimeoutMs);
  }

  /** Random members whose links work. */
  #whomToAsk(target: string): readonly number[] {
    const { links, settings, random } = this.#state;
    const able: number[] = [];
    for (const link of links.used()) {
      if (link.instance !== target && !link.isSilent(settings, this.#state)) able.push(link.id);
    }
    const chosen: number[] = [];
    while (chosen.length < askedMax && able.length > 0) chosen.push(...able.splice(random.integer(able.length), 1));
    return chosen;
  }

  #answer({ link, request }: Errand, failed: Accusation | undefined): void {
    if (!this.#state.links.find(link)) return;
    this.#state.send(link, failed === undefined ? { kind: 'probeAck', request } : { kind: 'probeNack', request, evidence: failed });
  }
}
