/**
 * The membership machine: records, greetings, beats, reports and obituaries in; sends, dials and news out.
 *
 * It keeps the machine contract (base/machine.ts) and the invariants M1-M7, M9 and M10 of the mesh design page as far
 * as a full mesh goes: every member holds a link to every other one. Bytes, sockets and timers belong to
 * fabric/mesh.ts and fabric/pump.ts; encoding to wire/mesh-codec.ts.
 */

import { unreachable } from '../../base/assert.ts';
import type { Machine } from '../../base/machine.ts';
import { BodyStore } from './bodies.ts';
import { Detector } from './detector.ts';
import { Dialling } from './dialling.ts';
import { type Dial, Dials } from './dials.ts';
import { Greeting } from './greeting.ts';
import { Intake } from './intake.ts';
import type { DialOutcome, LinkEvidence, LocalCatalog, MeshEffect, MeshInput } from './io.ts';
import { LinkState } from './links.ts';
import type { Beat, Greeter, HelloAck, MeshMessage, SyncHeads } from './message.ts';
import { Naming } from './naming.ts';
import { Spread } from './spread.ts';
import { meshLimits } from './settings.ts';
import { type MeshMachineOptions, MeshState } from './state.ts';
import { Sync } from './sync.ts';
import type { MemberView } from './view.ts';
import { Views } from './views.ts';

/** Ticks in one beat: a member notices its own lateness at this grain. */
const ticksPerBeat = 5;
/** Beats between two rounds of forgetting. */
const tendEveryBeats = 4;

export type { MeshMachineOptions } from './state.ts';

export class Gossip implements Machine<MeshInput, MeshEffect> {
  readonly #state: MeshState;
  readonly #dials: Dials;
  readonly #spread: Spread;
  readonly #naming: Naming;
  readonly #greeting: Greeting;
  readonly #bodies: BodyStore;
  readonly #intake: Intake;
  readonly #sync: Sync;
  readonly #detector: Detector;
  readonly #dialling: Dialling;
  readonly #views: Views;
  readonly #tickMs: number;
  #nextTickMs = Number.POSITIVE_INFINITY;
  #ticks = 0;
  #catalog: LocalCatalog | undefined;
  #publishAtMs = Number.NEGATIVE_INFINITY;
  #spreadAtMs = Number.POSITIVE_INFINITY;
  /** Until when a newcomer waits for the functions of the members that it knows. */
  #bodiesUntilMs = 0;
  /** Slots that the first synchronisation asked for; undefined once joined. */
  #awaited: readonly string[] | undefined;
  #hasJoined = false;

  constructor(options: MeshMachineOptions) {
    const state = new MeshState(options);
    this.#state = state;
    this.#tickMs = options.settings.beatIntervalMs / ticksPerBeat;
    this.#dials = new Dials(state);
    this.#spread = new Spread(state);
    this.#bodies = new BodyStore(state);
    this.#naming = new Naming(state, this.#dials, () => this.#spreadSelf());
    this.#intake = new Intake(state, { spread: this.#spread, naming: this.#naming, bodies: this.#bodies });
    this.#sync = new Sync(state, (record, from) => this.#intake.take(record, from));
    this.#detector = new Detector(state, { spread: this.#spread, intake: this.#intake });
    this.#dialling = new Dialling(state, this.#dials);
    this.#greeting = new Greeting(state, {
      dials: this.#dials,
      naming: this.#naming,
      accepted: (link, hello) => this.#linkUp(link, { greeter: hello, isDialler: false }),
    });
    this.#views = new Views(state);
  }

  handle(input: MeshInput, nowMs: number): void {
    const state = this.#state;
    state.nowMs = Math.max(state.nowMs, nowMs);
    if (state.phase === 'finished') return this.#handleFinished(input);
    this.#noticeStall();
    const { uid } = state.self.uid;
    this.#dispatch(input);
    if (state.self.uid.uid !== uid) this.#beat();
    this.#spread.flush();
    if (this.#detector.dueMs() <= state.nowMs) this.#detector.judge();
    this.#views.tell();
  }

  takeEffects(): readonly MeshEffect[] {
    return this.#state.takeEffects();
  }

  nextWakeMs(): number {
    if (this.#state.phase !== 'running') return Number.POSITIVE_INFINITY;
    const publishMs = this.#catalog ? this.#publishAtMs : Number.POSITIVE_INFINITY;
    return Math.min(this.#nextTickMs, this.#spread.dueMs(), this.#detector.dueMs(), publishMs, this.#spreadAtMs);
  }

  /** Every member that has not left or died, as it is seen now, by name. */
  views(): readonly MemberView[] {
    return this.#views.current();
  }

  /** The body of this hash, if it is here. */
  findBody(hash: string): Uint8Array | undefined {
    return this.#bodies.find(hash);
  }

  /** For the simulator's checkers; nothing in it may be changed. */
  get inspection(): MeshState {
    return this.#state;
  }

  #dispatch(input: MeshInput): void {
    switch (input.kind) {
      case 'wake':
        return this.#wake();
      case 'start':
        return this.#start(input.join);
      case 'greeted':
        return this.#greeting.greet(input.link, input.hello);
      case 'dialled':
        return this.#dialled(input.dial, input.outcome);
      case 'heard':
        return this.#heard(input.link, input.atMs);
      case 'received':
        return this.#received(input.link, input.message);
      case 'linkDown':
        return this.#linkDown(input.link, input.evidence);
      case 'publish':
        this.#catalog = input.catalog;
        return this.#publish();
      case 'reject':
        return this.#state.note({ kind: 'member.rejected', name: input.name, why: input.why });
      case 'leave':
        return this.#leave();
      case 'finish':
        return this.#finish();
      default:
        return unreachable(input);
    }
  }

  #handleFinished(input: MeshInput): void {
    if (input.kind === 'greeted') this.#greeting.greet(input.link, input.hello);
    if (input.kind === 'dialled' && input.outcome.kind === 'answered' && input.outcome.link !== undefined) {
      this.#state.emit({ kind: 'close', link: input.outcome.link, isRetired: false });
    }
  }

  #start(join: readonly string[]): void {
    const state = this.#state;
    state.phase = 'running';
    this.#nextTickMs = state.nowMs + this.#tickMs;
    this.#dials.join.push(...join.filter((address, at) => address !== state.self.url && join.indexOf(address) === at));
    state.emit({ kind: 'persist', epoch: state.self.record.epoch });
    if (this.#dials.join.length === 0) this.#joined();
    this.#dialling.tend();
  }

  #wake(): void {
    const { nowMs } = this.#state;
    this.#publish();
    if (nowMs >= this.#spreadAtMs) {
      this.#spreadAtMs = Number.POSITIVE_INFINITY;
      this.#state.tell({ kind: 'spread' });
    }
    if (nowMs < this.#nextTickMs) return;
    this.#nextTickMs = nowMs + this.#tickMs;
    this.#ticks += 1;
    this.#detector.inspect();
    this.#dialling.tend();
    this.#checkJoined();
    if (this.#ticks % ticksPerBeat === 0) this.#beat();
    if (this.#ticks % (ticksPerBeat * tendEveryBeats) === 0) {
      this.#state.records.forgetFinals(nowMs - this.#state.settings.graveMs);
      this.#bodies.tend();
    }
  }

  /** Our own loop was late: told before anything else is judged, whichever input comes first. */
  #noticeStall(): void {
    const lateMs = this.#state.nowMs - this.#nextTickMs;
    if (!(lateMs > 2 * this.#tickMs)) return;
    this.#nextTickMs = this.#state.nowMs;
    this.#detector.onStall(lateMs);
  }

  #beat(): void {
    const { links, records, self, health, nowMs } = this.#state;
    const root = records.root();
    for (const link of links.used()) {
      const beat: Beat = { kind: 'beat', ...link.nextBeat({ nowMs, root, health }), root, health, uid: self.uid };
      this.#state.send(link.id, beat);
    }
  }

  #heard(id: number, atMs: number): void {
    const link = this.#state.links.find(id);
    if (link) this.#detector.heard(link, Math.min(atMs, this.#state.nowMs));
  }

  #received(id: number, message: MeshMessage): void {
    const link = this.#state.links.find(id);
    if (!link) return;
    this.#detector.heard(link, this.#state.nowMs);
    switch (message.kind) {
      case 'beat':
        return this.#onBeat(link, message);
      case 'push':
        for (const record of message.records) this.#intake.take(record, id);
        return this.#checkUndecided();
      case 'suspect':
        return this.#detector.onReports(message.reports, id);
      case 'syncDigest':
        return this.#sync.onDigest(id, message);
      case 'syncHeads':
        return this.#onHeads(id, message);
      case 'syncRecords':
        this.#sync.onRecords(id, message);
        return this.#checkUndecided();
      case 'bodyWanted':
        return this.#bodies.give(id, message.hash);
      case 'body':
        this.#bodies.onPiece(message);
        return this.#checkJoined();
      default:
        return unreachable(message);
    }
  }

  #onBeat(link: LinkState, beat: Beat): void {
    this.#detector.onBeat(link, beat);
    if (!this.#greeting.follow(beat)) return this.#state.emit({ kind: 'close', link: link.id, isRetired: false });
    this.#sync.onRoot(link, beat.root);
  }

  #onHeads(id: number, heads: SyncHeads): void {
    const wants = this.#sync.onHeads(id, heads);
    if (!this.#hasJoined) {
      this.#awaited = wants;
      this.#bodiesUntilMs = this.#state.nowMs + this.#state.settings.dialTimeoutMs;
    }
    this.#checkJoined();
  }

  #checkUndecided(): void {
    for (const record of this.#intake.undecidedMembers()) this.#dialling.check(record);
    this.#checkJoined();
  }

  /** Joined: the members that the peer named are known, and their functions, unless those take longer than a dial. */
  #checkJoined(): void {
    if (!this.#awaited?.every((slot) => this.#state.records.find(slot) !== undefined)) return;
    if (this.#bodies.wanted === 0 || this.#state.nowMs >= this.#bodiesUntilMs) this.#joined();
  }

  #joined(): void {
    this.#awaited = undefined;
    if (this.#hasJoined) return;
    this.#hasJoined = true;
    this.#state.tell({ kind: 'joined' });
  }

  #dialled(id: number, outcome: DialOutcome): void {
    const dial = this.#dials.take(id);
    if (!dial) return;
    if (outcome.kind === 'failed') return this.#dialFailed(dial, outcome.evidence);
    const { ack, link } = outcome;
    const { purpose } = dial;
    if (purpose.kind === 'name') return this.#probed(purpose, ack);
    this.#noteRefusal(dial, ack);
    if (purpose.kind === 'seed') this.#seedAnswered(dial.address, outcome);
    else {
      this.#memberAnswered(dial, ack);
      if (link !== undefined) this.#accepted(link, ack);
    }
  }

  /** The link is up before the seed counts as answered: a round that ends with it has met somebody. */
  #seedAnswered(address: string, { ack, link }: Extract<DialOutcome, { kind: 'answered' }>): void {
    if (link !== undefined) this.#accepted(link, ack);
    const { refusal } = ack;
    const joinRefusal = refusal && { address, code: refusal.code, theirs: ack.cluster };
    this.#dialling.onSeedAnswered(address, ack.instance, joinRefusal);
  }

  #accepted(link: number, ack: HelloAck): void {
    if (!this.#greeting.onAccepted(ack)) return this.#state.emit({ kind: 'close', link, isRetired: false });
    this.#linkUp(link, { greeter: ack, isDialler: true });
  }

  #memberAnswered(dial: Dial, ack: HelloAck): void {
    if (dial.purpose.kind !== 'member') return;
    const { name, instance } = dial.purpose;
    if (ack.instance === instance) this.#intake.decide(name, true);
    if (ack.instance === instance && ack.refusal === undefined) return this.#dials.settle(dial.address);
    this.#dialling.onMemberFailed(dial.address);
    if (ack.instance !== instance) this.#memberFailed(name, instance, 'refused');
  }

  #dialFailed(dial: Dial, evidence: LinkEvidence): void {
    const { purpose, address } = dial;
    switch (purpose.kind) {
      case 'name':
        return this.#probed(purpose, undefined);
      case 'seed':
        return this.#dialling.onSeedFailed(address);
      case 'member':
        this.#dialling.onMemberFailed(address);
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
    if (this.#state.findMember(name) === record) this.#detector.onDialFailed(record, evidence);
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

  #linkUp(id: number, { greeter, isDialler }: { greeter: Greeter; isDialler: boolean }): void {
    const state = this.#state;
    const link = new LinkState({ id, name: greeter.name, instance: greeter.instance, isDialler, nowMs: state.nowMs });
    const lowerName = greeter.name < state.self.name ? greeter.name : state.self.name;
    const superfluous = state.links.add(link, { lowerName, crossingMs: 2 * state.settings.dialTimeoutMs });
    if (superfluous) state.emit({ kind: 'close', link: superfluous.id, isRetired: true });
    state.hasMet = true;
    this.#detector.vouch(link);
    state.touched.add(greeter.name);
    this.#spread.tell(id, state.self.record);
    if (!this.#hasJoined) this.#introduce(id);
    const held = state.records.find(greeter.name);
    // The peer must hear of its own end, or of another server of its name.
    if (held && held.kind !== 'unknown' && (held.final === 'dead' || held.instance !== greeter.instance)) this.#spread.tell(id, held);
    // Of two links that crossed one is closed already: a newcomer must not wait for an answer over that one.
    if (isDialler || !this.#hasJoined) this.#sync.start(state.links.to(greeter.instance) ?? link);
  }

  /** A newcomer says at once what it offers: whoever takes it in knows its functions before it counts as joined. */
  #introduce(link: number): void {
    const { bodyHash } = this.#state.self.record;
    this.#spread.flush(true);
    const bytes = this.#bodies.find(bodyHash)?.length ?? 0;
    if (bytes > 0 && bytes <= meshLimits.bodyPieceBytes) this.#bodies.give(link, bodyHash);
  }

  #linkDown(id: number, evidence: LinkEvidence): void {
    this.#greeting.forget(id);
    const { links } = this.#state;
    const before = links.find(id);
    const wasUsed = before !== undefined && links.to(before.instance) === before;
    const link = links.remove(id);
    this.#spread.drop(id);
    if (!link || !wasUsed || links.to(link.instance)) return;
    this.#detector.onLost(link, evidence);
    const record = this.#state.findMember(link.name);
    if (record?.instance === link.instance && !record.isLeaving && evidence !== 'local') this.#dialling.onLost(record);
  }

  #publish(): void {
    const state = this.#state;
    if (!this.#catalog || state.nowMs < this.#publishAtMs) return;
    const { bodyHash, body } = this.#catalog;
    this.#catalog = undefined;
    this.#publishAtMs = state.nowMs + state.settings.publishIntervalMs;
    this.#bodies.keep(bodyHash, body);
    if (bodyHash === state.self.record.bodyHash) return;
    state.self.announce(bodyHash);
    this.#spreadSelf();
  }

  #leave(): void {
    const state = this.#state;
    this.#spreadAtMs = state.nowMs + state.settings.spreadMs;
    if (state.self.isLeaving) return;
    state.self.announceLeaving();
    this.#spreadSelf();
    this.#spread.flush(true);
  }

  #finish(): void {
    const state = this.#state;
    state.self.announceLeft();
    this.#spreadSelf();
    this.#spread.flush(true);
    for (const link of state.links.all()) state.emit({ kind: 'close', link: link.id, isRetired: false });
    state.phase = 'finished';
  }

  #spreadSelf(): void {
    this.#state.records.replace(this.#state.self.record, this.#state.nowMs);
    this.#state.touched.add(this.#state.self.name);
    this.#spread.flood(this.#state.self.record);
  }
}
