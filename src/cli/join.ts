/**
 * `heddle join`: enters a fabric from another machine by a token, and serves there; later starts need no token.
 *
 * J1 the private key is made here, and stays. J2 it is stored before it is asked for a certificate: an answer that is lost is asked for
 *    again with the same key. J3 what is stored is for its owner alone. J4 the token is read from the environment or stdin as
 *    well, so that it does not stand in the list of processes; it is never printed.
 */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join as pathOf } from 'node:path';
import { systemClock } from '../base/clock.ts';
import { requestToJoin } from '../fabric/client/join-request.ts';
import { type JoinToken, readJoinToken } from '../identity/join-token.ts';
import { nameForNewcomer, newPrivateKey, proofOf } from '../identity/own-key.ts';
import { HeddleError } from '../index.ts';
import { checkFileName, filesOf, isFileName } from './certificate-files.ts';
import { type ExitCode, UsageError } from './exit-code.ts';
import { replaceFile } from './replace-file.ts';
import { type ServeFlags, serve } from './serve.ts';
import { identityFolder, isGood } from './share.ts';
import type { Terminal } from './terminal.ts';

/** What `join.json` holds beside key and certificate. */
interface Identity {
  readonly name: string;
  readonly cluster: string;
  readonly addresses: readonly string[];
  /** Of the CA. */
  readonly fingerprint: string;
  /** By which others reach this machine. */
  readonly host: string;
}

/** For the owner alone. */
const mode = 0o600;

export async function join(terminal: Terminal, words: readonly string[], flags: ServeFlags): Promise<ExitCode> {
  const [given, modules] = split(words, terminal);
  const dir = flags.dir ?? identityFolder;
  const token = given === undefined ? undefined : readJoinToken(given);
  const identity = await identityOf(terminal, { token, dir, name: flags.name, host: flags.host });
  return await serve(terminal, modules, {
    ...flags,
    name: identity.name,
    cluster: identity.cluster,
    host: flags.host ?? identity.host,
    join: [...new Set([...(token?.addresses ?? identity.addresses), ...(flags.join ?? [])])],
    cert: pathOf(dir, `${identity.name}.pem`),
  });
}

/** The token, and the modules: what ends like a module is one. */
function split([first, ...others]: readonly string[], { environment }: Terminal): readonly [string | undefined, readonly string[]] {
  const fromEnvironment = environment['HEDDLE_JOIN_TOKEN'];
  if (first === '-') return [readFileSync(0, 'utf8'), others];
  if (first === undefined) return [fromEnvironment, []];
  return /\.[cm]?[jt]sx?$/.test(first) ? [fromEnvironment, [first, ...others]] : [first, others];
}

interface Wanted {
  readonly token: JoinToken | undefined;
  readonly dir: string;
  readonly name: string | undefined;
  /** Where it will listen, if that is said. */
  readonly host: string | undefined;
}

/** Who this machine is: as stored, or by the token. */
async function identityOf(terminal: Terminal, wanted: Wanted): Promise<Identity> {
  const { token, dir } = wanted;
  const stored = storedIn(dir);
  if (stored) checkSame(stored, wanted);
  if (stored && (!token || isGood(filesOf(dir, stored.name)))) return stored;
  if (!token)
    throw new UsageError(
      `no token, and no identity in ${dir}: heddle join TOKEN, heddle join - (reads it from stdin), or HEDDLE_JOIN_TOKEN; heddle serve --share prints one`,
    );
  if (token.expiresMs <= systemClock.wallMs()) {
    const why = `the join token ended at ${new Date(token.expiresMs).toISOString()}: have the server print another (heddle serve --share)`;
    throw new HeddleError('unauthenticated', { server: token.addresses[0] ?? '', reason: 'expired', why });
  }
  return await enrol(terminal, token, { ...wanted, name: stored?.name ?? wanted.name });
}

/** Asks for a certificate and stores it. */
async function enrol(terminal: Terminal, token: JoinToken, { dir, name: given, host }: Wanted): Promise<Identity> {
  const { cluster, addresses, fingerprint, secret } = token;
  const begun = begunIn(dir);
  const name = given ?? begun?.name ?? nameForNewcomer(hostname());
  checkFileName(name);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const files = filesOf(dir, name);
  if (!existsSync(files.key)) replaceFile(files.key, newPrivateKey(), mode);
  replaceFile(pathOf(dir, 'join.json'), `${JSON.stringify({ name, cluster, addresses, fingerprint, host: '' })}\n`, mode);
  const proof = proofOf(readFileSync(files.key, 'utf8'), { cluster, name });
  const joined = await requestToJoin({
    addresses,
    fingerprint,
    request: (localAddress) => ({ cluster, secret, name, ...proof, hosts: [...new Set([host ?? localAddress, 'localhost', '127.0.0.1'])] }),
  });
  const identity: Identity = { name, cluster, addresses, fingerprint, host: joined.localAddress };
  replaceFile(files.ca, joined.ca, mode);
  replaceFile(files.cert, joined.certificate, mode);
  replaceFile(pathOf(dir, 'join.json'), `${JSON.stringify(identity)}\n`, mode);
  terminal.note(`${joined.server} has let "${name}" into cluster "${cluster}"; certificate and key are in ${dir}`);
  return identity;
}

/** Whoever has an identity keeps it. Throws UsageError, and `cluster_mismatch`. */
function checkSame({ name, cluster, fingerprint }: Identity, { token, dir, name: wanted }: Wanted): void {
  const elsewhere = `take another --dir to be somebody else, or remove ${pathOf(dir, 'join.json')}`;
  if (wanted !== undefined && wanted !== name)
    throw new UsageError(`${dir} holds the identity of "${name}", not of "${wanted}": ${elsewhere}`);
  if (token && token.cluster !== cluster) throw new HeddleError('cluster_mismatch', { ours: cluster, theirs: token.cluster });
  if (token && token.fingerprint !== fingerprint)
    throw new UsageError(`the token is of another CA than the identity in ${dir}: ${elsewhere}`);
}

/** An identity with its certificate. */
function storedIn(dir: string): Identity | undefined {
  const begun = begunIn(dir);
  return begun && [filesOf(dir, begun.name).cert, filesOf(dir, begun.name).ca].every((path) => existsSync(path)) ? begun : undefined;
}

/** One whose certificate may not have come yet. Throws UsageError. */
function begunIn(dir: string): Identity | undefined {
  const path = pathOf(dir, 'join.json');
  if (!existsSync(path)) return undefined;
  const identity = readIdentity(readFileSync(path, 'utf8'));
  if (!identity) throw new UsageError(`${path} is not what heddle join has written: remove it, and join with a token`);
  return identity;
}

function readIdentity(text: string): Identity | undefined {
  try {
    // Whatever the text holds: each member is looked at below, and a text of `null` throws.
    const { name, cluster, addresses, fingerprint, host } = JSON.parse(text) as Partial<Record<keyof Identity, unknown>>;
    const isText = (value: unknown): value is string => typeof value === 'string';
    if (!isText(name) || !isText(cluster) || !isText(fingerprint) || !isText(host)) return undefined;
    return Array.isArray(addresses) && addresses.every(isText) && isFileName(name)
      ? { name, cluster, addresses, fingerprint, host }
      : undefined;
  } catch {
    return undefined;
  }
}
