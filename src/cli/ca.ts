/**
 * `heddle ca issue`: a CA of one's own in a folder, and certificates under it.
 *
 * C1 keys are readable by their owner alone. C2 a CA that is there is used, never replaced; a certificate is issued anew, each
 *    file whole by a rename, so that servers that run take it up.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { type Issued, issueCa, issueCertificate } from '../identity/certificates.ts';
import { checkFileName, filesOf } from './certificate-files.ts';
import { UsageError } from './exit-code.ts';
import { replaceFile } from './replace-file.ts';
import type { Terminal } from './terminal.ts';

export interface IssueFlags {
  readonly client?: boolean | undefined;
  readonly host?: readonly string[] | undefined;
  readonly days: number;
  readonly dir: string;
}

const dayMs = 24 * 3_600_000;
const caDays = 3_650;
/** Clocks of two machines may differ by so much. */
const backdatedMs = 5 * 60_000;
const localHosts = ['localhost', '127.0.0.1', '::1'];

export async function issue(terminal: Terminal, name: string, { client, host, days, dir }: IssueFlags): Promise<void> {
  checkFileName(name);
  mkdirSync(dir, { recursive: true });
  const { ca, isNew } = openCa(dir);
  if (isNew) terminal.note(`made a CA: ${join(dir, 'ca.pem')} for everybody, ${join(dir, 'ca.key')} for nobody else`);
  const hosts = client ? [] : (host ?? localHosts);
  const issued = issueCertificate(ca, { name, kind: client ? 'client' : 'server', hosts, ...validity(days) });
  const cert = writeIssued(dir, name, issued);
  const until = new Date(validity(days).untilMs).toISOString().slice(0, 10);
  terminal.note(`issued a ${client ? "client's" : "server's"} certificate to "${name}", good until ${until}`);
  if (!client) terminal.note(`use it: heddle serve --name ${name} --cert ${cert}`);
  terminal.out(cert);
}

/** The CA of a folder; made when there is none. */
export function openCa(dir: string): { readonly ca: Issued; readonly isNew: boolean } {
  const [cert, key] = [join(dir, 'ca.pem'), join(dir, 'ca.key')];
  if (existsSync(cert) && existsSync(key))
    return { ca: { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }, isNew: false };
  if (existsSync(cert)) throw new UsageError(`${key} is not there: certificates are issued where the key of their CA is`);
  const ca = issueCa({ name: 'Heddle CA', ...validity(caDays) });
  writeIssued(dir, 'ca', ca);
  return { ca, isNew: true };
}

/** `NAME.key`, then `NAME.pem`; gives the path of the latter. */
export function writeIssued(dir: string, name: string, { cert, key }: Issued): string {
  const files = filesOf(dir, name);
  replaceFile(files.key, key, 0o600);
  replaceFile(files.cert, cert);
  return files.cert;
}

/** So many days from now; it has begun a little before. */
export function validity(days: number): { readonly fromMs: number; readonly untilMs: number } {
  const nowMs = systemClock.wallMs();
  return { fromMs: nowMs - backdatedMs, untilMs: nowMs + days * dayMs };
}
