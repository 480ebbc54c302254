/**
 * Whose process an instance is: made of the name of its server and of random bytes, so that whoever shows these has the name.
 *
 * Nobody finds other bytes that make the same of another name: that takes 2^128 tries (a second preimage of 128 bits of SHA-256).
 */

import { createHash } from 'node:crypto';

/** Bytes of a proof. */
export const instanceProofBytes = 16;
const instanceHexChars = 32;

/** `proof` and the instance in hex. */
export function instanceOf(name: string, proof: string): string {
  const text = createHash('sha256').update(`heddle instance 1\n${name}\n`).update(Buffer.from(proof, 'hex'));
  return text.digest('hex').slice(0, instanceHexChars);
}

/**
 * Which process a client's session is of: what the client says, of whomever it has proved to be (`Identity.text`). Two identities never have
 * a process in common, whatever they say; the same one has the same at every server.
 */
export function clientInstanceOf(identity: string, said: string): string {
  return createHash('sha256').update(`heddle client 1\n${identity}\n${said}`).digest('hex').slice(0, instanceHexChars);
}

/** Whether the instance is one of the server of this name. */
export function isInstanceOf(
  name: string,
  { instance, proof }: { readonly instance: string; readonly proof: string | undefined },
): boolean {
  return proof?.length === 2 * instanceProofBytes && instanceOf(name, proof) === instance;
}
