/**
 * gRPC's messages on an HTTP/2 stream: five bytes before each, four of which say its length.
 *
 * grpc-js does the same behind filters, interceptors, queues and promises for each message. A link's batches go without: 3 kB there and
 * back took 38 us of processor time through grpc-js at both ends, 20 us like this (four under way, both ends in one process).
 * M1 what is longer than `messageBytesMax`, or packed, is a problem as soon as its length is there.
 * M2 while the stream is paused nothing is delivered, of what has been read already either.
 * M3 what comes is read while what was written waits for room in the socket (pending-writes.ts).
 */

import type { Duplex } from 'node:stream';

import type { Clock } from '../base/clock.ts';
import { messageBytesMax } from './limits.ts';
import { PendingWrites } from './pending-writes.ts';

export interface PrefixedHandlers {
  /** A view into what was read. */
  readonly onMessage: (message: Buffer) => void;
  /** Nothing is delivered after it. */
  readonly onProblem: (problem: string) => void;
}

/** Told of the bytes that are kept here, and of those that are not any more. */
export interface KeptBytes {
  came(bytes: number): void;
  given(bytes: number): void;
}

const prefixBytes = 5;
/** Pieces of one message that are kept apart. */
const partsMax = 1_024;

export interface PrefixedOptions extends PrefixedHandlers {
  readonly clock: Clock;
  readonly kept?: KeptBytes | undefined;
}

export class PrefixedMessages {
  readonly #stream: Duplex;
  readonly #options: PrefixedOptions;
  readonly #pending: PendingWrites;
  /** What has been read of a message that is not whole. */
  #parts: Buffer[] = [];
  #bytes = 0;
  /** With fewer there is nothing new to be seen. */
  #wanted = prefixBytes;
  #isBroken = false;

  constructor(stream: Duplex, options: PrefixedOptions) {
    this.#stream = stream;
    this.#options = options;
    this.#pending = new PendingWrites(stream, options.clock);
    stream.on('data', (read: Buffer) => this.#take(read));
  }

  /** As `MessageStream.write` says. */
  write(message: Uint8Array, done: () => void, rest?: Uint8Array): void {
    const framed = Buffer.allocUnsafe(prefixBytes + message.length);
    framed[0] = 0;
    framed.writeUInt32BE(message.length + (rest?.length ?? 0), 1);
    framed.set(message, prefixBytes);
    this.#pending.begin();
    const written = (error: unknown): void => {
      if (error) return;
      this.#pending.end();
      done();
    };
    if (rest) this.#writeBoth(framed, rest, written);
    else this.#stream.write(framed, written);
  }

  /** As one write of two parts. */
  #writeBoth(framed: Buffer, rest: Uint8Array, written: (error: unknown) => void): void {
    this.#stream.cork();
    this.#stream.write(framed);
    this.#stream.write(rest, written);
    this.#stream.uncork();
  }

  #take(read: Buffer): void {
    if (this.#isBroken) return;
    this.#options.kept?.came(read.length);
    if (this.#bytes === 0 && read.length >= this.#wanted) return this.#deliver(read);
    this.#parts.push(read);
    this.#bytes += read.length;
    if (this.#bytes < this.#wanted) return this.#mergeParts();
    const whole = Buffer.concat(this.#parts, this.#bytes);
    this.#parts = [];
    this.#bytes = 0;
    this.#deliver(whole);
  }

  /** Bytes that trickle in cost no more than their number. */
  #mergeParts(): void {
    if (this.#parts.length >= partsMax) this.#parts = [Buffer.concat(this.#parts, this.#bytes)];
  }

  /** Every message that is whole in these bytes. */
  #deliver(bytes: Buffer): void {
    let at = 0;
    this.#wanted = prefixBytes;
    while (bytes.length - at >= this.#wanted) {
      // A message may lead to a pause: the stream then gives the rest once more (M2).
      if (this.#stream.isPaused()) return this.#giveBack(bytes.subarray(at));
      const problem = problemOf(bytes, at);
      if (problem !== undefined) return this.#break(problem);
      const end = at + prefixBytes + bytes.readUInt32BE(at + 1);
      this.#wanted = end - at;
      if (end > bytes.length) break;
      this.#options.kept?.given(end - at);
      this.#options.onMessage(bytes.subarray(at + prefixBytes, end));
      at = end;
      this.#wanted = prefixBytes;
    }
    if (at === bytes.length) return;
    this.#parts = [at === 0 ? bytes : bytes.subarray(at)];
    this.#bytes = bytes.length - at;
  }

  #giveBack(rest: Buffer): void {
    this.#options.kept?.given(rest.length);
    this.#stream.unshift(rest);
  }

  #break(problem: string): void {
    this.#isBroken = true;
    this.#options.onProblem(problem);
  }
}

function problemOf(bytes: Buffer, at: number): string | undefined {
  if (bytes[at] !== 0) return 'a message is packed';
  const length = bytes.readUInt32BE(at + 1);
  return length > messageBytesMax ? `a message of ${length} bytes is over the limit of ${messageBytesMax}` : undefined;
}
