/**
 * The spill port: where bytes go that memory has no room for. Two implementations, on disk and in memory, under one contract suite
 * (test/storage/spill.test.ts).
 *
 * S1 what was appended is read back, byte by byte; appends to one file are written in their order.
 * S2 a file is nobody else's, and gone when it is removed, when its store is closed, or with its process.
 */

export interface SpillFile {
  /** Rejects when the bytes cannot be written; the file is of no use then. The bytes must not change meanwhile. */
  append(bytes: Uint8Array): Promise<void>;
  /** Rejects when there are fewer bytes there. */
  read(at: number, length: number): Promise<Uint8Array>;
  /** Frees its bytes. Reads that are under way may fail. Never rejects. */
  remove(): Promise<void>;
}

export interface SpillStore {
  /** An empty file. Rejects when there can be none. */
  create(): Promise<SpillFile>;
  /** Removes every file. Never rejects. */
  close(): Promise<void>;
}
