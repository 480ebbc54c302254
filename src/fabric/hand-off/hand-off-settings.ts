/**
 * What an operator turns of the hand-off of results between servers.
 */

export interface HandOffSettings {
  /** Results over this many bytes stay with their producer; default 64 KiB. */
  readonly inlineBytesMax: number;
  /** How long a result stays without a word of its coordinator, in milliseconds; default 30 s. It is renewed three times as often. */
  readonly leaseMs: number;
  /** Bytes of such results that a server keeps in memory; what is over goes to disk. Default 64 MiB. */
  readonly memoryBytesMax: number;
  /** Bytes of them that it keeps on disk; what is over is refused. Default 16 GiB. */
  readonly spillBytesMax: number;
  /** Folder of spill files; absent: the system's for temporary files. */
  readonly spillDir?: string | undefined;
}

const [kib, mib, gib] = [1024, 1024 ** 2, 1024 ** 3];

export const handOffDefaults: HandOffSettings = {
  inlineBytesMax: 64 * kib,
  leaseMs: 30_000,
  memoryBytesMax: 64 * mib,
  spillBytesMax: 16 * gib,
};
