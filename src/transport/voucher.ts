/**
 * Says something in the name of a certificate, and finds out who has: proofs that travel, and are not bound to a connection.
 *
 * V1 what is proved is what a handshake proves: issued by a CA that is trusted here, to a server, with one name, good now.
 * V2 the certificates are those that handshakes use; when they are replaced, so are these.
 * Path lengths and name constraints of a CA are not looked at here, as OpenSSL does in a handshake. Whoever uses this puts a
 * text of its own in front of what it says, so that no proof passes for another.
 */

import { createPrivateKey, type KeyObject, sign, verify, X509Certificate } from 'node:crypto';

import { chainOf, issuersOf } from './certificate-chain.ts';
import type { Credentials, InUse } from './credentials.ts';
import { type Doubt, doubtOf, isServers, nameOf, notAServer } from './peer-certificate.ts';

/** What goes with something that was said. */
export interface Vouched {
  /** In DER: the own certificate first, then those between it and the CA. */
  readonly certificates: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

/** Whose word it is, and until when the certificate says so, in milliseconds since the Unix epoch. */
export interface Proved {
  readonly name: string;
  readonly untilMs: number;
}

interface Own {
  readonly inUse: InUse;
  readonly key: KeyObject;
  readonly certificates: readonly X509Certificate[];
  readonly trusted: readonly X509Certificate[];
}

/** Certificates in one proof; more are not looked at. */
const certificatesMax = 4;

/** What says something in the name of a certificate, and finds out who has; a simulation brings its own. */
export type Vouching = Pick<Voucher, 'inUse' | 'untilMs' | 'vouch' | 'check'>;

export class Voucher {
  readonly #credentials: Pick<Credentials, 'current'>;
  readonly #wallMs: () => number;
  #own: Own | undefined;

  constructor(credentials: Pick<Credentials, 'current'>, wallMs: () => number) {
    this.#credentials = credentials;
    this.#wallMs = wallMs;
  }

  /** Another object whenever the certificates are others. */
  get inUse(): object {
    return this.#current().inUse;
  }

  /** When the own certificate ends. */
  get untilMs(): number {
    return endOf(this.#current().certificates);
  }

  vouch(bytes: Uint8Array): Vouched {
    const { key, certificates } = this.#current();
    return { certificates: certificates.slice(0, certificatesMax).map(({ raw }) => raw), signature: sign(digestFor(key), bytes, key) };
  }

  /** Costs about 0.5 ms. */
  check(bytes: Uint8Array, { certificates, signature }: Vouched): Proved | Doubt {
    const [own, ...between] = read(certificates.slice(0, certificatesMax));
    if (!own) return { reason: 'no_certificate', why: 'the proof holds no certificate that can be read' };
    // Costs as much as a signature.
    const shown = own.toLegacyObject();
    const doubt = this.#doubt(own, shown, between);
    if (doubt) return doubt;
    const name = nameOf(shown);
    if (name === undefined) return { reason: 'no_certificate', why: 'the certificate names nobody, or several' };
    if (!isSignedBy(own.publicKey, bytes, signature)) return { reason: 'untrusted', why: `"${name}" has not signed it` };
    return { name, untilMs: endOf([own, ...between]) };
  }

  #doubt(
    own: X509Certificate,
    shown: ReturnType<X509Certificate['toLegacyObject']>,
    between: readonly X509Certificate[],
  ): Doubt | undefined {
    if (!isServers({ ext_key_usage: own.keyUsage })) return notAServer(nameOf(shown));
    const issuers = issuersOf(own, between, this.#current().trusted);
    if (!issuers) return doubtOf('UNABLE_TO_VERIFY_LEAF_SIGNATURE', shown);
    const nowMs = this.#wallMs();
    const path = [own, ...issuers];
    if (path.some(({ validTo }) => Date.parse(validTo) <= nowMs)) return doubtOf('CERT_HAS_EXPIRED', shown);
    return path.some(({ validFrom }) => Date.parse(validFrom) > nowMs) ? doubtOf('CERT_NOT_YET_VALID', shown) : undefined;
  }

  #current(): Own {
    const inUse = this.#credentials.current();
    if (this.#own?.inUse === inUse) return this.#own;
    const { ca, cert = '', key = '' } = inUse.options;
    this.#own = { inUse, key: createPrivateKey(key), certificates: chainOf(cert), trusted: ca.flatMap(chainOf) };
    return this.#own;
  }
}

function read(certificates: readonly Uint8Array[]): readonly X509Certificate[] {
  try {
    return certificates.map((der) => new X509Certificate(der));
  } catch {
    return [];
  }
}

/** Keys of Edwards curves digest by themselves. */
function digestFor({ asymmetricKeyType }: KeyObject): 'sha256' | null {
  return asymmetricKeyType === 'ed25519' || asymmetricKeyType === 'ed448' ? null : 'sha256';
}

function isSignedBy(key: KeyObject, bytes: Uint8Array, signature: Uint8Array): boolean {
  try {
    return verify(digestFor(key), bytes, key, signature);
  } catch {
    return false;
  }
}

function endOf(certificates: readonly X509Certificate[]): number {
  return Math.min(...certificates.map(({ validTo }) => Date.parse(validTo)));
}
