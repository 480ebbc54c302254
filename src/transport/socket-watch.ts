/**
 * What happened to one socket, for the evidence of the streams on it. gRPC says only that a connection dropped.
 *
 * E1 what the peer's system said stands, also where this side has put the socket away before it was read: `reset`.
 * E2 only what this side gave up on is `silent`.
 */

import type { Socket } from 'node:net';

import type { Evidence } from './transport.ts';

export class SocketWatch {
  readonly #socket: Socket;
  #isLost = false;
  #isGivenUp = false;
  #isPutAway = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // The end of a socket without the end of its streams is what a killed process leaves behind; so is ECONNRESET.
    socket.once('end', () => this.#lose());
    socket.on('error', () => this.#lose());
  }

  /** Why a stream ended that did not say so itself: `reset` by the peer's system, `silent` when we gave up on it. */
  get evidence(): Extract<Evidence, 'reset' | 'silent'> | undefined {
    if (this.#isLost) return 'reset';
    return this.#socket.destroyed && !this.#isPutAway ? 'silent' : undefined;
  }

  /** Whether it is on its way to its `close`, which may still bring evidence. */
  get isEnding(): boolean {
    return this.#socket.destroyed && !this.#socket.closed;
  }

  /** Nothing is spoken over it any more, for whatever reason: that is no judgement of the peer. */
  putAway(): void {
    this.#isPutAway ||= !this.#socket.destroyed;
    this.#socket.destroy();
  }

  /** Gives up on it. */
  destroy(): void {
    this.#isGivenUp = true;
    this.#socket.destroy();
  }

  #lose(): void {
    if (!this.#isGivenUp) this.#isLost = true;
  }
}
