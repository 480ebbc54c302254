/**
 * Files that appear whole: whoever looks sees the old one or the new one, and never a part.
 */

import { chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** Writes a file whole, by a rename. Throws what node:fs throws, and leaves nothing behind then. */
export function replaceFile(path: string, text: string, mode = 0o644): void {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(beside, text, { mode });
    // Whatever the umask says.
    chmodSync(beside, mode);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw error;
  }
}
