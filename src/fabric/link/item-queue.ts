/**
 * Items of streams that wait until their link takes more, so that a slow link holds back streams and nothing else.
 *
 * Q1 items leave in the order in which they came, while the link is writable.
 * Q2 what ends a stream leaves after its items; other frames do not wait.
 * Q3 it holds no more than the readers' windows allow: an item is pulled only under their credit.
 */

import type { Frame } from '../../wire/frame.ts';

export class ItemQueue {
  #frames: Frame[] = [];
  #head = 0;

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Whether the frame has to wait, and does from now on. */
  holds(frame: Frame, isWritable: boolean): boolean {
    const isItem = frame.kind === 'item';
    if (isItem ? isWritable && this.isEmpty : this.isEmpty || !this.#isAfterItems(frame)) return false;
    this.#frames.push(frame);
    return true;
  }

  /** Lets go of what waits, for as long as the link is writable. */
  release(send: (frame: Frame) => void, isWritable: () => boolean): void {
    while (!this.isEmpty && isWritable()) {
      const frame = this.#frames[this.#head];
      this.#head += 1;
      if (this.#head * 2 >= this.#frames.length) {
        this.#frames = this.#frames.slice(this.#head);
        this.#head = 0;
      }
      if (frame) send(frame);
    }
  }

  /** Whether it ends a conversation of which items wait. */
  #isAfterItems(frame: Frame): boolean {
    if (frame.kind !== 'reply' && frame.kind !== 'end') return false;
    const isFromOpener = frame.kind === 'end';
    for (let at = this.#head; at < this.#frames.length; at += 1) {
      const item = this.#frames[at];
      if (item?.kind === 'item' && item.id === frame.id && item.isFromOpener === isFromOpener) return true;
    }
    return false;
  }
}
