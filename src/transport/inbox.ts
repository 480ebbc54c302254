/**
 * The frames that arrived on one link's stream, and how many of them a turn of the event loop gets.
 *
 * I1 frames are delivered in the order of their arrival, at most `sliceFrames` in one turn, however many messages they came in:
 *    what the first lead to is on its way while the next are worked on, so that both ends of a busy link work at the same
 *    time (64 calls in flight on two cores: 65 k calls/s without, 104 k in slices of 32, 93 k of 16, 74 k of 8). Each turn has a
 *    whole slice: what the last one left of its own would cut the next message in two, and each part leads to a write of its own.
 *    Where a delivery takes its time, fewer: turns are bounded for all links together (turns.ts).
 * I2 what waits is bounded: beyond `inboxBytesMax` the stream is paused until all is delivered.
 * I3 `flush` delivers what waits now: the end of a link comes after its frames.
 */

import { inboxBytesMax, sliceFrames } from './limits.ts';
import type { Turns, Waiting } from './turns.ts';

export interface InboxOptions {
  readonly nowMs: () => number;
  /** Those of the process. */
  readonly turns: Turns;
  readonly deliver: (frame: Uint8Array) => void;
  readonly pause: () => void;
  readonly resume: () => void;
}

const never = (): boolean => false;

export class Inbox implements Waiting {
  readonly #options: InboxOptions;
  /** What waits, from `#head` on. */
  #waiting: Uint8Array[] = [];
  #head = 0;
  /** When each of them came. */
  #cameAtMs: number[] = [];
  #beganAtMs = 0;
  #waitedMs = 0;
  /** All since nothing waited, so that what was delivered is let go in time too. */
  #bytes = 0;
  /** Frames that may still be delivered before the next turn is waited for; while none is left, or any waits, it is. */
  #left = sliceFrames;
  /** The turn of which they are. */
  #turn = 0;
  /** Nothing has come in this message yet. */
  #isFirst = true;
  #isPaused = false;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  /** How long the frame that is being delivered has waited here, in milliseconds. */
  get waitedMs(): number {
    return this.#waitedMs;
  }

  /** A message begins. */
  begin(): void {
    const { turns } = this.#options;
    this.#beganAtMs = turns.begin();
    this.#isFirst = true;
    if (this.#left === 0 || turns.number === this.#turn) return;
    this.#turn = turns.number;
    this.#left = sliceFrames;
  }

  push(frame: Uint8Array): void {
    if (this.#left > 0) {
      const isOver = this.#options.turns.isOver();
      this.#left = isOver ? 0 : this.#left - 1;
      if (this.#left === 0) this.#options.turns.add(this);
      // What comes one by one is not worth a task of the event loop.
      else if (this.#isFirst) this.#isFirst = false;
      else this.#options.turns.count();
      if (!isOver) return this.#options.deliver(frame);
    }
    this.#waiting.push(frame);
    this.#cameAtMs.push(this.#beganAtMs);
    this.#bytes += frame.length;
    if (this.#bytes > inboxBytesMax && !this.#isPaused) {
      this.#isPaused = true;
      this.#options.pause();
    }
  }

  takeTurn(): boolean {
    this.#left = sliceFrames;
    this.#slice(sliceFrames, () => this.#options.turns.isOver());
    if (this.#left > 0) this.#emptied();
    return this.#left === 0;
  }

  flush(): void {
    this.#slice(Number.POSITIVE_INFINITY, never);
    this.#emptied();
  }

  /** Forgets what waits. */
  close(): void {
    this.#waiting = [];
    this.#cameAtMs = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** A delivery may close the inbox. */
  #slice(framesMax: number, isOver: () => boolean): void {
    if (this.#waiting.length === 0) return;
    const nowMs = this.#options.nowMs();
    for (let count = 0; count < framesMax; count += 1) {
      if (isOver()) {
        this.#left = 0;
        break;
      }
      const frame = this.#waiting[this.#head];
      if (!frame) break;
      this.#waitedMs = nowMs - (this.#cameAtMs[this.#head] ?? nowMs);
      this.#head += 1;
      this.#left = Math.max(0, this.#left - 1);
      this.#options.deliver(frame);
    }
    this.#waitedMs = 0;
  }

  #emptied(): void {
    this.close();
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#options.resume();
  }
}
