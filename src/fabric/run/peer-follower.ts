/**
 * A peer that follows a run: its events go out as frames, those of one moment together.
 *
 * P1 every event is sent once, in order, at most `tellMs` after it happened; the first and the last of a run at once.
 * P2 who attached to a run follows it for as long as the proof counts with which they did; who submitted it hears its end, as of a call.
 * Each event in a message of its own cost a chain of ten steps over three servers 20 messages, more than its calls.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { WireRunEvent } from '../../core/workflow/record.ts';
import type { HeddleError } from '../../errors.ts';
import type { Peer } from '../link/peer.ts';
import { failure } from '../link/responses.ts';
import type { Term } from '../link/term.ts';
import type { RunFollower } from './run-engine.ts';

/** How long an event may wait for the next one, in milliseconds: nobody who watches sees the difference. */
export const tellMs = 5;

export class PeerFollower implements RunFollower {
  unfollow: (() => void) | undefined;
  readonly #peer: Peer;
  readonly #id: number;
  readonly #clock: Clock;
  #waiting: WireRunEvent[] = [];
  #cancelTelling: CancelTask | undefined;
  #leaveTerm: CancelTask | undefined;
  /** It follows no longer: it left, the run is over, or it was refused. */
  #isOver = false;

  /** `id`: of the conversation. */
  constructor(peer: Peer, id: number, clock: Clock) {
    this.#peer = peer;
    this.#id = id;
    this.#clock = clock;
  }

  onEvent(event: WireRunEvent): void {
    if (this.#isOver) return;
    this.#waiting.push(event);
    if (event.kind === 'run.accepted' || event.kind === 'run.settled') this.#tell();
    else this.#cancelTelling ??= this.#clock.schedule(tellMs, () => this.#tell());
    if (event.kind !== 'run.settled') return;
    this.#end();
    this.#peer.finish(this.#id);
  }

  /** P2; harmless after the end. */
  endWith(term: Term): void {
    if (!this.#isOver) this.#leaveTerm = term.whenOver((error) => this.#outlive(error));
  }

  onFailure(error: HeddleError): void {
    this.#end();
    this.#peer.reply(this.#id, { outcome: failure(error) });
  }

  /** The follower left, or its link did: the run goes on (for how long is active-run.ts). */
  cancel(): void {
    this.#end();
    this.unfollow?.();
    this.#peer.finish(this.#id);
  }

  #outlive(error: HeddleError): void {
    this.#tell();
    this.unfollow?.();
    this.onFailure(error);
  }

  #end(): void {
    this.#isOver = true;
    this.#leaveTerm?.();
    this.#stop();
  }

  #tell(): void {
    const events = this.#waiting;
    this.#stop();
    for (const event of events) this.#peer.send({ kind: 'runEvent', id: this.#id, event });
  }

  #stop(): void {
    this.#waiting = [];
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
  }
}
