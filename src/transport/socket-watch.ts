/**
 * What happened to one socket, for the evidence of the streams on it. gRPC says only that a connection dropped.
 */

import type { Socket } from 'node:net';

import type { Evidence } from './transport.ts';

export class SocketWatch {
  readonly #socket: Socket;
  #isLost = false;
  #isGivenUp = false;

  constructor(socket: Socket) {
    this.#socket = socket;
    // The end of a socket without the end of its streams is what a killed process leaves behind; so is ECONNRESET.
    socket.once('end', () => this.#lose());
    socket.on('error', () => this.#lose());
  }

  /** Why a stream ended that did not say so itself: `reset` by the peer's system, `silent` when we gave up on it. */
  get evidence(): Extract<Evidence, 'reset' | 'silent'> | undefined {
    if (this.#isLost) return 'reset';
    return this.#socket.destroyed ? 'silent' : undefined;
  }

  /** Ends it from this side. */
  destroy(): void {
    this.#isGivenUp = true;
    this.#socket.destroy();
  }

  #lose(): void {
    if (!this.#isGivenUp) this.#isLost = true;
  }
}
