/**
 * One question of a client, over its session or the next one that opens.
 *
 * Q1 it is answered, or ends with a HeddleError, within its time (`callTimeoutMsDefault`, unless it says another).
 * Q2 it is sent once: a session that breaks ends it, for a cancel may have been heard.
 */

import { onAbort } from '../../base/aborts.ts';
import type { CancelTask, Clock } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ProgressFrame, ReplyFrame } from '../../wire/frame.ts';
import { decodeValue } from '../../wire/value.ts';
import { peerValueError } from '../../wire/value-problem.ts';
import type { Conversation } from '../link/conversation.ts';
import { callTimeoutMsDefault } from '../link/invocation.ts';
import type { Peer } from '../link/peer.ts';
import type { SessionKeeper } from './session-keeper.ts';

export interface SessionQuestionOptions {
  readonly keeper: SessionKeeper;
  readonly clock: Clock;
  /** Writes the frame, under the id that it is given. */
  readonly send: (peer: Peer, id: number) => void;
  /** Default: `callTimeoutMsDefault`. */
  readonly timeoutMs?: number | undefined;
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /** Abort ends the question with `cancelled`; what was asked for may go on. */
  readonly signal?: AbortSignal | undefined;
}

export class SessionQuestion implements Conversation {
  readonly #keeper: SessionKeeper;
  readonly #options: SessionQuestionOptions;
  readonly #timeoutMs: number;
  readonly #answer: Deferred<unknown> = deferred();
  readonly #cancelTimeout: CancelTask;
  #leaveKeeper: (() => void) | undefined;
  #asked: { readonly peer: Peer; readonly id: number } | undefined;

  constructor(options: SessionQuestionOptions) {
    this.#options = options;
    this.#keeper = options.keeper;
    this.#timeoutMs = options.timeoutMs ?? callTimeoutMsDefault;
    this.#cancelTimeout = options.clock.schedule(this.#timeoutMs, () => this.#onTimeout());
  }

  /** Resolves with the decoded value of the reply. */
  ask(): Promise<unknown> {
    const { signal } = this.#options;
    const leaveSignal = onAbort(signal, (reason) => this.#onAbort(reason));
    if (!signal?.aborted) this.#putSoon();
    return this.#answer.promise.finally(() => {
      this.#cancelTimeout();
      leaveSignal();
    });
  }

  onProgress({ value }: ProgressFrame): void {
    try {
      this.#options.onProgress?.(decodeValue(value));
    } catch {
      // Progress is for whoever watches; the answer is the answer.
    }
  }

  onReply({ outcome }: ReplyFrame): void {
    if (!outcome.ok) return this.#answer.reject(fromWireError(outcome.error));
    try {
      this.#answer.resolve(decodeValue(outcome.value));
    } catch (problem) {
      this.#answer.reject(peerValueError(problem));
    }
  }

  onLost(): void {
    const server = this.#asked?.peer.identity.name ?? 'the server';
    this.#answer.reject(this.#keeper.isClosed ? clientClosed() : new HeddleError('connection_lost', { server }));
  }

  #putSoon(): void {
    const { peer, isClosed } = this.#keeper;
    if (peer || isClosed) this.#put(peer);
    else this.#leaveKeeper = this.#keeper.whenOpen((next) => this.#put(next));
  }

  #put(peer: Peer | undefined): void {
    if (!peer) return this.#answer.reject(clientClosed());
    const id = peer.reserve(this);
    this.#asked = { peer, id };
    this.#options.send(peer, id);
  }

  #onAbort(reason: unknown): void {
    const executed = this.#leave();
    this.#answer.reject(new HeddleError('cancelled', { reason }, { executed, cause: reason }));
  }

  #onTimeout(): void {
    const executed = this.#leave();
    this.#answer.reject(new HeddleError('deadline_exceeded', { timeoutMs: this.#timeoutMs }, { executed }));
  }

  /** Waits for nothing any longer; says whether the question may have been heard. */
  #leave(): 'no' | 'maybe' {
    this.#leaveKeeper?.();
    if (this.#asked === undefined) return 'no';
    const { peer, id } = this.#asked;
    peer.send({ kind: 'cancel', id, reason: 'nobody waits for the answer any more', hasLeft: false });
    peer.release(id);
    return 'maybe';
  }
}

function clientClosed(): HeddleError {
  return new HeddleError('closed', { what: 'the client' });
}
