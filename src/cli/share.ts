/**
 * `heddle serve --share`: a server that lets newcomers in by a token, and has certificates for it.
 *
 * S1 without `[tls]` a CA is made in a folder, as `heddle ca issue` does, and used from then on; with it, the key of its CA has to lie
 *    beside it. S2 a certificate that was issued stays in the folder of the CA: a name belongs to the key that had it first.
 * S3 each start makes another token; the ones before are good for nothing.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { dirname, join } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { certificatesIn, readPem } from '../base/pem.ts';
import { type Issued, issueCertificate } from '../identity/certificates.ts';
import { JoinDesk, type Ledger } from '../identity/join-desk.ts';
import { encodeJoinToken } from '../identity/join-token.ts';
import { nameAfter } from '../identity/own-key.ts';
import { HeddleError, type Listening, type ServerOptions } from '../index.ts';
import { advertisedAddress, hostOf, isLoopback } from '../transport/ports.ts';
import { openCa, validity, writeIssued } from './ca.ts';
import { type CertificateFiles, checkFileName, fileNameRule, filesOf, isFileName } from './certificate-files.ts';
import { UsageError } from './exit-code.ts';
import { replaceFile } from './replace-file.ts';
import type { Terminal } from './terminal.ts';

export interface ShareFlags {
  readonly share?: boolean | undefined;
  readonly shareMinutes?: number | undefined;
  readonly shareUses?: number | undefined;
  readonly dir?: string | undefined;
  readonly host?: string | undefined;
}

export interface Share {
  /** The server's, with certificates. */
  readonly options: ServerOptions;
  readonly desk: JoinDesk;
  /** Prints the token for a server that listens there. */
  tell(terminal: Terminal, at: Listening): void;
}

export const identityFolder = 'certs';
const days = 90;
const dayMs = 24 * 3_600_000;
const minutesDefault = 60;
const usesDefault = 1000;

/** Certificates and a desk for the server of `given`. Throws UsageError. */
export function openShare(terminal: Terminal, given: ServerOptions, flags: ShareFlags): Share {
  const options = given.tls === undefined ? certified(terminal, given, flags) : given;
  const caPath = String(options.tls?.ca);
  const expiresMs = systemClock.wallMs() + (flags.shareMinutes ?? minutesDefault) * 60_000;
  const cluster = options.cluster ?? 'default';
  const desk = new JoinDesk({
    cluster,
    server: options.name ?? 'the server',
    ca: issuingCa(caPath),
    trusted: () => readFileSync(caPath, 'utf8'),
    ledger: folderLedger(dirname(caPath)),
    expiresMs,
    usesMax: flags.shareUses ?? usesDefault,
    validityMs: days * dayMs,
    wallMs: () => systemClock.wallMs(),
  });
  return { options, desk, tell: (to, { url }) => tell(to, { cluster, url, desk, expiresMs }) };
}

interface Invitation {
  readonly cluster: string;
  readonly url: string;
  readonly desk: JoinDesk;
  readonly expiresMs: number;
}

function tell(terminal: Terminal, { cluster, url, desk, expiresMs }: Invitation): void {
  const { fingerprint, secret } = desk;
  terminal.out(`HEDDLE_JOIN_TOKEN=${encodeJoinToken({ cluster, addresses: [url], fingerprint, secret, expiresMs })}`);
  terminal.note(`until ${new Date(expiresMs).toISOString()} whoever has the token may join: HEDDLE_JOIN_TOKEN=... heddle join [module...]`);
  if (isLoopback(hostOf(url))) terminal.note(`${url} is reached from this machine only: give --host an address of the network`);
}

/** The options with a certificate of a CA of its own, and a host that others reach. */
function certified(terminal: Terminal, given: ServerOptions, { dir = identityFolder, host }: ShareFlags): ServerOptions {
  mkdirSync(dir, { recursive: true });
  const { ca, isNew } = openCa(dir);
  if (isNew) terminal.note(`made a CA: ${join(dir, 'ca.pem')} for everybody, ${join(dir, 'ca.key')} for nobody else`);
  const name = given.name ?? nameAfter(hostname());
  checkFileName(name);
  const open = host ?? (given.host === undefined || given.host === '127.0.0.1' ? addressOfMachine() : given.host);
  const files = filesOf(dir, name);
  if (!isGood(files)) {
    const advertised = hostOf(advertisedAddress(given.advertise, { host: open, port: 0 }));
    const hosts = [...new Set([open, advertised, 'localhost', '127.0.0.1'])];
    writeIssued(dir, name, issueCertificate(ca, { name, kind: 'server', hosts, ...validity(days) }));
  }
  return { ...given, name, host: open, tls: files };
}

/** Whether a certificate and its key are there, of a CA of that file, and in the first two thirds of their time. */
export function isGood({ cert, key, ca }: CertificateFiles): boolean {
  if (![cert, key, ca].every((path) => existsSync(path))) return false;
  const own = new X509Certificate(readFileSync(cert));
  const [from, until] = [Date.parse(own.validFrom), Date.parse(own.validTo)];
  return (
    certificatesOf(ca).some((one) => own.verify(new X509Certificate(one).publicKey)) && systemClock.wallMs() < until - (until - from) / 3
  );
}

/** Of several certificates in a file the one whose key lies beside it, as `heddle ca` lays them. Throws UsageError. */
function issuingCa(caPath: string): Issued {
  const keyPath = caPath.replace(/\.[^./\\]+$/, '.key');
  if (keyPath === caPath || !existsSync(keyPath))
    throw new UsageError(
      `--share issues certificates, and the key of their CA (${keyPath}) is not there: share where it is, or leave [tls] and --cert out`,
    );
  const { cert, key } = openPair(caPath, keyPath);
  if (cert === undefined) throw new UsageError(`${keyPath} is not the key of a certificate in ${caPath}`);
  return { cert, key };
}

function openPair(caPath: string, keyPath: string): { readonly cert: string | undefined; readonly key: string } {
  const key = readFileSync(keyPath, 'utf8');
  return { cert: certificatesOf(caPath).find((one) => new X509Certificate(one).checkPrivateKey(createPrivateKey(key))), key };
}

function certificatesOf(path: string): readonly string[] {
  return certificatesIn(readPem(path));
}

function folderLedger(dir: string): Ledger {
  const pathOf = (name: string): string => {
    if (isFileName(name)) return filesOf(dir, name).cert;
    throw new HeddleError('bad_argument', { path: ['name'], expected: fileNameRule, found: JSON.stringify(name) });
  };
  return {
    find: (name) => (existsSync(pathOf(name)) ? readFileSync(pathOf(name), 'utf8') : undefined),
    save: (name, cert) => replaceFile(pathOf(name), cert),
  };
}

/** The first address of this machine that is not its own alone; without a network, that one. */
function addressOfMachine(): string {
  const all = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses);
  return all.find(({ family, internal }) => family === 'IPv4' && !internal)?.address ?? '127.0.0.1';
}
