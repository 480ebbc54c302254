/**
 * The join token: what somebody is handed to enter a fabric from another machine. One text, to be copied whole.
 *
 * K1 it names a cluster, addresses, the CA that whoever answers there has to be certified by (its fingerprint), a secret, and
 *    when it ends. K2 what was cut off or mistyped on the way is told from what has ended or is of a later version.
 * Base64url of: version, fingerprint (32 bytes), secret (32), end in seconds (6), cluster, addresses (each behind its length), and a
 * checksum (the first 4 bytes of SHA-256 over what is before). Whoever holds it may enter: it is kept as a password is.
 */

import { createHash } from 'node:crypto';
import { HeddleError } from '../errors.ts';

export interface JoinToken {
  /** Only servers of one cluster join one another. */
  readonly cluster: string;
  /** `host:port`, tried in order. */
  readonly addresses: readonly string[];
  /** SHA-256 of the CA's certificate, in lower-case hex. */
  readonly fingerprint: string;
  /** 32 bytes. */
  readonly secret: Uint8Array;
  /** Since the Unix epoch; whole seconds. */
  readonly expiresMs: number;
}

const version = 1;
const [hashBytes, endBytes, checkBytes] = [32, 6, 4];
export const secretLength = 32;
/** Of what a person copies. */
const tokenCharactersMax = 4096;
const addressesMax = 8;

/** Its text. Texts over 255 bytes, or more than eight addresses, are a bug of the caller (asserted by throwing RangeError). */
export function encodeJoinToken({ cluster, addresses, fingerprint, secret, expiresMs }: JoinToken): string {
  if (secret.length !== secretLength || addresses.length > addressesMax) throw new RangeError('this is no token');
  const end = Buffer.alloc(endBytes);
  end.writeUIntBE(Math.floor(expiresMs / 1000), 0, endBytes);
  const parts = [Buffer.from([version]), Buffer.from(fingerprint, 'hex'), secret, end, short(cluster), ...addresses.map(short)];
  const body = Buffer.concat(parts);
  return Buffer.concat([body, checkOf(body)]).toString('base64url');
}

/** What a text says. Throws `bad_argument` that never repeats it: it may be a secret. */
export function readJoinToken(text: string): JoinToken {
  const bare = text.trim();
  if (bare === '' || bare.length > tokenCharactersMax || !/^[\w-]+$/.test(bare))
    throw malformed(`${bare.length} characters of something else`);
  const bytes = Buffer.from(bare, 'base64url');
  if (bytes[0] !== version) throw malformed(`one of version ${bytes[0] ?? 0}: join with the version of Heddle that made it`);
  const body = bytes.subarray(0, Math.max(0, bytes.length - checkBytes));
  if (!checkOf(body).equals(bytes.subarray(body.length)))
    throw malformed('one that was cut off or changed on the way: copy it again, whole');
  return readBody(body);
}

function readBody(body: Buffer): JoinToken {
  const secretAt = 1 + hashBytes;
  const endAt = secretAt + secretLength;
  const [cluster, ...addresses] = textsOf(body.subarray(endAt + endBytes));
  if (cluster === undefined || addresses.length === 0 || addresses.length > addressesMax) throw malformed('one without cluster or address');
  return {
    cluster,
    addresses,
    fingerprint: body.toString('hex', 1, secretAt),
    secret: body.subarray(secretAt, endAt),
    expiresMs: body.readUIntBE(endAt, endBytes) * 1000,
  };
}

/** Texts, each behind a byte of length. One that is cut off makes the whole malformed. */
function textsOf(bytes: Buffer): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + (bytes[at] ?? 0);
    if (end > bytes.length || end === at + 1) throw malformed('one with a text that is cut off');
    texts.push(bytes.toString('utf8', at + 1, end));
    at = end;
  }
  return texts;
}

function short(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length === 0 || bytes.length > 255) throw new RangeError('a text of a token has 1 to 255 bytes');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function checkOf(body: Uint8Array): Buffer {
  return createHash('sha256').update(body).digest().subarray(0, checkBytes);
}

function malformed(found: string): HeddleError {
  return new HeddleError('bad_argument', { path: ['token'], expected: 'a join token, as heddle serve --share prints it', found });
}
