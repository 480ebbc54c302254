/**
 * Makes the keys that sign tokens, and tokens: ed25519, EdDSA. What a server takes is tokens.ts.
 */

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';

/** PEM both. */
export interface TokenKeys {
  /** For servers: believes tokens. */
  readonly publicKey: string;
  /** For whoever lets clients in: makes tokens. */
  readonly privateKey: string;
}

export interface TokenClaims {
  /** Whose token it is. */
  readonly name: string;
  readonly cluster: string;
  /** Milliseconds since the Unix epoch. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export function makeTokenKeys(): TokenKeys {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** `privateKey`: PEM. Rejects with what jose says of a key that is none. */
export async function issueToken(privateKey: string, { name, cluster, fromMs, untilMs }: TokenClaims): Promise<string> {
  const { SignJWT } = await import('jose');
  return new SignJWT({})
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
    .setSubject(name)
    .setAudience(cluster)
    .setIssuedAt(Math.floor(fromMs / 1000))
    .setExpirationTime(Math.floor(untilMs / 1000))
    .sign(createPrivateKey(privateKey));
}
