/**
 * Issues certificates: a CA of one's own, and certificates of servers and clients under it. X.509 version 3 (RFC 5280) with
 * ECDSA on P-256, which every TLS library takes.
 *
 * I1 the common name is whose certificate it is; hosts and addresses are for clients that check where they have connected.
 * I2 a server's certificate is good for both ends of a link, a client's for its own end alone; neither issues others.
 * I3 the serial number is made of the public key: the same key has the same number, another has another.
 * Meant for development and small fabrics; any other CA whose certificates say the same does as well.
 */

import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import { bits, boolean, der, integer, octets, oid, readAll, sequence, set, tagged, time, utf8 } from './der.ts';

/** A certificate and the private key that belongs to it, both as PEM. */
export interface Issued {
  readonly cert: string;
  readonly key: string;
}

export interface Validity {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Subject extends Validity {
  /** Whose it is: a server's name, or what a client shall be called. */
  readonly name: string;
  readonly kind: 'server' | 'client';
  /** Hosts and IP addresses by which a server is reached. */
  readonly hosts?: readonly string[] | undefined;
  /** Whose private key stays where it is: PEM of its public half. Default: a new pair. */
  readonly publicKey?: string | undefined;
}

const ecdsaWithSha256 = sequence(oid('1.2.840.10045.4.3.2'));
const commonName = '2.5.4.3';
const extensions = {
  keyId: '2.5.29.14',
  usage: '2.5.29.15',
  names: '2.5.29.17',
  basic: '2.5.29.19',
  issuer: '2.5.29.35',
  purposes: '2.5.29.37',
};
const purposes = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' };
/** keyUsage, first bit first: digitalSignature; keyCertSign and cRLSign. */
const usageOfLeaf = bits(Buffer.from([0x80]), 7);
const usageOfCa = bits(Buffer.from([0x06]), 1);

/** A CA that signs itself. Costs a key pair, under a millisecond. */
export function issueCa({ name, fromMs, untilMs }: Pick<Subject, 'name'> & Validity): Issued {
  const { publicKey, privateKey } = newPair();
  const self = nameOf(name);
  const own = [
    extension(extensions.basic, sequence(boolean(true), integer(Buffer.from([0]))), true),
    extension(extensions.usage, usageOfCa, true),
    extension(extensions.keyId, octets(keyIdOf(publicKey))),
  ];
  const cert = signed({ issuer: self, subject: self, publicKey, extensions: own, fromMs, untilMs }, privateKey);
  return { cert, key: pemOf(privateKey) };
}

/** A certificate under `ca`; `key` is empty where the public key was given. Throws what node:crypto throws for a CA that is none. */
export function issueCertificate(ca: Issued, { name, kind, hosts = [], publicKey: given, fromMs, untilMs }: Subject): Issued {
  const pair = given === undefined ? newPair() : { publicKey: createPublicKey(given), privateKey: undefined };
  const issuer = new X509Certificate(ca.cert);
  const forWhat = kind === 'server' ? [oid(purposes.server), oid(purposes.client)] : [oid(purposes.client)];
  const own = [
    extension(extensions.basic, sequence(), true),
    extension(extensions.usage, usageOfLeaf, true),
    extension(extensions.purposes, sequence(...forWhat)),
    extension(extensions.keyId, octets(keyIdOf(pair.publicKey))),
    extension(extensions.issuer, sequence(der(0x80, keyIdOf(issuer.publicKey)))),
    ...(hosts.length === 0 ? [] : [extension(extensions.names, sequence(...hosts.map(generalName)))]),
  ];
  const facts = { issuer: subjectOf(issuer), subject: nameOf(name), publicKey: pair.publicKey, extensions: own, fromMs, untilMs };
  return { cert: signed(facts, createPrivateKey(ca.key)), key: pair.privateKey === undefined ? '' : pemOf(pair.privateKey) };
}

/** SHA-256 over a certificate, in lower-case hex: what a person or a token can compare. Throws for what is no PEM of one. */
export function fingerprintOf(cert: string): string {
  return new X509Certificate(cert).fingerprint256.replaceAll(':', '').toLowerCase();
}

interface Facts extends Validity {
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Uint8Array[];
}

function signed({ issuer, subject, publicKey, extensions: own, fromMs, untilMs }: Facts, key: KeyObject): string {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serialOf(spki)),
    ecdsaWithSha256,
    issuer,
    sequence(time(fromMs), time(untilMs)),
    subject,
    spki,
    tagged(3, sequence(...own)),
  );
  const whole = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, key)));
  const lines = whole.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function newPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function nameOf(name: string): Buffer {
  return sequence(set(sequence(oid(commonName), utf8(name))));
}

/** The subject as it stands in the certificate, byte for byte: an issuer is found by it. */
function subjectOf({ raw }: X509Certificate): Uint8Array {
  const [certificate] = readAll(raw);
  const [body] = readAll(certificate?.content ?? raw);
  // Version, serial number, algorithm, issuer, validity, subject.
  const subject = readAll(body?.content ?? raw)[5];
  if (!subject) throw new Error('the certificate names no subject');
  return subject.whole;
}

function extension(id: string, value: Uint8Array, isCritical = false): Buffer {
  return sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));
}

/** dNSName or iPAddress. */
function generalName(host: string): Buffer {
  const version = isIP(host);
  if (version === 0) return der(0x82, Buffer.from(host));
  return der(0x87, version === 4 ? Buffer.from(host.split('.').map(Number)) : bytesOfV6(host));
}

function bytesOfV6(host: string): Buffer {
  const [head = '', tail] = host.split('::');
  const groups = (text: string): readonly string[] => (text === '' ? [] : text.split(':'));
  const gap = tail === undefined ? 0 : 8 - groups(head).length - groups(tail).length;
  const all = [...groups(head), ...Array.from({ length: gap }, () => '0'), ...groups(tail ?? '')];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function serialOf(spki: Uint8Array): Buffer {
  const serial = createHash('sha256').update(spki).digest().subarray(0, 16);
  // Over 0 and of one length, whatever the hash: RFC 5280, 4.1.2.2.
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  return serial;
}

function keyIdOf(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}
