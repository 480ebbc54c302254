/**
 * The bytes of one value as they come from the server that keeps it.
 *
 * U1 they come in order, each once, and end with the hash of the bytes as they were given, or with an error.
 * U2 memory costs one window of slices.
 * U3 given up, the other side is told, and nothing more is kept.
 * Who is asked, and how many at once, is puller.ts.
 */

import type { Parked } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { CreditFrame, ItemFrame, ReplyFrame } from '../../wire/frame.ts';
import type { CallPeer } from '../call/routing-port.ts';
import type { Conversation } from '../link/conversation.ts';
import { StreamReader } from '../stream/stream-reader.ts';

/** What a pull is asked over: a link to the server that keeps the value, or a client's session. */
export type PullPeer = Pick<CallPeer, 'reserve' | 'release' | 'send'>;

export class Pull implements Conversation, AsyncIterable<Uint8Array> {
  readonly #peer: PullPeer;
  readonly #id: number;
  readonly #reader: StreamReader;
  #hash: Uint8Array = new Uint8Array(0);
  #isOver = false;

  /** Asks for the value at once. `window`: bytes that may be under way. */
  constructor(peer: PullPeer, parked: Parked, window: number) {
    this.#peer = peer;
    this.#id = peer.reserve(this);
    this.#reader = new StreamReader({
      window,
      read: ({ bytes }) => bytes,
      grant: (bytes) => peer.send({ kind: 'credit', id: this.#id, bytes, isFromOpener: true }),
      left: (reason) => this.#leave(reason),
      thrown: (error) => error,
    });
    peer.send({ kind: 'pull', id: this.#id, parked, credit: window });
  }

  /** The hash of the bytes as they were given; known when they have all come. */
  get hash(): Uint8Array {
    return this.#hash;
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return this.#reader as AsyncIterator<Uint8Array>; // `read` gives nothing else
  }

  onStream(frame: ItemFrame | CreditFrame): void {
    if (frame.kind === 'item') this.#reader.put(frame.value);
  }

  onReply({ outcome }: ReplyFrame): void {
    this.#isOver = true;
    if (!outcome.ok) return this.#reader.fail(fromWireError(outcome.error));
    this.#hash = outcome.value.bytes;
    this.#reader.end();
  }

  onLost(): void {
    this.#isOver = true;
    this.#reader.fail(new Error('the connection to it was lost'));
  }

  /** Whoever reads gets this, now. */
  cancel(reason: unknown): void {
    this.#leave(HeddleError.is(reason) ? reason.message : 'it is not wanted any more');
    this.#reader.fail(reason, true);
  }

  #leave(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#peer.send({ kind: 'cancel', id: this.#id, reason, hasLeft: false });
    this.#peer.release(this.#id);
  }
}
