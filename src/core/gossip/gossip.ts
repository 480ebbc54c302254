/**
 * The membership machine: records, greetings, beats, reports and obituaries in; sends, dials and news out.
 *
 * It keeps the machine contract (base/machine.ts) and the invariants M1-M10 of the mesh design page. Who holds a link to
 * whom is overlay.ts. Bytes, sockets and timers belong to fabric/mesh.ts and fabric/pump.ts; encoding to
 * wire/mesh-codec.ts.
 */

import { unreachable } from '../../base/assert.ts';
import type { Machine } from '../../base/machine.ts';
import { Announcing } from './announcing.ts';
import { Beating } from './beating.ts';
import { BodyStore } from './bodies.ts';
import { CallLinks } from './call-links.ts';
import { Detector } from './detector.ts';
import { Dialling } from './dialling.ts';
import { Dials } from './dials.ts';
import { Greeting } from './greeting.ts';
import { Healing } from './healing.ts';
import { Intake } from './intake.ts';
import type { MeshEffect, MeshInput } from './io.ts';
import { Joining } from './joining.ts';
import type { LinkState } from './links.ts';
import { Meeting } from './meeting.ts';
import type { Beat, MeshMessage } from './message.ts';
import { Naming } from './naming.ts';
import { Probing } from './probing.ts';
import type { Report } from './record.ts';
import { Spread } from './spread.ts';
import { type MeshMachineOptions, MeshState } from './state.ts';
import { isHard } from './suspicion.ts';
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
  readonly #announcing: Announcing;
  readonly #joining: Joining;
  readonly #meeting: Meeting;
  readonly #greeting: Greeting;
  readonly #bodies: BodyStore;
  readonly #intake: Intake;
  readonly #sync: Sync;
  readonly #detector: Detector;
  readonly #probing: Probing;
  readonly #dialling: Dialling;
  readonly #healing: Healing;
  readonly #beating: Beating;
  readonly #callLinks: CallLinks;
  readonly #views: Views;
  readonly #tickMs: number;
  #nextTickMs = Number.POSITIVE_INFINITY;
  #ticks = 0;

  constructor(options: MeshMachineOptions) {
    const state = new MeshState(options);
    this.#state = state;
    this.#tickMs = options.settings.beatIntervalMs / ticksPerBeat;
    this.#dials = new Dials(state);
    this.#spread = new Spread(state);
    this.#bodies = new BodyStore(state);
    this.#announcing = new Announcing(state, { spread: this.#spread, bodies: this.#bodies });
    const naming = new Naming(state, this.#dials, () => this.#announcing.spreadSelf());
    this.#intake = new Intake(state, { spread: this.#spread, naming, bodies: this.#bodies });
    this.#sync = new Sync(state, (record, from) => this.#intake.take(record, from));
    this.#probing = new Probing(state, this.#dials);
    this.#detector = new Detector(state, { spread: this.#spread, intake: this.#intake, probing: this.#probing });
    this.#dialling = new Dialling(state, this.#dials);
    this.#healing = new Healing(state, this.#dials);
    this.#beating = new Beating(state);
    this.#callLinks = new CallLinks(state, this.#dialling);
    this.#greeting = new Greeting(state, {
      dials: this.#dials,
      naming,
      accepted: (link, hello) => this.#meeting.linkUp(link, { greeter: hello, isDialler: false }),
    });
    this.#joining = new Joining(state, { spread: this.#spread, bodies: this.#bodies });
    this.#meeting = new Meeting(state, {
      dials: this.#dials,
      dialling: this.#dialling,
      healing: this.#healing,
      greeting: this.#greeting,
      naming,
      joining: this.#joining,
      spread: this.#spread,
      sync: this.#sync,
      intake: this.#intake,
      detector: this.#detector,
      probing: this.#probing,
      beating: this.#beating,
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
    if (state.self.uid.uid !== uid) this.#beating.beat();
    this.#spread.flush();
    if (this.#detector.dueMs() <= state.nowMs) this.#detector.judge();
    this.#views.tell();
  }

  takeEffects(): readonly MeshEffect[] {
    return this.#state.takeEffects();
  }

  nextWakeMs(): number {
    if (this.#state.phase !== 'running') return Number.POSITIVE_INFINITY;
    return Math.min(this.#nextTickMs, this.#spread.dueMs(), this.#detector.dueMs(), this.#announcing.dueMs());
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
        return this.#meeting.dialled(input.dial, input.outcome);
      case 'heard':
        return this.#heard(input.link, input.atMs);
      case 'busy':
        return this.#state.links.find(input.link)?.use.keepBusy(this.#state.nowMs);
      case 'want':
        return this.#callLinks.want(input);
      case 'received':
        return this.#received(input.link, input.message);
      case 'linkDown':
        return this.#meeting.linkDown(input.link, input.evidence);
      case 'publish':
        return this.#announcing.publish(input.catalog);
      case 'reject':
        return this.#state.note({ kind: 'member.rejected', name: input.name, why: input.why });
      case 'leave':
        return this.#announcing.leave();
      case 'finish':
        return this.#announcing.finish();
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
    if (this.#dials.join.length === 0) this.#joining.join();
    this.#dialling.tend();
  }

  #wake(): void {
    const { nowMs } = this.#state;
    this.#announcing.tend();
    if (nowMs < this.#nextTickMs) return;
    this.#nextTickMs = nowMs + this.#tickMs;
    this.#ticks += 1;
    this.#probing.tend();
    this.#state.overlay.assign(nowMs);
    this.#detector.inspect();
    this.#dialling.tend();
    this.#healing.tend();
    this.#joining.check();
    if (this.#ticks % ticksPerBeat === 0) this.#beating.beat();
    if (this.#ticks % (ticksPerBeat * tendEveryBeats) === 0) {
      this.#state.records.forgetFinals(nowMs - this.#state.settings.graveMs);
      this.#bodies.tend();
      this.#callLinks.tend();
    }
  }

  /** Our own loop was late: told before anything else is judged, whichever input comes first. */
  #noticeStall(): void {
    const lateMs = this.#state.nowMs - this.#nextTickMs;
    if (!(lateMs > 2 * this.#tickMs)) return;
    this.#nextTickMs = this.#state.nowMs;
    this.#detector.onStall(lateMs);
  }

  #heard(id: number, atMs: number): void {
    const link = this.#state.links.find(id);
    // A link that was just opened counts as heard, without a word on it.
    if (!link || link.isHeld) return;
    link.use.used(this.#state.nowMs);
    this.#detector.heard(link, Math.min(atMs, this.#state.nowMs));
  }

  #received(id: number, message: MeshMessage): void {
    const link = this.#state.links.find(id);
    if (!link) return;
    if (link.isHeld) this.#meeting.use(link);
    this.#detector.heard(link, this.#state.nowMs);
    switch (message.kind) {
      case 'beat':
        return this.#onBeat(link, message);
      case 'push':
        for (const record of message.records) this.#intake.take(record, id);
        return this.#checkUndecided();
      case 'suspect':
        this.#detector.onReports(message.reports, id);
        return this.#checkReported(message.reports);
      case 'syncDigest':
        return this.#sync.onDigest(id, message);
      case 'syncHeads':
        return this.#joining.await(this.#sync.onHeads(id, message));
      case 'syncRecords':
        this.#sync.onRecords(id, message);
        return this.#checkUndecided();
      case 'bodyWanted':
        return this.#bodies.give(id, message.hash);
      case 'body':
        this.#bodies.onPiece(message);
        return this.#joining.check();
      case 'probeRequest':
        return this.#probing.onRequest(id, message);
      case 'probeAck':
      case 'probeNack':
        return this.#probing.onAnswer(message.request, message.kind === 'probeAck');
      default:
        return unreachable(message);
    }
  }

  #onBeat(link: LinkState, beat: Beat): void {
    this.#detector.onBeat(link, beat);
    if (!this.#greeting.follow(beat)) return this.#state.emit({ kind: 'close', link: link.id, isRetired: false });
    if (link.use.isMesh) this.#sync.onRoot(link, beat.root);
  }

  /** A neighbour that somebody else's link to it has just been cut off from, and that has none to us yet: we look as well. */
  #checkReported(reports: readonly Report[]): void {
    for (const report of reports) {
      const record = isHard(report.evidence) ? this.#state.findMember(report.target) : undefined;
      const isLinked = record !== undefined && this.#state.links.to(record.instance) !== undefined;
      if (record?.instance === report.instance && !isLinked && this.#state.overlay.isNeighbour(record.owner)) this.#dialling.check(record);
    }
  }

  #checkUndecided(): void {
    for (const record of this.#intake.undecidedMembers()) this.#dialling.check(record);
    this.#joining.check();
  }
}
