/**
 * One run followed over a client's session, and over the next session when that one breaks.
 *
 * U1 the follower sees every event once, in order, however many sessions it takes.
 * U2 a submission is taken by one server. One that is draining takes none, and the next is asked; when the session
 *    breaks, the run is attached to by its id, and one that nobody knows then is `coordinator_lost`, and may have run. So may
 *    one that the next server does not let its client follow.
 * U3 a session is not waited for beyond the run's deadline (at least `sessionWaitMs`).
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { WireRunEvent } from '../../core/workflow/record.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import type { Conversation } from '../link/conversation.ts';
import { callTimeoutMsDefault } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import { type RunFollower, runTimeoutMsDefault, type SubmitRequest, type Unfollow } from '../run/run-engine.ts';
import type { SessionKeeper } from './session-keeper.ts';

/** A run to submit, or one to attach to. */
export type SessionRunTarget = SubmitRequest | { readonly runId: string; readonly fromSequence: number };

export interface SessionRunOptions {
  readonly keeper: SessionKeeper;
  readonly clock: Clock;
  readonly follower: RunFollower;
}

/** The shortest wait for a session, in milliseconds. */
export const sessionWaitMs = callTimeoutMsDefault;

export class SessionRun implements Conversation {
  readonly #keeper: SessionKeeper;
  readonly #clock: Clock;
  readonly #follower: RunFollower;
  readonly #target: SessionRunTarget;
  readonly #deadlineMs: number;
  #nextSequence: number;
  /** Some server has, or may have, taken the submission; or an event of the run was seen. */
  #isTaken = false;
  /** It was asked for over a session that was lost. */
  #mayHaveBegun = false;
  #asked: { readonly peer: Peer; readonly id: number } | undefined;
  #leaveKeeper: (() => void) | undefined;
  #cancelWait: CancelTask | undefined;
  #isOver = false;

  constructor({ keeper, clock, follower }: SessionRunOptions, target: SessionRunTarget) {
    this.#keeper = keeper;
    this.#clock = clock;
    this.#follower = follower;
    this.#target = target;
    this.#nextSequence = 'commands' in target ? 1 : target.fromSequence;
    this.#deadlineMs = clock.nowMs() + this.#timeoutMs;
  }

  get #runId(): string {
    return this.#target.runId ?? '';
  }

  get #timeoutMs(): number {
    return 'commands' in this.#target ? (this.#target.timeoutMs ?? runTimeoutMsDefault) : sessionWaitMs;
  }

  start(): Unfollow {
    this.#follow();
    return () => this.#leave();
  }

  onReply({ outcome }: ReplyFrame): void {
    if (this.#isOver) return;
    if (outcome.ok) return this.#fail(new HeddleError('protocol_error', { problem: 'a run was answered without events' }));
    this.#onRefused(outcome);
  }

  onRunEvent({ event }: { readonly event: WireRunEvent }): void {
    if (this.#isOver || event.seq < this.#nextSequence) return;
    this.#isTaken = true;
    this.#nextSequence = event.seq + 1;
    if (event.kind === 'run.settled') this.#isOver = true;
    this.#follower.onEvent(event);
  }

  onLost(): void {
    this.#mayHaveBegun ||= this.#isTaken;
    if (!this.#isOver) this.#follow();
  }

  #follow(): void {
    this.#asked = undefined;
    const { peer } = this.#keeper;
    if (peer) return this.#open(peer);
    if (this.#keeper.isClosed) return this.#fail(this.#closed());
    this.#leaveKeeper = this.#keeper.whenOpen((next) => {
      this.#endWait();
      if (next) this.#open(next);
      else this.#fail(this.#closed());
    });
    const leftMs = this.#deadlineMs - this.#clock.nowMs();
    this.#cancelWait = this.#clock.schedule(this.#isTaken ? Math.max(leftMs, sessionWaitMs) : leftMs, () => this.#onTimeout());
  }

  #open(peer: Peer): void {
    const id = peer.reserve(this);
    this.#asked = { peer, id };
    if ('commands' in this.#target && !this.#isTaken) {
      this.#isTaken = true;
      peer.send({ kind: 'submit', id, ...this.#target });
    } else {
      peer.send({ kind: 'attach', id, runId: this.#runId, fromSequence: this.#nextSequence });
    }
  }

  #onRefused({ error: wire }: Extract<ReplyFrame['outcome'], { readonly ok: false }>): void {
    const error = fromWireError(wire);
    const peer = this.#asked?.peer;
    if (HeddleError.is(error, 'draining') && peer) {
      this.#isTaken = this.#mayHaveBegun;
      this.#keeper.moveFrom(peer);
      return this.#follow();
    }
    if (this.#isTaken && HeddleError.is(error, 'unknown_run'))
      return this.#fail(new HeddleError('coordinator_lost', { runId: this.#runId, partial: {}, steps: {} }));
    this.#fail(this.#mayHaveBegun && error.executed === 'no' ? this.#lostSession(error) : error);
  }

  #onTimeout(): void {
    this.#endWait();
    const late = new HeddleError('deadline_exceeded', { timeoutMs: this.#timeoutMs }, { executed: 'no' });
    this.#fail(this.#isTaken ? this.#lostSession() : late);
  }

  /** `cause`: why it is not followed over another. */
  #lostSession(cause?: HeddleError): HeddleError {
    return new HeddleError('connection_lost', { server: this.#keeper.ack?.server ?? 'the server' }, cause && { cause });
  }

  #closed(): HeddleError {
    return new HeddleError('closed', { what: 'the client' }, { executed: this.#isTaken ? 'maybe' : 'no' });
  }

  #endWait(): void {
    this.#leaveKeeper?.();
    this.#leaveKeeper = undefined;
    this.#cancelWait?.();
    this.#cancelWait = undefined;
  }

  #fail(error: HeddleError): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#follower.onFailure(error);
  }

  #leave(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#endWait();
    if (!this.#asked) return;
    const { peer, id } = this.#asked;
    peer.send({ kind: 'cancel', id, reason: 'nobody follows the run any more', hasLeft: false });
    peer.release(id);
  }
}
