/**
 * A run that another server coordinates for this one, followed over the link to it.
 *
 * H1 a server that refuses it has run nothing of it: then it is run here.
 * H2 a link that is lost is not the end: the run is looked for once more at the same server, from the event after the last one seen.
 *    When it is not found there, its coordinator is lost, and it may have run; it is never begun anew.
 * H3 its follower sees every event once, in order.
 */

import type { WireRunEvent } from '../../core/workflow/record.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ReplyFrame, RunEventFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import type { Peer } from '../link/peer.ts';
import { notFound } from './run-candidates.ts';
import type { RunFollower, SubmitRequest, Unfollow } from './run-engine.ts';

export interface HandedRunOptions {
  readonly request: SubmitRequest;
  readonly follower: RunFollower;
  /** H1. */
  readonly runHere: () => Unfollow;
  /** H2. */
  readonly lookAgain: (runId: string, fromSequence: number, follower: RunFollower) => Unfollow;
  /** Its id is known: it will be found at the server that it was handed to. */
  readonly onAccepted: (runId: string) => void;
  /** Called once: nothing more of it is expected here. */
  readonly onOver: () => void;
}

export class HandedRun implements Conversation, RunFollower {
  readonly #options: HandedRunOptions;
  readonly #peer: Peer;
  readonly #id: number;
  #runId: string | undefined;
  #nextSequence = 1;
  #state: 'asked' | 'elsewhere' | 'over' = 'asked';
  #leaveElsewhere: Unfollow = () => {};

  constructor(options: HandedRunOptions, peer: Peer) {
    this.#options = options;
    this.#peer = peer;
    this.#runId = options.request.runId;
    this.#id = peer.reserve(this);
    peer.send({ ...options.request, kind: 'submit', id: this.#id });
  }

  /** Undefined before it is accepted, where whoever asked gave none. */
  get runId(): string | undefined {
    return this.#runId;
  }

  /** Nobody here follows it any more. */
  leave(): void {
    this.#leaveElsewhere();
    if (this.#state === 'over') return;
    if (this.#state === 'asked') {
      this.#peer.send({ kind: 'cancel', id: this.#id, reason: 'the follower left', hasLeft: false });
      this.#peer.release(this.#id);
    }
    this.#end();
  }

  onRunEvent({ event }: RunEventFrame): void {
    this.onEvent(event);
  }

  /** H3. */
  onEvent(event: WireRunEvent): void {
    if (this.#state === 'over' || event.seq < this.#nextSequence) return;
    this.#nextSequence = event.seq + 1;
    if (event.kind === 'run.accepted') {
      this.#runId = event.runId;
      this.#options.onAccepted(event.runId);
    }
    if (event.kind === 'run.settled') this.#end();
    this.#options.follower.onEvent(event);
  }

  onReply({ outcome }: ReplyFrame): void {
    if (this.#state === 'over') return;
    const error = outcome.ok
      ? new HeddleError('protocol_error', { problem: 'a run was answered without events' })
      : fromWireError(outcome.error);
    if (outcome.ok || error.executed !== 'no' || this.#nextSequence > 1) return this.onFailure(error);
    this.#end();
    this.#leaveElsewhere = this.#options.runHere();
  }

  onLost(): void {
    if (this.#state === 'over') return;
    this.#state = 'elsewhere';
    if (this.#runId === undefined) return this.onFailure(notFound('', true));
    this.#leaveElsewhere = this.#options.lookAgain(this.#runId, this.#nextSequence, this);
  }

  onFailure(error: HeddleError): void {
    if (this.#state === 'over') return;
    this.#end();
    // It was begun: that it cannot be followed any more does not say that nothing ran.
    const isLost = error.executed === 'no';
    this.#options.follower.onFailure(isLost ? notFound(this.#runId ?? '', true) : error);
  }

  #end(): void {
    this.#state = 'over';
    this.#options.onOver();
  }
}
