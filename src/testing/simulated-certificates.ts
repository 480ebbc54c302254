/**
 * Certificates and keys of a simulation, without their cost: who is whose word is decided by the rules of production (fabric/mesh:
 * statements, serial numbers, rotation), and only the two primitives below them are others.
 *
 * C1 what a certificate proves is what a real one does: issued by an authority that is trusted here, to a server, good now.
 * C2 a signature is a MAC under a secret that only its maker and the simulation have: others cannot make it, and it costs some
 *    microseconds where Ed25519 takes 0.2 ms and a certificate 0.8 ms.
 * C3 the same steps make the same keys: nothing here is random.
 */

import { createHmac } from 'node:crypto';

import type { KeyKind } from '../identity/signing-key.ts';
import { type Doubt, notAServer } from '../transport/peer-certificate.ts';
import type { Proved, Vouched, Vouching } from '../transport/voucher.ts';

/** What an authority has issued. Whoever holds the object holds its private key. */
export interface SimulatedCertificate {
  readonly authority: SimulatedAuthority;
  readonly serial: number;
  readonly name: string;
  readonly isServer: boolean;
  /** Milliseconds since the Unix epoch. */
  readonly untilMs: number;
  readonly secret: Uint8Array;
}

/** As late as a date can be, or nearly. */
const foreverMs = 8e15;
const publicKeyBytes = 32;

/** One that issues certificates: a CA. */
export class SimulatedAuthority {
  readonly name: string;
  readonly #issued: SimulatedCertificate[] = [];

  constructor(name = 'CA') {
    this.name = name;
  }

  issue(name: string, { isServer, untilMs = foreverMs }: { readonly isServer: boolean; readonly untilMs?: number }): SimulatedCertificate {
    const serial = this.#issued.length;
    const secret = mac(Buffer.from(`certificate ${this.name}`), Buffer.from(`${serial}`));
    const certificate: SimulatedCertificate = { authority: this, serial, name, isServer, untilMs, secret };
    this.#issued.push(certificate);
    return certificate;
  }

  find(serial: number): SimulatedCertificate | undefined {
    return this.#issued[serial];
  }
}

/** What one process shows, and whom it trusts. */
export interface SimulatedTrust {
  readonly own: SimulatedCertificate;
  readonly trusted: readonly SimulatedAuthority[];
}

/** The certificates that one process uses, in the place of files. */
export class SimulatedCredentials implements Vouching {
  #inUse: SimulatedTrust;
  readonly #wallMs: () => number;

  constructor(trust: SimulatedTrust, wallMs: () => number) {
    this.#inUse = trust;
    this.#wallMs = wallMs;
  }

  get inUse(): SimulatedTrust {
    return this.#inUse;
  }

  get untilMs(): number {
    return this.#inUse.own.untilMs;
  }

  /** Others from now on, as files that were replaced. */
  replace(trust: Partial<SimulatedTrust>): void {
    this.#inUse = { ...this.#inUse, ...trust };
  }

  vouch(bytes: Uint8Array): Vouched {
    const { authority, serial, secret } = this.#inUse.own;
    return { certificates: [Buffer.from(JSON.stringify([authority.name, serial]))], signature: mac(secret, bytes) };
  }

  check(bytes: Uint8Array, { certificates, signature }: Vouched): Proved | Doubt {
    const shown = this.#find(certificates[0]);
    if (!shown) return { reason: 'untrusted', why: 'its certificate is of an authority that is not trusted here' };
    const doubt = this.doubtAbout(shown) ?? (shown.isServer ? undefined : notAServer(shown.name));
    if (doubt) return doubt;
    if (!isEqual(mac(shown.secret, bytes), signature)) return { reason: 'untrusted', why: `"${shown.name}" has not signed it` };
    return { name: shown.name, untilMs: shown.untilMs };
  }

  /** What a handshake here would find wrong with it. */
  doubtAbout({ authority, name, untilMs }: SimulatedCertificate): Doubt | undefined {
    if (!this.#inUse.trusted.includes(authority)) {
      return { reason: 'untrusted', why: `the certificate of "${name}" is of "${authority.name}", which is not trusted here` };
    }
    if (untilMs > this.#wallMs()) return undefined;
    return { reason: 'expired', why: `the certificate of "${name}" ended on ${new Date(untilMs).toUTCString()}` };
  }

  #find(certificate: Uint8Array | undefined): SimulatedCertificate | undefined {
    if (certificate === undefined) return undefined;
    const [name, serial] = JSON.parse(Buffer.from(certificate).toString()) as readonly [string, number]; // as `vouch` wrote it
    return this.#inUse.trusted.find((authority) => authority.name === name)?.find(serial);
  }
}

/** The keys of all processes of one simulation. */
export class SimulatedKeys implements KeyKind {
  readonly #secrets = new Map<string, Uint8Array>();

  make(): ReturnType<KeyKind['make']> {
    const secret = mac(Buffer.from('key'), Buffer.from(`${this.#secrets.size}`));
    const publicKey = Uint8Array.from(mac(secret, Buffer.from('public')).subarray(0, publicKeyBytes));
    this.#secrets.set(textOf(publicKey), secret);
    return { publicKey, sign: (bytes) => mac(secret, bytes) };
  }

  verifierOf(publicKey: Uint8Array): ReturnType<KeyKind['verifierOf']> {
    const secret = this.#secrets.get(textOf(publicKey));
    return { hasSigned: (bytes, signature) => secret !== undefined && isEqual(mac(secret, bytes), signature) };
  }
}

/** 64 bytes, as many as an Ed25519 signature has. */
function mac(secret: Uint8Array, bytes: Uint8Array): Buffer {
  return createHmac('sha512', secret).update(bytes).digest();
}

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
