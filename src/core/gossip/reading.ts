/**
 * Which part of the machine a peer's message is for.
 *
 * R1 whoever speaks is heard, whatever it says. R2 a message over a link that is not known goes nowhere.
 */

import { unreachable } from '../../base/assert.ts';
import type { Adopting } from './adopting.ts';
import type { BodyStore } from './bodies.ts';
import type { Detector } from './detector.ts';
import type { Dialling } from './dialling.ts';
import type { FirstSync } from './first-sync.ts';
import type { Greeting } from './greeting.ts';
import type { Intake } from './intake.ts';
import type { Joining } from './joining.ts';
import type { LinkState } from './links.ts';
import type { MassGuard } from './mass-guard.ts';
import type { Meeting } from './meeting.ts';
import type { Beat, BodyPiece, MeshMessage } from './message.ts';
import type { Probing } from './probing.ts';
import type { Provenance } from './provenance.ts';
import type { Report } from './record.ts';
import type { MeshState } from './state.ts';
import { isHard } from './suspicion.ts';
import type { Sync } from './sync.ts';

export interface ReadingParts {
  readonly meeting: Meeting;
  readonly greeting: Greeting;
  readonly detector: Detector;
  readonly intake: Intake;
  readonly provenance: Provenance;
  readonly sync: Sync;
  readonly joining: Joining;
  readonly bodies: BodyStore;
  readonly probing: Probing;
  readonly guard: MassGuard;
  readonly dialling: Dialling;
  readonly adopting: Adopting;
  readonly firstSync: FirstSync;
}

export class Reading {
  readonly #state: MeshState;
  readonly #parts: ReadingParts;

  constructor(state: MeshState, parts: ReadingParts) {
    this.#state = state;
    this.#parts = parts;
  }

  /** Decides on those whose end is not clear; dials them if nothing else helps. */
  tend(): void {
    this.#parts.intake.reopen();
    for (const record of this.#parts.intake.inquests.membersToDial()) this.#parts.dialling.check(record);
  }

  /** Some frame came over the link. */
  heard(id: number, atMs: number): void {
    const link = this.#state.links.find(id);
    // A link that was just opened counts as heard, without a word on it.
    if (!link || link.isHeld) return;
    link.use.used(this.#state.nowMs);
    this.#parts.detector.heard(link, Math.min(atMs, this.#state.nowMs));
  }

  /** A message came over the link. */
  received(id: number, message: MeshMessage): void {
    const link = this.#state.links.find(id);
    if (!link) return;
    if (link.isHeld) this.#parts.meeting.use(link);
    this.#parts.detector.heard(link, this.#state.nowMs);
    switch (message.kind) {
      case 'beat':
        return this.#onBeat(link, message);
      case 'push':
        for (const record of message.records) this.#parts.intake.take(record, id);
        return this.#follow(id);
      case 'suspect':
        return this.#onReports(this.#parts.provenance.proved(message.reports, id), id);
      case 'syncDigest':
        return this.#parts.sync.onDigest(link, message);
      case 'syncHeads':
        return this.#parts.joining.await(link, this.#parts.sync.onHeads(id, message));
      case 'syncRecords':
        this.#parts.firstSync.onProgress(link);
        this.#parts.sync.onRecords(id, message);
        return this.#follow(id);
      case 'syncReferral':
        return this.#parts.firstSync.onReferral(link, message.records);
      case 'bodyWanted':
        return this.#parts.bodies.give(id, message.hash);
      case 'body':
        return this.#onPiece(message, id);
      case 'probeRequest':
        return this.#parts.probing.onRequest(id, message);
      case 'probeAck':
      case 'probeNack':
        return this.#parts.detector.onProbed(this.#parts.probing.onAnswer(message.request, message.kind === 'probeAck'));
      case 'doubts':
        return this.#parts.guard.onDoubts(message.ids);
      case 'adopt':
        return this.#parts.adopting.onAsked(link);
      case 'adopted':
        return this.#parts.adopting.onAnswer(link, message.refusal);
      default:
        return unreachable(message);
    }
  }

  #onReports(reports: readonly Report[], id: number): void {
    this.#parts.detector.onReports(reports, id);
    this.#checkReported(reports);
  }

  #onPiece(piece: BodyPiece, id: number): void {
    const hash = this.#parts.bodies.onPiece(id, piece);
    if (hash === undefined) return this.#parts.joining.check();
    this.#parts.intake.onBody(hash);
    this.#follow(id);
  }

  #onBeat(link: LinkState, beat: Beat): void {
    this.#parts.detector.onBeat(link, beat);
    if (!this.#parts.greeting.follow(beat)) return this.#state.emit({ kind: 'close', link: link.id, isRetired: false });
    if (link.use.isMesh) this.#parts.sync.onRoot(link, beat.root);
  }

  /** A neighbour that somebody else's link to it has just been cut off from, and that has none to us yet: we look as well. */
  #checkReported(reports: readonly Report[]): void {
    for (const report of reports) {
      const record = isHard(report.evidence) ? this.#state.findMember(report.target) : undefined;
      const isLinked = record !== undefined && this.#state.links.to(record.instance) !== undefined;
      if (record?.instance === report.instance && !isLinked && this.#state.overlay.isNeighbour(record.owner))
        this.#parts.dialling.check(record);
    }
  }

  /** What records bring with them: ends that are not clear, members that are worth a dial, a newcomer that is complete. */
  #follow(id: number): void {
    const { intake, sync } = this.#parts;
    intake.reopen(id);
    for (const asked of intake.inquests.takeLinksToAsk()) {
      const link = this.#state.links.find(asked);
      if (link) sync.start(link);
    }
    this.tend();
    for (const record of this.#parts.intake.takeRefuting()) this.#parts.dialling.onRefuted(record);
    this.#parts.joining.check();
  }
}
