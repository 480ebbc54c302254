/**
 * One run followed over a client's session, and over the next session when that one breaks.
 *
 * U1 the follower sees every event once, in order, however many sessions it takes.
 * U2 a submission is sent once. When its session breaks it is attached to by its id; a run that nobody knows then
 *    is `coordinator_lost`, and may have run.
 */

import type { WireRunEvent } from '../core/workflow/record.ts';
import { HeddleError } from '../errors.ts';
import { fromWireError } from '../wire/error.ts';
import type { ReplyFrame } from '../wire/frame.ts';
import type { Conversation } from './conversation.ts';
import type { Peer } from './peer.ts';
import type { RunFollower, SubmitRequest, Unfollow } from './run-engine.ts';
import type { SessionKeeper } from './session-keeper.ts';

/** A run to submit, or one to attach to. */
export type SessionRunTarget = SubmitRequest | { readonly runId: string; readonly fromSequence: number };

export class SessionRun {
  readonly #keeper: SessionKeeper;
  readonly #follower: RunFollower;
  readonly #target: SessionRunTarget;
  #nextSequence: number;
  /** Sessions that it was sent over. */
  #sessions = 0;
  #peer: Peer | undefined;
  #id = 0;
  #leaveKeeper: (() => void) | undefined;
  #isOver = false;

  constructor(keeper: SessionKeeper, follower: RunFollower, target: SessionRunTarget) {
    this.#keeper = keeper;
    this.#follower = follower;
    this.#target = target;
    this.#nextSequence = 'commands' in target ? 1 : target.fromSequence;
  }

  get #runId(): string {
    return this.#target.runId ?? '';
  }

  start(): Unfollow {
    this.#follow();
    return () => this.#leave();
  }

  #follow(): void {
    const peer = this.#keeper.peer;
    if (peer) return this.#open(peer);
    if (this.#keeper.isClosed) return this.#fail(new HeddleError('closed', { what: 'the client' }));
    this.#leaveKeeper = this.#keeper.whenOpen((next) => {
      this.#leaveKeeper = undefined;
      if (next) this.#open(next);
      else this.#fail(new HeddleError('closed', { what: 'the client' }));
    });
  }

  #open(peer: Peer): void {
    const conversation: Conversation = {
      onReply: ({ outcome }) => this.#onReply(outcome),
      onRunEvent: ({ event }) => this.#onEvent(event),
      onLost: () => {
        if (!this.#isOver) this.#follow();
      },
    };
    this.#peer = peer;
    this.#id = peer.reserve(conversation);
    if ('commands' in this.#target && this.#sessions === 0) peer.send({ ...this.#target, kind: 'submit', id: this.#id, isJsonOnly: false });
    else peer.send({ kind: 'attach', id: this.#id, runId: this.#runId, fromSequence: this.#nextSequence });
    this.#sessions += 1;
  }

  #onReply(outcome: ReplyFrame['outcome']): void {
    if (outcome.ok) return this.#fail(new HeddleError('protocol_error', { problem: 'a run was answered without events' }));
    const error = fromWireError(outcome.error);
    const isLost = this.#sessions > 1 && HeddleError.is(error, 'unknown_run');
    this.#fail(isLost ? new HeddleError('coordinator_lost', { runId: this.#runId, partial: {}, steps: {} }) : error);
  }

  #onEvent(event: WireRunEvent): void {
    if (this.#isOver || event.seq < this.#nextSequence) return;
    this.#nextSequence = event.seq + 1;
    if (event.kind === 'run.settled') this.#isOver = true;
    this.#follower.onEvent(event);
  }

  #fail(error: HeddleError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.onFailure(error);
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leaveKeeper?.();
    this.#peer?.send({ kind: 'cancel', id: this.#id, reason: 'nobody follows the run any more' });
    this.#peer?.release(this.#id);
  }
}
