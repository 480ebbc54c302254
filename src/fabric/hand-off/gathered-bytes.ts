/**
 * The bytes of a stream as they come, on their way to being one value that is kept here.
 *
 * I1 memory has one block of them, whatever comes: who gives more waits until what came before is on disk.
 * I2 up to one block there is no file.
 * I3 given up, nothing of them is left.
 */

import { createHash } from 'node:crypto';
import type { SpillFile, SpillStore } from '../../storage/spill.ts';
import { KeptValue, sliceBytes } from './kept-value.ts';

export class GatheredBytes {
  readonly #store: SpillStore;
  readonly #hash = createHash('sha256');
  #block = new Uint8Array(sliceBytes);
  /** Bytes of the block that are taken. */
  #filled = 0;
  #size = 0;
  #file: SpillFile | undefined;
  #isDropped = false;

  constructor(store: SpillStore) {
    this.#store = store;
  }

  /** Takes bytes, which are the giver's again when the promise settles; at once without one. Rejects when they cannot be written. */
  add(bytes: Uint8Array): Promise<void> | undefined {
    this.#size += bytes.length;
    if (this.#filled + bytes.length > this.#block.length) return this.#spill(bytes);
    this.#put(bytes);
    return undefined;
  }

  /** All have come: the value. Rejects when the last cannot be written. */
  async finish(): Promise<KeptValue> {
    const last = this.#block.slice(0, this.#filled);
    this.#hash.update(last);
    const hash = this.#hash.digest();
    if (!this.#file) return new KeptValue('bytes', { bytes: last, hash });
    await this.#file.append(last);
    return new KeptValue('bytes', { file: this.#file, size: this.#size, hash });
  }

  /** Frees everything. */
  drop(): void {
    this.#isDropped = true;
    void this.#file?.remove();
  }

  #put(bytes: Uint8Array): void {
    this.#block.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  async #spill(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + this.#block.length - this.#filled);
      this.#put(part);
      at += part.length;
      if (this.#filled === this.#block.length) await this.#write();
    }
  }

  async #write(): Promise<void> {
    this.#hash.update(this.#block);
    const file = this.#file ?? (await this.#store.create());
    this.#file = file;
    if (this.#isDropped) void file.remove();
    else await file.append(this.#block);
    this.#filled = 0;
  }
}
