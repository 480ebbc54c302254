/**
 * Spill files on disk, without names: each is unlinked as soon as it is open, so that the system frees it with its process.
 *
 * Where an open file cannot be unlinked, it is removed when it is closed.
 */

import { type FileHandle, mkdir, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SpillFile, SpillStore } from './spill.ts';

/** Bytes of one write: more are no faster, and hold up other files. */
const writeBytesMax = 4 * 1024 * 1024;

export class DiskSpill implements SpillStore {
  readonly #folder: string;
  readonly #files = new Set<DiskFile>();

  /** `folder`: made when it is first needed; default: the system's folder for temporary files. */
  constructor(folder: string = tmpdir()) {
    this.#folder = folder;
  }

  async create(): Promise<SpillFile> {
    await mkdir(this.#folder, { recursive: true });
    const folder = await mkdtemp(join(this.#folder, 'heddle-'));
    const handle = await open(join(folder, 'spill'), 'wx+', 0o600);
    const isUnlinked = await removed(folder);
    const file = new DiskFile(handle, isUnlinked ? undefined : folder, () => this.#files.delete(file));
    this.#files.add(file);
    return file;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#files].map((file) => file.remove()));
  }
}

class DiskFile implements SpillFile {
  readonly #handle: FileHandle;
  /** That it is still in. */
  readonly #folder: string | undefined;
  readonly #onRemoved: () => void;
  #end = 0;
  #writing: Promise<void> = Promise.resolve();
  #removed: Promise<void> | undefined;

  constructor(handle: FileHandle, folder: string | undefined, onRemoved: () => void) {
    this.#handle = handle;
    this.#folder = folder;
    this.#onRemoved = onRemoved;
  }

  append(bytes: Uint8Array): Promise<void> {
    const at = this.#end;
    this.#end += bytes.length;
    const written = this.#writing.then(() => this.#write(bytes, at));
    this.#writing = written.catch(() => {});
    return written;
  }

  async read(at: number, length: number): Promise<Uint8Array> {
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let done = 0; done < length; ) {
      const { bytesRead } = await this.#handle.read(bytes, done, length - done, at + done);
      if (bytesRead === 0) throw new Error(`a spill file ends after ${at + done} bytes, ${at + length} were wanted`);
      done += bytesRead;
    }
    return bytes;
  }

  remove(): Promise<void> {
    this.#removed ??= this.#close();
    return this.#removed;
  }

  async #write(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, Math.min(writeBytesMax, bytes.length - done), at + done);
      done += bytesWritten;
    }
  }

  async #close(): Promise<void> {
    await this.#writing;
    await this.#handle.close().catch(() => {});
    if (this.#folder !== undefined) await removed(this.#folder);
    this.#onRemoved();
  }
}

/** Whether a folder with what is in it could be removed. */
function removed(folder: string): Promise<boolean> {
  return rm(folder, { recursive: true, force: true }).then(
    () => true,
    () => false,
  );
}
