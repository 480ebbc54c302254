/**
 * What a link is there for.
 *
 * U1 it is *mesh* while the overlay of either end needs it, and *call* otherwise; each end says in its beats what it needs.
 * U2 beats go both ways while it is mesh, or while either end has a call in flight on it. The beat that says that it is not
 *    needed any more is the last one.
 */

import type { Beat } from './message.ts';

/** A call in flight is told at every wake; after this long without a word of it there is none. */
const busyMs = 300;
/** The peer tells its calls in its beats: good for this many beat intervals. */
const peerBusyBeats = 2;

export class LinkUse {
  #isNeededHere = false;
  #isNeededThere = false;
  /** What our last beat said. */
  #toldNeeded = false;
  #busyUntilMs = Number.NEGATIVE_INFINITY;
  #peerBusyUntilMs = Number.NEGATIVE_INFINITY;
  #beatsSinceMs: number;
  #lastMs: number;

  constructor(nowMs: number) {
    this.#beatsSinceMs = nowMs;
    this.#lastMs = nowMs;
  }

  /** Gossip goes over it. */
  get isMesh(): boolean {
    return this.#isNeededHere || this.#isNeededThere;
  }

  /** Our own overlay needs it. */
  get isNeededHere(): boolean {
    return this.#isNeededHere;
  }

  /** When it was last needed for anything. */
  get lastMs(): number {
    return this.#lastMs;
  }

  /** Since when beats can be expected of the peer, if they can be now. */
  get beatsSinceMs(): number {
    return this.#beatsSinceMs;
  }

  /** A call of ours, or one that we work on, is in flight. */
  isBusyHere(nowMs: number): boolean {
    return nowMs < this.#busyUntilMs;
  }

  /** Both ends send beats. */
  hasBeats(nowMs: number): boolean {
    return this.isMesh || this.isBusyHere(nowMs) || nowMs < this.#peerBusyUntilMs;
  }

  /** A beat is due: the peer expects one, or does not know yet that it need not. */
  owesBeat(nowMs: number): boolean {
    return this.hasBeats(nowMs) || this.#toldNeeded !== this.#isNeededHere;
  }

  /** A beat has just said what we need. */
  told(): void {
    this.#toldNeeded = this.#isNeededHere;
  }

  setNeeded(isNeeded: boolean, nowMs: number): void {
    const hadBeats = this.hasBeats(nowMs);
    this.#isNeededHere = isNeeded;
    this.#changed(hadBeats, nowMs);
  }

  /** A call is in flight. */
  keepBusy(nowMs: number): void {
    const hadBeats = this.hasBeats(nowMs);
    this.#busyUntilMs = nowMs + busyMs;
    this.#changed(hadBeats, nowMs);
  }

  /** Frames of calls came over it. */
  used(nowMs: number): void {
    this.#lastMs = nowMs;
  }

  onBeat(beat: Beat, nowMs: number, beatIntervalMs: number): void {
    const hadBeats = this.hasBeats(nowMs);
    this.#isNeededThere = beat.isMesh;
    if (beat.isBusy) this.#peerBusyUntilMs = nowMs + peerBusyBeats * beatIntervalMs;
    this.#changed(hadBeats, nowMs);
  }

  #changed(hadBeats: boolean, nowMs: number): void {
    this.#lastMs = nowMs;
    if (!hadBeats && this.hasBeats(nowMs)) this.#beatsSinceMs = nowMs;
  }
}
