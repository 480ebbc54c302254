/**
 * One question of a client, over its session or the next one that opens.
 *
 * Q1 it is answered, or ends with a HeddleError, within `callTimeoutMsDefault`.
 * Q2 it is sent once: a session that breaks ends it, for a cancel may have been heard.
 */

import type { CancelTask, Clock } from '../base/clock.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { HeddleError } from '../errors.ts';
import { fromWireError } from '../wire/error.ts';
import type { ReplyFrame } from '../wire/frame.ts';
import { decodeValue } from '../wire/value.ts';
import { peerValueError } from '../wire/value-problem.ts';
import type { Conversation } from './conversation.ts';
import { callTimeoutMsDefault } from './invocation.ts';
import type { Peer } from './peer.ts';
import type { SessionKeeper } from './session-keeper.ts';

export class SessionQuestion implements Conversation {
  readonly #keeper: SessionKeeper;
  readonly #send: (peer: Peer, id: number) => void;
  readonly #answer: Deferred<unknown> = deferred();
  readonly #cancelTimeout: CancelTask;
  #leaveKeeper: (() => void) | undefined;
  #asked: { readonly peer: Peer; readonly id: number } | undefined;

  /** `send` writes the frame, under the id that it is given. */
  constructor(keeper: SessionKeeper, clock: Clock, send: (peer: Peer, id: number) => void) {
    this.#keeper = keeper;
    this.#send = send;
    this.#cancelTimeout = clock.schedule(callTimeoutMsDefault, () => this.#onTimeout());
  }

  /** Resolves with the decoded value of the reply. */
  ask(): Promise<unknown> {
    const { peer, isClosed } = this.#keeper;
    if (peer || isClosed) this.#put(peer);
    else this.#leaveKeeper = this.#keeper.whenOpen((next) => this.#put(next));
    return this.#answer.promise.finally(this.#cancelTimeout);
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

  #put(peer: Peer | undefined): void {
    if (!peer) return this.#answer.reject(clientClosed());
    const id = peer.reserve(this);
    this.#asked = { peer, id };
    this.#send(peer, id);
  }

  #onTimeout(): void {
    this.#leaveKeeper?.();
    this.#asked?.peer.release(this.#asked.id);
    const executed = this.#asked === undefined ? 'no' : 'maybe';
    this.#answer.reject(new HeddleError('deadline_exceeded', { timeoutMs: callTimeoutMsDefault }, { executed }));
  }
}

function clientClosed(): HeddleError {
  return new HeddleError('closed', { what: 'the client' });
}
