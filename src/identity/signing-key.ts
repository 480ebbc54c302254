/**
 * Ed25519 keys (RFC 8032) with which a server signs what it says of itself: a pair of its own, and the public keys of others.
 *
 * E1 a signature is 64 bytes, a public key 32; the same bytes have the same signature.
 * Whose a key is, and for how long, is for others to prove.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';

/** In front of the 32 bytes of a private key, in PKCS #8; and of a public one, in SubjectPublicKeyInfo (RFC 8410). */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const spki = Buffer.from('302a300506032b6570032100', 'hex');

export const publicKeyBytes = 32;
const signatureBytes = 64;

/** What signs and verifies; a simulation brings its own, which costs less. */
export interface KeyKind {
  make(): SignsWithKey;
  /** Throws for bytes that are no public key. */
  verifierOf(publicKey: Uint8Array): VerifiesKey;
}

export type SignsWithKey = Pick<SigningKey, 'publicKey' | 'sign'>;
export type VerifiesKey = Pick<VerifyingKey, 'hasSigned'>;

class SigningKey {
  readonly #private: KeyObject;
  /** 32 bytes. */
  readonly publicKey: Uint8Array;

  /** `seed`: the 32 bytes of a private key; default: a new one. Costs about 0.1 ms. */
  constructor(seed?: Uint8Array) {
    this.#private = seed ? privateKeyOf(seed) : generateKeyPairSync('ed25519').privateKey;
    const whole = createPublicKey(this.#private).export({ type: 'spki', format: 'der' });
    this.publicKey = Uint8Array.from(whole.subarray(spki.length));
  }

  /** Costs about 0.05 ms. */
  sign(bytes: Uint8Array): Uint8Array {
    return sign(null, bytes, this.#private);
  }
}

/** Somebody's public key. */
class VerifyingKey {
  readonly #public: KeyObject;

  /** Throws what node:crypto throws for what is not 32 bytes. */
  constructor(publicKey: Uint8Array) {
    this.#public = createPublicKey({ key: Buffer.concat([spki, publicKey]), format: 'der', type: 'spki' });
  }

  /** Costs about 0.1 ms. */
  hasSigned(bytes: Uint8Array, signature: Uint8Array): boolean {
    return signature.length === signatureBytes && verify(null, bytes, this.#public, signature);
  }
}

export const ed25519: KeyKind = {
  make: () => new SigningKey(),
  verifierOf: (publicKey) => new VerifyingKey(publicKey),
};

function privateKeyOf(seed: Uint8Array): KeyObject {
  return createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' });
}
