/**
 * The large values that one side of a link sends: which chunk goes next, under the receiver's credit.
 *
 * S1 values share the channel chunk by chunk, in turn, so a small one does not wait for a big one.
 * S2 a value takes no more than the receiver allowed, and at most `arrivingMax` are begun and not ended.
 * S3 every `send` is settled once: received, dropped by the receiver (both resolve), aborted, or link closed.
 */

import { assert } from '../base/assert.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { HeddleError } from '../errors.ts';
import type { Chunk } from './chunk-codec.ts';
import { arrivingMax, chunkBytesMax, creditBytesInitial, transfersMax } from './limits.ts';

export interface LargeSenderOptions {
  /** Writes one message and calls `done` once the stream has taken it. */
  readonly write: (chunk: Partial<Chunk>, done: () => void) => void;
  /** Called whenever a value is settled, or fewer bytes wait. */
  readonly onProgress: () => void;
}

interface Outgoing {
  readonly transfer: number;
  readonly value: Uint8Array;
  readonly settled: Deferred<void>;
  sent: number;
  credit: number;
  isBegun: boolean;
}

/** Chunks handed to the stream and not taken yet: one is written while the next is prepared. */
const writesMax = 2;

export class LargeSender {
  readonly #options: LargeSenderOptions;
  readonly #outgoing = new Map<number, Outgoing>();
  /** Those with credit left, in the order of their turns. */
  #ready: Outgoing[] = [];
  /** Those not begun yet. */
  #waiting: Outgoing[] = [];
  #begun = 0;
  #writes = 0;
  #bytes = 0;
  #state: 'detached' | 'attached' | 'over' = 'detached';
  readonly #done = (): void => {
    this.#writes -= 1;
    this.#pump();
  };

  constructor(options: LargeSenderOptions) {
    this.#options = options;
  }

  /** Values not settled yet. */
  get size(): number {
    return this.#outgoing.size;
  }

  /** Bytes of values that the stream has not taken yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether another value would be one too many. */
  get isFull(): boolean {
    return this.#outgoing.size >= transfersMax;
  }

  send(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void> {
    assert(!this.#outgoing.has(transfer), 'a transfer is under way already');
    const outgoing: Outgoing = {
      transfer,
      value,
      settled: deferred<void>(),
      sent: 0,
      credit: Math.min(creditBytesInitial, value.length),
      isBegun: false,
    };
    this.#outgoing.set(transfer, outgoing);
    this.#waiting.push(outgoing);
    this.#bytes += value.length;
    this.#pump();
    if (!signal) return outgoing.settled.promise;
    const abort = (): void => this.#abort(outgoing, signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    return outgoing.settled.promise.finally(() => signal.removeEventListener('abort', abort));
  }

  /** The channel is there. */
  attach(): void {
    if (this.#state === 'detached') this.#state = 'attached';
    this.#pump();
  }

  /** The receiver allows more. False when it allows what cannot be. */
  onCredit(transfer: number, credit: number): boolean {
    const outgoing = this.#outgoing.get(transfer);
    // Given up meanwhile.
    if (!outgoing) return true;
    if (!outgoing.isBegun || outgoing.sent + outgoing.credit + credit > outgoing.value.length) return false;
    const wasSpent = outgoing.credit === 0;
    outgoing.credit += credit;
    if (wasSpent) this.#ready.push(outgoing);
    this.#pump();
    return true;
  }

  /** The receiver has the whole value. False when it cannot have it. */
  onReceived(transfer: number): boolean {
    const outgoing = this.#outgoing.get(transfer);
    // Given up meanwhile.
    if (!outgoing) return true;
    if (!outgoing.isBegun || outgoing.sent < outgoing.value.length) return false;
    this.#remove(outgoing);
    outgoing.settled.resolve();
    this.#pump();
    return true;
  }

  /** The receiver does not want the value (any more); it waits for the answer. */
  onUnwanted(transfer: number): void {
    this.#options.write({ transfer, isDropped: true }, ignore);
    const outgoing = this.#outgoing.get(transfer);
    if (!outgoing) return;
    this.#remove(outgoing);
    outgoing.settled.resolve();
    this.#pump();
  }

  /** The link is closed: nothing is handed over any more. */
  close(): void {
    this.#state = 'over';
    const all = [...this.#outgoing.values()];
    this.#outgoing.clear();
    this.#ready = [];
    this.#waiting = [];
    for (const { settled } of all) settled.reject(new HeddleError('closed', { what: 'the link' }));
  }

  #abort(outgoing: Outgoing, reason: unknown): void {
    if (this.#outgoing.get(outgoing.transfer) !== outgoing) return;
    this.#remove(outgoing);
    if (outgoing.isBegun) this.#options.write({ transfer: outgoing.transfer, isDropped: true }, ignore);
    outgoing.settled.reject(new HeddleError('cancelled', { reason }, { executed: 'no' }));
    this.#pump();
  }

  #remove(outgoing: Outgoing): void {
    this.#outgoing.delete(outgoing.transfer);
    this.#bytes -= outgoing.value.length - outgoing.sent;
    if (!outgoing.isBegun) this.#waiting = this.#waiting.filter((other) => other !== outgoing);
    else {
      this.#begun -= 1;
      this.#ready = this.#ready.filter((other) => other !== outgoing);
    }
    this.#options.onProgress();
  }

  #pump(): void {
    while (this.#state === 'attached' && this.#writes < writesMax) {
      // A new value first, so that it is never behind more than one chunk of each other one.
      const outgoing = this.#begin() ?? this.#ready.shift();
      if (!outgoing) return;
      this.#writeChunk(outgoing);
    }
  }

  #begin(): Outgoing | undefined {
    if (this.#begun >= arrivingMax) return undefined;
    const outgoing = this.#waiting.shift();
    if (outgoing) this.#begun += 1;
    return outgoing;
  }

  #writeChunk(outgoing: Outgoing): void {
    const { transfer, value } = outgoing;
    const bytes = Math.min(chunkBytesMax, outgoing.credit);
    const data = value.subarray(outgoing.sent, outgoing.sent + bytes);
    const bytesTotal = outgoing.isBegun ? 0 : value.length;
    outgoing.isBegun = true;
    outgoing.sent += bytes;
    outgoing.credit -= bytes;
    this.#bytes -= bytes;
    this.#writes += 1;
    if (outgoing.credit > 0) this.#ready.push(outgoing);
    this.#options.write({ transfer, bytesTotal, data }, this.#done);
    this.#options.onProgress();
  }
}

function ignore(): void {}
