/**
 * The key of a newcomer: made where it is used, and proved without being shown.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

import { secretBytes } from '../base/random.ts';

/** What is signed to prove a key: text and key together, so that a proof is good for one name in one cluster. */
export function joinStatement(cluster: string, name: string, publicKey: Uint8Array): Uint8Array {
  return Buffer.from(['heddle join', cluster, name, Buffer.from(publicKey).toString('base64')].join('\n'));
}

/** A new private key, ECDSA on P-256, as PEM. Costs under a millisecond. */
export function newPrivateKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

/** What a server is called that was given no name: after its machine, in letters, digits and dashes. */
export function nameAfter(hostname: string): string {
  const plain = hostname.replaceAll(/[^A-Za-z0-9-]/g, '-').replace(/^-+/, '');
  return plain.slice(0, 48) || 'server';
}

/** The same for one of many newcomers, whose machines may have one name. */
export function nameForNewcomer(hostname: string): string {
  return `${nameAfter(hostname)}-${Buffer.from(secretBytes(3)).toString('hex')}`;
}

/** What a request to join says of a key. Throws what node:crypto throws for PEM of no private key. */
export function proofOf(
  privateKey: string,
  { cluster, name }: { readonly cluster: string; readonly name: string },
): { readonly publicKey: Uint8Array; readonly signature: Uint8Array } {
  const key = createPrivateKey(privateKey);
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { publicKey, signature: sign('sha256', joinStatement(cluster, name, publicKey), key) };
}
