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
  #bytes = new Uint8Array(0);

  constructor(onRemoved: () => void) {
    this.#onRemoved = onRemoved;
  }

  get size(): number {
    return this.#bytes.length;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#bytes = Buffer.concat([this.#bytes, bytes]);
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    if (at + length > this.#bytes.length)
      throw new Error(`a spill file ends after ${this.#bytes.length} bytes, ${at + length} were wanted`);
    return this.#bytes.slice(at, at + length);
  }

  async remove(): Promise<void> {
    this.#bytes = new Uint8Array(0);
    this.#onRemoved();
  }
}
