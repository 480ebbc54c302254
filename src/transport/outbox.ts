/**
 * The frames that wait for one link's stream, and how they become batches.
 *
 * O1 a frame that finds the stream idle leaves at the end of its turn of the event loop, with all others of that turn;
 *    what comes while a write is outstanding is collected.
 * O2 a batch holds at most `batchFramesMax` frames and `batchBytesMax` bytes, in the order of sending.
 * O3 one write is outstanding at a time, so a slow reader slows the writer, and larger batches make up for it.
 * O4 what waits is bounded: beyond `writableBytesMax` the link is unwritable, beyond `outboxBytesMax` it overflows.
 */

import { atEndOfTurn } from '../base/clock.ts';
import { encodeFrames, framedBytes } from './batch-codec.ts';
import { batchBytesMax, batchFramesMax, outboxBytesMax, writableBytesMax } from './limits.ts';

export interface OutboxOptions {
  /** Writes one message and calls `done` once the stream has taken it. */
  readonly write: (message: Buffer, done: () => void) => void;
  /** `isWritable` became true again. */
  readonly onWritable: () => void;
  /** Told how many bytes wait while it is not writable, and when it is again. */
  readonly onWaiting?: ((bytes: number) => void) | undefined;
  /** The peer does not read; called once. Nothing is kept from then on. */
  readonly onOverflow: () => void;
}

export class Outbox {
  readonly #options: OutboxOptions;
  /** What waits, from `#head` on. */
  #frames: Uint8Array[] = [];
  #head = 0;
  #bytes = 0;
  /** Corked: the greeting is not over. */
  #state: 'corked' | 'idle' | 'scheduled' | 'writing' | 'over' = 'corked';
  #isWritable = true;
  #onFlushed: (() => void)[] = [];
  readonly #done = (): void => this.#advance('writing');
  readonly #turn = (): void => this.#advance('scheduled');

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  get isWritable(): boolean {
    return this.#isWritable;
  }

  push(frame: Uint8Array): void {
    if (this.#state === 'over') return;
    if (this.#state === 'idle') this.#schedule();
    this.#frames.push(frame);
    this.#bytes += framedBytes(frame);
    if (this.#bytes > outboxBytesMax) return this.#overflow();
    if (this.#bytes <= writableBytesMax) return;
    this.#isWritable = false;
    this.#options.onWaiting?.(this.#bytes);
  }

  /** Lets frames out: the greeting is over. */
  uncork(): void {
    if (this.#state !== 'corked') return;
    this.#state = 'idle';
    this.#next();
  }

  /** Calls back once nothing waits and nothing is outstanding, or it is closed; at once when that is so. */
  whenFlushed(onFlushed: () => void): void {
    if (this.#state === 'idle' || this.#state === 'over') onFlushed();
    else this.#onFlushed.push(onFlushed);
  }

  /** Forgets what waits; later frames go nowhere. */
  close(): void {
    this.#state = 'over';
    this.#frames = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#tellFlushed();
  }

  /** What a whole batch of arrivals leads to, promises included, leaves as one batch. */
  #schedule(): void {
    this.#state = 'scheduled';
    atEndOfTurn(this.#turn);
  }

  #write(frames: readonly Uint8Array[], bytes: number): void {
    this.#state = 'writing';
    this.#options.write(encodeFrames(frames, bytes), this.#done);
  }

  #advance(from: 'writing' | 'scheduled'): void {
    if (this.#state !== from) return;
    this.#state = 'idle';
    this.#next();
  }

  #next(): void {
    if (this.#bytes > 0) this.#writeBatch();
    else this.#tellFlushed();
    if (this.#isWritable) return;
    this.#options.onWaiting?.(this.#bytes);
    if (this.#bytes > writableBytesMax / 2) return;
    this.#isWritable = true;
    this.#options.onWritable();
  }

  #writeBatch(): void {
    const end = this.#batchEnd();
    const isAll = this.#head === 0 && end.index === this.#frames.length;
    const batch = isAll ? this.#frames : this.#frames.slice(this.#head, end.index);
    this.#bytes -= end.bytes;
    this.#head = end.index;
    // Sent frames are let go once they are half of the list: each is moved at most once on average.
    if (this.#head * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#head);
      this.#head = 0;
    }
    this.#write(batch, end.bytes);
  }

  /** Where the next batch ends. */
  #batchEnd(): { readonly index: number; readonly bytes: number } {
    const last = Math.min(this.#frames.length, this.#head + batchFramesMax);
    if (this.#bytes <= batchBytesMax && last === this.#frames.length) return { index: last, bytes: this.#bytes };
    let bytes = 0;
    let index = this.#head;
    for (; index < last; index += 1) {
      const frame = this.#frames[index];
      if (!frame) break;
      const more = bytes + framedBytes(frame);
      if (more > batchBytesMax && index > this.#head) break;
      bytes = more;
    }
    return { index, bytes };
  }

  #tellFlushed(): void {
    if (this.#onFlushed.length === 0) return;
    const told = this.#onFlushed;
    this.#onFlushed = [];
    for (const onFlushed of told) onFlushed();
  }

  #overflow(): void {
    this.close();
    this.#options.onOverflow();
  }
}
