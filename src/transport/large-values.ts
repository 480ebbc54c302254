/**
 * The bulk channel of one link, both directions: opened when either side first has a large value.
 *
 * B1 the bytes of full chunks are copied nowhere on their way out: they stay as they are until the stream has taken them. Fresh memory
 *    for each cost more than a quarter of the processor time of a 64 MiB value (page faults, and collections for external memory).
 */

import { HeddleError } from '../errors.ts';
import type { Problem } from './batch-codec.ts';
import { type Chunk, decodeChunk, encodeChunk, encodeChunkHead } from './chunk-codec.ts';
import { LargeReceiver } from './large-receiver.ts';
import { LargeSender } from './large-sender.ts';
import { chunkBytesMax, valueBytesMax as defaultValueBytesMax, transfersMax } from './limits.ts';
import { ignoreDone, type MessageHandlers, type MessageStream } from './message-stream.ts';
import type { Evidence } from './transport.ts';

export interface LargeValuesOptions {
  readonly valueBytesMax: number | undefined;
  /** The channel is wanted; called once. */
  readonly onNeeded: () => void;
  readonly onLarge: (transfer: number, value: Uint8Array) => void;
  /** So many bytes are here of values that are not whole. */
  readonly onPartial?: ((bytes: number) => void) | undefined;
  /** Less is waiting than before. */
  readonly onProgress: () => void;
  /** The peer broke the protocol. */
  readonly onProblem: (problem: Problem) => void;
  /** The channel was lost. */
  readonly onLost: (evidence: Evidence, message: string) => void;
}

export class LargeValues implements MessageHandlers {
  readonly #options: LargeValuesOptions;
  readonly #valueBytesMax: number;
  readonly #sender: LargeSender;
  readonly #receiver: LargeReceiver;
  #state: 'unneeded' | 'needed' | 'attached' | 'over' = 'unneeded';
  #stream: MessageStream | undefined;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** Given up before there was a channel to say so. */
  #unsent: Partial<Chunk>[] = [];

  constructor(options: LargeValuesOptions) {
    this.#options = options;
    this.#valueBytesMax = options.valueBytesMax ?? defaultValueBytesMax;
    this.#sender = new LargeSender({
      write: (chunk, done) => this.#write(chunk, done),
      onProgress: options.onProgress,
    });
    this.#receiver = new LargeReceiver({
      valueBytesMax: this.#valueBytesMax,
      write: (chunk) => this.#write(chunk, ignoreDone),
      onLarge: options.onLarge,
      onPartial: options.onPartial,
    });
  }

  /** Values on their way out. */
  get sending(): number {
    return this.#sender.size;
  }

  /** Bytes of them that wait here. */
  get waitingBytes(): number {
    return this.#sender.bytes;
  }

  /** Bytes of values that have gone out, chunk by chunk. */
  get sentBytes(): number {
    return this.#sentBytes;
  }

  /** Of everything that came over the channel. */
  get receivedBytes(): number {
    return this.#receivedBytes;
  }

  get isFull(): boolean {
    return this.#sender.isFull;
  }

  send(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void> {
    const limit = this.#valueBytesMax;
    if (value.length > limit) {
      return Promise.reject(new HeddleError('too_large', { what: 'a value', limit, found: value.length }));
    }
    if (this.#state === 'over') return Promise.reject(new HeddleError('closed', { what: 'the link' }));
    if (signal?.aborted) {
      return Promise.reject(new HeddleError('cancelled', { reason: signal.reason }, { executed: 'no' }));
    }
    const sent = this.#sender.send(transfer, value, signal);
    this.need();
    return sent;
  }

  /** Either side has something for the channel. */
  need(): void {
    if (this.#state !== 'unneeded') return;
    this.#state = 'needed';
    this.#options.onNeeded();
  }

  drop(transfer: number): void {
    if (this.#state !== 'over') this.#receiver.drop(transfer);
  }

  /** The channel is there; from now on it belongs to this link. */
  attach(stream: MessageStream): void {
    if (this.#state === 'over' || this.#stream) return stream.destroy();
    this.#state = 'attached';
    this.#stream = stream;
    stream.take(this);
    stream.resume();
    for (const chunk of this.#unsent) this.#write(chunk, ignoreDone);
    this.#unsent = [];
    this.#sender.attach();
  }

  close(): void {
    this.#state = 'over';
    this.#sender.close();
    this.#receiver.close();
    this.#stream?.destroy();
  }

  onMessage(message: Uint8Array): void {
    if (this.#state !== 'attached') return;
    this.#receivedBytes += message.length;
    const chunk = decodeChunk(message);
    const problem = chunk ? this.#take(chunk) : 'a chunk is malformed';
    if (problem !== undefined) this.#options.onProblem(problem);
  }

  onEnd(evidence: Evidence, message: string): void {
    if (this.#state === 'attached')
      this.#options.onLost(evidence === 'remote' ? 'reset' : evidence, `the bulk channel was lost: ${message}`);
  }

  #take(chunk: Chunk): Problem | undefined {
    const { transfer } = chunk;
    if (chunk.isReceived) return this.#sender.onReceived(transfer) ? undefined : 'a value received before it was sent';
    if (chunk.isUnwanted) this.#sender.onUnwanted(transfer);
    else if (chunk.isDropped) this.#receiver.onDropped(transfer);
    else if (chunk.credit > 0) return this.#sender.onCredit(transfer, chunk.credit) ? undefined : 'more credit than a value has bytes';
    else return this.#receiver.onData(chunk);
    return undefined;
  }

  #write(chunk: Partial<Chunk>, done: () => void): void {
    const { transfer = 0, bytesTotal = 0, data } = chunk;
    this.#sentBytes += data?.length ?? 0;
    if (!this.#stream) {
      if (this.#unsent.length < transfersMax) this.#unsent.push(chunk);
    } else if (data?.length === chunkBytesMax) this.#stream.write(encodeChunkHead({ transfer, bytesTotal, data }), done, data);
    else this.#stream.write(encodeChunk(chunk), done);
  }
}
