/**
 * Certificates as files: how `heddle ca` names them, and how the other commands find them.
 *
 * N1 `NAME.pem` has its key beside it in `NAME.key`, and the CA in `ca.pem`: one path names all three.
 */

import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from './exit-code.ts';

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
}

/** Where those of this name are, or would be. */
export function filesOf(dir: string, name: string): CertificateFiles {
  return { cert: join(dir, `${name}.pem`), key: join(dir, `${name}.key`), ca: join(dir, 'ca.pem') };
}

/** What a name needs to be that of its files, beside those of the CA. */
/** Keys of others lie in the same folder: of the CA, and those that sign tokens. Some disks do not tell CA from ca. */
const othersFiles: ReadonlySet<string> = new Set(['ca', 'tokens']);

export const fileNameRule = 'letters, digits and . _ @ = + -, at most 64 of them, no dot first, and neither "ca" nor "tokens"';

export function isFileName(name: string): boolean {
  return /^[\w.@=+-]{1,64}$/.test(name) && !name.startsWith('.') && !othersFiles.has(name.toLowerCase());
}

/** Throws UsageError. */
export function checkFileName(name: string): void {
  if (!isFileName(name)) throw new UsageError(`"${name}" cannot be the name of files of certificates; give one of ${fileNameRule}`);
}

/** The files that belong to a certificate. Throws UsageError naming the one that is missing. */
export function certificateFiles(cert: string): CertificateFiles {
  const files = { cert, key: cert.replace(/\.[^./\\]+$/, '.key'), ca: join(dirname(cert), 'ca.pem') };
  const missing = Object.values(files).find((path) => !existsSync(path));
  if (missing === undefined && files.key !== cert) return files;
  throw new UsageError(
    `--cert takes NAME.pem of a folder that holds NAME.key and ca.pem as well (heddle ca issue NAME); ${missing ?? cert} ${missing === undefined ? 'is its own key' : 'is not there'}`,
  );
}

/** What a client uses: `--cert`, else HEDDLE_TLS_CA, HEDDLE_TLS_CERT and HEDDLE_TLS_KEY, else nothing. */
export function clientTls(
  cert: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): (Partial<CertificateFiles> & { readonly ca: string }) | undefined {
  if (cert !== undefined) return certificateFiles(cert);
  const { HEDDLE_TLS_CA: ca, HEDDLE_TLS_CERT: own, HEDDLE_TLS_KEY: key } = environment;
  if (ca) return { ca, ...(own ? { cert: own } : {}), ...(key ? { key } : {}) };
  if (own || key) throw new UsageError('HEDDLE_TLS_CERT and HEDDLE_TLS_KEY need HEDDLE_TLS_CA beside them');
  return undefined;
}
