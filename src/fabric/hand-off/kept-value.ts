/**
 * The bytes of one value that stays here until it is pulled: in memory, or in a spill file, or on their way from one to the other.
 *
 * V1 the hash is of the bytes as they were given: whoever writes to them afterwards, and whatever a disk does to them, is found out.
 * V2 bytes are read in slices: neither hashing nor reading a value holds up the event loop or takes memory in proportion to it.
 * V3 a value that is dropped ends every reading of it.
 */

import { createHash } from 'node:crypto';
import { nextTurn } from '../../base/clock.ts';
import { type Deferred, deferred, quiet } from '../../base/deferred.ts';
import type { DropReason } from '../../core/handoff/parking.ts';
import type { Encoding } from '../../core/payload.ts';
import type { SpillFile, SpillStore } from '../../storage/spill.ts';

/** One slice of a pull: as large as a chunk of the bulk channel, so that it is passed on as it is. */
export const sliceBytes = 256 * 1024;
/** Bytes that are hashed in one turn of the event loop: about a millisecond. */
const hashBytes = 1024 * 1024;

/** The bytes of a value, which are its own from now on, and their hash where that is known. */
type Content =
  | { readonly bytes: Uint8Array; readonly hash?: Uint8Array | undefined }
  | { readonly file: SpillFile; readonly size: number; readonly hash: Uint8Array };

export class KeptValue {
  readonly encoding: Encoding;
  readonly size: number;
  /** By which events tell of it; 0: by none yet. */
  number = 0;
  readonly #hash: Promise<Uint8Array>;
  /** Readings that a drop ends. */
  readonly #readings = new Set<(why: DropReason) => void>();
  #memory: Uint8Array | undefined;
  #file: SpillFile | undefined;
  /** Set while it is written and too large to be read into memory beside that. */
  #spilled: Deferred<void> | undefined;
  #isDropped = false;

  constructor(encoding: Encoding, content: Content) {
    this.encoding = encoding;
    if ('file' in content) {
      this.size = content.size;
      this.#file = content.file;
      this.#hash = Promise.resolve(content.hash);
    } else {
      const { bytes, hash } = content;
      this.size = bytes.length;
      this.#memory = bytes;
      this.#hash = hash === undefined ? quiet(this.#hashOf(bytes)) : Promise.resolve(hash);
    }
  }

  /** Memory has nothing of it. */
  get isOnDisk(): boolean {
    return this.#memory === undefined;
  }

  /** SHA-256 of the bytes as they were given. */
  get hash(): Promise<Uint8Array> {
    return this.#hash;
  }

  /** Calls back when the value is dropped; gives what takes the wish back. */
  whenDropped(told: (why: DropReason) => void): () => void {
    this.#readings.add(told);
    return () => this.#readings.delete(told);
  }

  /** Its bytes in order. A slice from memory is a view of it, to be read and not written. */
  async *slices(): AsyncIterable<Uint8Array> {
    await this.#spilled?.promise;
    for (let at = 0; at < this.size; at += sliceBytes) {
      const length = Math.min(sliceBytes, this.size - at);
      if (this.#memory) yield this.#memory.subarray(at, at + length);
      else if (this.#file) yield await this.#file.read(at, length);
      else return;
    }
  }

  /** Moves the bytes to disk; says whether that went well. `isHeavy`: nobody reads it until then. */
  async spill(store: SpillStore, isHeavy: boolean): Promise<boolean> {
    if (isHeavy) this.#spilled = deferred();
    const ok = await this.#write(store).catch(() => false);
    this.#spilled?.resolve();
    this.#spilled = undefined;
    return ok;
  }

  drop(why: DropReason): void {
    this.#isDropped = true;
    this.#memory = undefined;
    void this.#file?.remove();
    for (const told of [...this.#readings]) told(why);
    this.#readings.clear();
  }

  async #write(store: SpillStore): Promise<boolean> {
    const file = await store.create();
    try {
      // What is hashed after it has been written would be hashed from memory all the same.
      await this.#hash;
      for (let at = 0; at < this.size && this.#memory; at += hashBytes) await file.append(this.#memory.subarray(at, at + hashBytes));
    } catch (problem) {
      await file.remove();
      throw problem;
    }
    if (this.#isDropped) void file.remove();
    else this.#file = file;
    this.#memory = undefined;
    return true;
  }

  async #hashOf(bytes: Uint8Array): Promise<Uint8Array> {
    const hash = createHash('sha256');
    for (let at = 0; at < bytes.length && !this.#isDropped; at += hashBytes) {
      hash.update(bytes.subarray(at, at + hashBytes));
      if (at + hashBytes < bytes.length) await nextTurn();
    }
    return hash.digest();
  }
}
