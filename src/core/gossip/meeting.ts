/**
 * Links as they come and go, and what the end of a dial means to everybody concerned.
 */

import { unreachable } from '../../base/assert.ts';
import type { Beating } from './beating.ts';
import { accusationOf, type Detector } from './detector.ts';
import type { Dialling } from './dialling.ts';
import type { Dial, Dials } from './dials.ts';
import type { FirstSync } from './first-sync.ts';
import type { Greeting } from './greeting.ts';
import type { Healing } from './healing.ts';
import type { Intake } from './intake.ts';
import type { DialOutcome, LinkEvidence } from './io.ts';
import type { Joining } from './joining.ts';
import { LinkState } from './links.ts';
import type { MassGuard } from './mass-guard.ts';
import type { Greeter, Hello, HelloAck } from './message.ts';
import type { Naming } from './naming.ts';
import type { Probing } from './probing.ts';
import type { Sampling } from './sampling.ts';
import type { Spread } from './spread.ts';
import type { MeshState } from './state.ts';
import { isSameRoot, type Sync } from './sync.ts';

export interface MeetingParts {
  readonly dials: Dials;
  readonly dialling: Dialling;
  readonly healing: Healing;
  readonly greeting: Greeting;
  readonly naming: Naming;
  readonly joining: Joining;
  readonly spread: Spread;
  readonly sync: Sync;
  readonly intake: Intake;
  readonly detector: Detector;
  readonly probing: Probing;
  readonly beating: Beating;
  readonly guard: MassGuard;
  readonly sampling: Sampling;
  readonly firstSync: FirstSync;
}

export class Meeting {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #dialling: Dialling;
  readonly #healing: Healing;
  readonly #greeting: Greeting;
  readonly #naming: Naming;
  readonly #joining: Joining;
  readonly #spread: Spread;
  readonly #sync: Sync;
  readonly #intake: Intake;
  readonly #detector: Detector;
  readonly #probing: Probing;
  readonly #beating: Beating;
  readonly #guard: MassGuard;
  readonly #sampling: Sampling;
  readonly #firstSync: FirstSync;

  constructor(state: MeshState, parts: MeetingParts) {
    this.#state = state;
    this.#dials = parts.dials;
    this.#dialling = parts.dialling;
    this.#healing = parts.healing;
    this.#greeting = parts.greeting;
    this.#naming = parts.naming;
    this.#joining = parts.joining;
    this.#spread = parts.spread;
    this.#sync = parts.sync;
    this.#intake = parts.intake;
    this.#detector = parts.detector;
    this.#probing = parts.probing;
    this.#beating = parts.beating;
    this.#guard = parts.guard;
    this.#sampling = parts.sampling;
    this.#firstSync = parts.firstSync;
  }

  /** A dial has ended. */
  dialled(id: number, outcome: DialOutcome): void {
    const dial = this.#dials.take(id);
    if (!dial) return;
    if (outcome.kind === 'failed') return this.#dialFailed(dial, outcome.evidence);
    if (dial.purpose.kind === 'name') return this.#probed(dial.purpose, outcome.ack);
    if (dial.purpose.kind === 'errand') {
      const isThere = outcome.ack.instance === dial.purpose.instance;
      return this.#probing.onErrandDone(dial.purpose.errand, isThere ? undefined : 'refused');
    }
    if (dial.purpose.kind === 'sample') return this.#sampled(dial.purpose, outcome.ack);
    const ack = this.#judged(outcome);
    const link = ack.refusal === undefined ? outcome.link : undefined;
    this.#noteRefusal(dial, ack);
    if (dial.purpose.kind === 'seed') return this.#seedAnswered(dial.address, ack, link);
    this.#memberAnswered(dial, ack);
    if (link !== undefined) this.linkUp(link, { greeter: ack, isDialler: true });
  }

  /** A greeting was accepted, by us or by them. */
  linkUp(id: number, { greeter, isDialler }: { greeter: Greeter | Hello; isDialler: boolean }): void {
    const state = this.#state;
    const link = new LinkState({ id, name: greeter.name, instance: greeter.instance, isDialler, nowMs: state.nowMs });
    state.hasMet = true;
    if ('isJoining' in greeter && greeter.isJoining) state.crowd.add(link, state.nowMs);
    const wasMissed = this.#isMissed(greeter);
    if (isDialler) this.use(link);
    else if (state.links.hold(link)) this.#inUse(link);
    state.touched.add(greeter.name);
    this.#spread.tell(id, state.self.record);
    this.#joining.introduce(id);
    const held = state.records.find(greeter.name);
    // The peer must hear of its own end, or of another server of its name: at once, before its own record replaces it here.
    if (held && held.kind !== 'unknown' && (held.final === 'dead' || held.instance !== greeter.instance)) {
      state.send(id, { kind: 'push', records: [held] });
    }
    if (!state.hasJoined) this.#learn(link.instance);
    else if (isDialler && !isSameRoot(greeter.root, state.records.root())) this.#synchronise(link.instance);
    this.#guard.onLink(link);
    if (wasMissed) this.#healing.onFound();
  }

  #isMissed({ name, instance }: Greeter): boolean {
    const held = this.#state.records.find(name);
    return held?.instance === instance && (held.final === 'dead' || this.#state.suspicions.own(name)?.instance === instance);
  }

  /** The link works both ways: of two to one member, one is enough. */
  use(link: LinkState): void {
    const { links, self, settings } = this.#state;
    const lowerName = link.name < self.name ? link.name : self.name;
    const superfluous = links.add(link, { lowerName, crossingMs: 2 * settings.dialTimeoutMs });
    this.#inUse(link);
    if (!superfluous) return;
    this.#state.emit({ kind: 'close', link: superfluous.id, isRetired: true });
    // A newcomer must not wait for an answer over the one that closes.
    if (!this.#state.hasJoined) this.#learn(link.instance);
  }

  /** The first beat says at once what the link is for. */
  #inUse(link: LinkState): void {
    this.#detector.vouch(link);
    this.#state.overlay.assignOne(link, this.#state.nowMs);
    if (link.use.isNeededHere) this.#beating.beatOn(link);
  }

  #synchronise(instance: string): void {
    const link = this.#state.links.to(instance);
    if (link) this.#sync.start(link);
  }

  #learn(instance: string): void {
    const link = this.#state.links.to(instance);
    if (link) this.#firstSync.onLink(link);
  }

  /** A link is gone, or a greeting's connection. */
  linkDown(id: number, evidence: LinkEvidence): void {
    this.#greeting.forget(id);
    const { links } = this.#state;
    const before = links.find(id);
    const wasUsed = before !== undefined && links.to(before.instance) === before;
    const link = links.remove(id);
    this.#spread.drop(id);
    if (!link || !wasUsed || links.to(link.instance)) return;
    this.#detector.onLost(link, evidence);
    const record = this.#state.findMember(link.name);
    // A call link that closes in good order was not used for long.
    const isExpected = evidence === 'local' || (evidence === 'remote' && !link.use.isMesh);
    if (record?.instance === link.instance && !record.isLeaving && !isExpected) this.#dialling.onLost(record);
  }

  /** The peer's answer; when it took us in and we cannot belong to it (our uid is pinned), that is a refusal as well. */
  #judged({ ack, link }: Extract<DialOutcome, { kind: 'answered' }>): HelloAck {
    if (link === undefined || this.#greeting.onAccepted(ack)) return ack;
    this.#state.emit({ kind: 'close', link, isRetired: false });
    return { ...ack, refusal: { code: 'cluster_mismatch', message: `that server belongs to another cluster (uid ${ack.uid.uid})` } };
  }

  /** The link is up before the seed counts as answered: a round that ends with it has met somebody. */
  #seedAnswered(address: string, ack: HelloAck, link: number | undefined): void {
    if (link !== undefined) this.linkUp(link, { greeter: ack, isDialler: true });
    const { refusal } = ack;
    const joinRefusal = refusal && { address, code: refusal.code, theirs: ack.cluster };
    this.#dialling.onSeedAnswered(address, ack, joinRefusal);
  }

  #memberAnswered(dial: Dial, ack: HelloAck): void {
    if (dial.purpose.kind !== 'member') return;
    const { name, instance } = dial.purpose;
    if (ack.instance === instance) this.#intake.decide(name, true);
    if (ack.instance === instance && ack.refusal === undefined) return this.#dials.settle(dial.address);
    this.#dialling.onMemberFailed(dial.address);
    if (ack.instance !== instance) this.#memberFailed(name, instance, 'refused');
  }

  #sampled({ name, instance }: Dial['purpose'] & { kind: 'sample' }, ack: HelloAck): void {
    if (ack.instance === instance) this.#sampling.onAnswer(name, ack);
    else this.#memberFailed(name, instance, 'refused');
  }

  #dialFailed(dial: Dial, evidence: LinkEvidence): void {
    const { purpose, address } = dial;
    switch (purpose.kind) {
      case 'name':
        return this.#probed(purpose, undefined);
      case 'errand':
        return this.#probing.onErrandDone(purpose.errand, accusationOf(evidence));
      case 'seed':
        return this.#dialling.onSeedFailed(address);
      case 'member':
      case 'sample':
        if (purpose.kind === 'member') this.#dialling.onMemberFailed(address);
        // A stall of our own can make any dial late: it proves nothing about the peer.
        if (evidence !== 'refused' && this.#state.stalledAtMs >= dial.startedAtMs) return;
        return this.#memberFailed(purpose.name, purpose.instance, evidence);
      default:
        return unreachable(purpose);
    }
  }

  #memberFailed(name: string, instance: string, evidence: LinkEvidence): void {
    const record = this.#state.findMember(name);
    if (record?.instance !== instance || this.#state.liveLinkTo(instance)) return;
    this.#intake.decide(name, false);
    if (this.#state.findMember(name) !== record) return;
    if (evidence === 'unwelcome') this.#detector.onUnwelcome(record);
    else this.#detector.onDialFailed(record, evidence);
  }

  #probed(purpose: Dial['purpose'] & { kind: 'name' }, ack: HelloAck | undefined): void {
    const { link, instance, epoch } = purpose;
    const isThere = ack?.instance === instance;
    if (link !== undefined) return this.#greeting.onProbed(link, { instance, epoch, url: ack?.url ?? '' }, isThere);
    if (isThere) this.#naming.onAnswer(ack);
    else this.#naming.takeOver({ instance, epoch });
  }

  #noteRefusal(dial: Dial, ack: HelloAck): void {
    const { refusal } = ack;
    if (!refusal || refusal.code === 'probe' || refusal.code === 'self') return;
    this.#state.note({ kind: 'greeting.refused', address: dial.address, code: refusal.code, byUs: false, message: refusal.message });
    if (refusal.code !== 'name_taken' || !refusal.holder) return;
    if (refusal.holder.instance === ack.instance) this.#naming.onAnswer(ack);
    else this.#naming.contest(refusal.holder);
  }
}
