/**
 * PEM as it is given: text, its bytes, or the path of a file that may be replaced while the process runs.
 */

import { readFileSync, statSync } from 'node:fs';

/** A path, or what holds `-----BEGIN`. */
export type PemSource = string | Uint8Array;

const certificates = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** Throws what reading a file throws. */
export function readPem(source: PemSource): string {
  if (isPath(source)) return readFileSync(source, 'utf8');
  return typeof source === 'string' ? source : Buffer.from(source).toString();
}

/** Each certificate of a PEM text, in order. */
export function certificatesIn(pem: string): readonly string[] {
  return pem.match(certificates) ?? [];
}

/** Name, time and size of every file among them; a file that is not there counts as one that has changed. */
export function stampOf(sources: readonly PemSource[]): string {
  return sources
    .filter(isPath)
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found ? `${path} ${found.ino} ${found.mtimeMs} ${found.size}` : `${path} gone`;
    })
    .join('\n');
}

function isPath(source: PemSource): source is string {
  return typeof source === 'string' && !source.includes('-----BEGIN');
}
