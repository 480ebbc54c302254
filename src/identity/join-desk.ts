/**
 * The desk of a server that shares: checks who comes with a join token, and issues their certificates.
 *
 * J1 the secret is compared in constant time and kept as its hash alone. J2 five wrong ones from an address, and it is not
 *    listened to for a minute. J3 a name belongs to the key that it was issued to: the same key may have it issued anew, another may
 *    not have it at all. J4 a certificate is issued only to whoever signs with the key that it names, and the key never travels.
 * A token may be used until it ends, by as many newcomers as it was made for. What a name may be, and whether a server of that
 * name lives, is the fabric's to say.
 */

import { createHash, createPublicKey, type KeyObject, timingSafeEqual, verify, X509Certificate } from 'node:crypto';

import { setBounded } from '../base/bounded-map.ts';
import { secretBytes } from '../base/random.ts';
import { HeddleError } from '../errors.ts';
import { fingerprintOf, type Issued, issueCertificate } from './certificates.ts';
import { secretLength } from './join-token.ts';
import { joinStatement } from './own-key.ts';

/** The certificates that were issued, by name; they outlive the desk. */
export interface Ledger {
  /** PEM. */
  find(name: string): string | undefined;
  save(name: string, cert: string): void;
}

export interface JoinDeskOptions {
  readonly cluster: string;
  /** Who answers, for messages. */
  readonly server: string;
  /** Issues. */
  readonly ca: Issued;
  /** PEM of all that the fabric trusts now, `ca` included. */
  readonly trusted: () => string;
  readonly ledger: Ledger;
  readonly expiresMs: number;
  /** Newcomers in all. */
  readonly usesMax: number;
  /** How long a certificate is good. */
  readonly validityMs: number;
  readonly wallMs: () => number;
}

/** What a newcomer asks for. */
export interface Newcomer {
  readonly cluster: string;
  readonly secret: Uint8Array;
  readonly name: string;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly hosts: readonly string[];
}

/** Where somebody asks from, and which names live servers have (with their addresses). */
export interface Circumstances {
  readonly address: string;
  readonly liveAt: (name: string) => string | undefined;
}

export interface Granted {
  readonly certificate: string;
  readonly ca: string;
}

/** Wrong secrets of one address within `windowMs`, and addresses that are remembered. */
const wrongMax = 5;
const windowMs = 60_000;
const addressesMax = 4096;
const hostShape = /^[\w.:%-]{1,253}$/;
/** Clocks of two machines may differ by so much. */
const backdatedMs = 5 * 60_000;

export class JoinDesk {
  readonly #options: JoinDeskOptions;
  readonly #hash: Buffer;
  readonly #newcomers = new Set<string>();
  readonly #wrong = new Map<string, { count: number; readonly sinceMs: number }>();
  /** For the token; the desk itself keeps its hash. */
  readonly secret: Uint8Array = secretBytes(secretLength);

  constructor(options: JoinDeskOptions) {
    this.#options = options;
    this.#hash = hashOf(this.secret);
  }

  /** PEM of the CA that a token names. */
  get ca(): string {
    return this.#options.ca.cert;
  }

  /** For the token. */
  get fingerprint(): string {
    return fingerprintOf(this.ca);
  }

  /** Throws `unauthenticated`, `overloaded`, `cluster_mismatch`, `name_taken` and `bad_argument`. */
  admit(newcomer: Newcomer, { address, liveAt }: Circumstances): Granted {
    const { cluster, ca, trusted, ledger, validityMs, wallMs } = this.#options;
    this.#checkSecret(newcomer.secret, address);
    if (newcomer.cluster !== cluster) throw new HeddleError('cluster_mismatch', { ours: newcomer.cluster, theirs: cluster });
    const key = keyOf(newcomer);
    checkHosts(newcomer.hosts);
    this.#checkName(newcomer.name, key, liveAt);
    const nowMs = wallMs();
    const { cert } = issueCertificate(ca, {
      name: newcomer.name,
      kind: 'server',
      hosts: newcomer.hosts,
      publicKey: key.export({ type: 'spki', format: 'pem' }).toString(),
      fromMs: nowMs - backdatedMs,
      untilMs: nowMs + validityMs,
    });
    ledger.save(newcomer.name, cert);
    this.#newcomers.add(newcomer.name);
    return { certificate: cert, ca: trusted() };
  }

  #checkSecret(secret: Uint8Array, address: string): void {
    const { expiresMs, wallMs, server } = this.#options;
    const nowMs = wallMs();
    const wrong = this.#wrong.get(address);
    if (wrong && nowMs - wrong.sinceMs >= windowMs) this.#wrong.delete(address);
    else if (wrong && wrong.count >= wrongMax) {
      throw new HeddleError('overloaded', { function: 'join', server, retryAfterMs: wrong.sinceMs + windowMs - nowMs });
    }
    if (!timingSafeEqual(hashOf(secret), this.#hash)) {
      this.#count(address, nowMs);
      throw this.#unauthenticated('wrong_secret', 'the secret is not that of its token: each start with --share makes another token');
    }
    if (nowMs < expiresMs) return;
    const ended = new Date(expiresMs).toISOString();
    throw this.#unauthenticated('expired', `the join token ended at ${ended}: have the server print another (heddle serve --share)`);
  }

  #checkName(name: string, key: KeyObject, liveAt: Circumstances['liveAt']): void {
    const { usesMax, ledger } = this.#options;
    const issued = ledger.find(name);
    if (issued !== undefined && new X509Certificate(issued).publicKey.equals(key)) return;
    if (issued !== undefined) {
      throw new HeddleError('name_taken', {
        name,
        address: liveAt(name) ?? 'an address that is not known; its certificate is of another key',
      });
    }
    const live = liveAt(name);
    if (live !== undefined) throw new HeddleError('name_taken', { name, address: live });
    if (this.#newcomers.size < usesMax) return;
    throw this.#unauthenticated(
      'expired',
      `the join token was for ${usesMax} newcomers, and they have come: have the server print another`,
    );
  }

  /** Remembers a few thousand addresses; the one that came first is forgotten for a further one. */
  #count(address: string, nowMs: number): void {
    const wrong = this.#wrong.get(address);
    if (wrong) {
      wrong.count += 1;
      return;
    }
    setBounded(this.#wrong, addressesMax, [address, { count: 1, sinceMs: nowMs }]);
  }

  #unauthenticated(reason: 'wrong_secret' | 'expired', why: string): HeddleError {
    return new HeddleError('unauthenticated', { server: this.#options.server, reason, why });
  }
}

/** The key of a newcomer who has proved to have it. Throws `bad_argument`. */
function keyOf({ cluster, name, publicKey, signature }: Newcomer): KeyObject {
  const expected = 'a public key (ECDSA on P-256), and a signature by it';
  try {
    const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
    const isKnown = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    if (isKnown && verify('sha256', joinStatement(cluster, name, publicKey), key, signature)) return key;
  } catch {
    // Not even a key.
  }
  throw new HeddleError('bad_argument', { path: ['publicKey'], expected, found: 'something else' });
}

/** Clients in other languages believe a certificate's hosts: it names each, and no pattern. Throws `bad_argument`. */
function checkHosts(hosts: readonly string[]): void {
  const odd = hosts.find((host) => !hostShape.test(host));
  if (odd === undefined) return;
  throw new HeddleError('bad_argument', {
    path: ['hosts'],
    expected: 'names of hosts and addresses, without *',
    found: JSON.stringify(odd.slice(0, 64)),
  });
}

function hashOf(secret: Uint8Array): Buffer {
  return createHash('sha256').update(secret).digest();
}
