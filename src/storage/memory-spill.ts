/**
 * Spill files in memory: for fabrics in virtual time, whose clock does not wait for a disk.
 */

import type { SpillFile, SpillStore } from './spill.ts';

export class MemorySpill implements SpillStore {
  readonly #files = new Set<MemoryFile>();

  /** Bytes that are kept just now. */
  get bytes(): number {
    return [...this.#files].reduce((sum, file) => sum + file.size, 0);
  }

  async create(): Promise<SpillFile> {
    const file = new MemoryFile(() => this.#files.delete(file));
    this.#files.add(file);
    return file;
  }

  async close(): Promise<void> {
    this.#files.clear();
  }
}

class MemoryFile implements SpillFile {
  readonly #onRemoved: () => void;
  /** At least as long as the file. */
  #bytes = new Uint8Array(0);
  #size = 0;

  constructor(onRemoved: () => void) {
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#size;
  }

  /** Cost: the bytes, over many of them. */
  async append(bytes: Uint8Array): Promise<void> {
    const size = this.#size + bytes.length;
    if (size > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#size));
      this.#bytes = grown;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size = size;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    if (at + length > this.#size) throw new Error(`a spill file ends after ${this.#size} bytes, ${at + length} were wanted`);
    return this.#bytes.slice(at, at + length);
  }

  async remove(): Promise<void> {
    this.#bytes = new Uint8Array(0);
    this.#size = 0;
    this.#onRemoved();
  }
}
