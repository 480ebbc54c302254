/**
 * Keys with which members sign: `heddle.v1.SignedKey` and `heddle.v1.KeyStatement`.
 *
 * What is signed is the bytes of the statement, as they came.
 */

import { hexBytes, readHex } from './mesh-words.ts';
import { bytesTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** What is said of a key. */
export interface KeyStatement {
  /** Of the server. */
  readonly name: string;
  readonly cluster: string;
  /** 128 bits in hex, made of the name and `instanceProof`. */
  readonly instance: string;
  /** Random bytes, in hex. */
  readonly instanceProof: string;
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** Since the Unix epoch. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Counts the keys of one process from 1. */
  readonly serial: number;
}

/** A statement with the proof of whose it is. */
export interface SignedKey {
  /** The bytes of a `KeyStatement`. */
  readonly statement: Uint8Array;
  /** X.509 in DER: the server's own first. */
  readonly certificates: readonly Uint8Array[];
  /** By the certificate's private key. */
  readonly signature: Uint8Array;
}

const roomBytes = 256;
const certificatesMax = 4;

export function encodeKeyStatement(key: KeyStatement): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  writer.uint(8, key.serial);
  writer.uint(7, key.notAfterMs);
  writer.uint(6, key.notBeforeMs);
  writer.bytes(5, key.publicKey);
  writer.bytes(4, hexBytes(key.instanceProof));
  writer.bytes(3, hexBytes(key.instance));
  writer.string(2, key.cluster);
  writer.string(1, key.name);
  return Uint8Array.from(writer.finish());
}

/** Throws `protocol_error`. */
export function decodeKeyStatement(bytes: Uint8Array): KeyStatement {
  const reader = new ProtoReader(bytes);
  const texts = { name: '', cluster: '', instance: '', instanceProof: '' };
  const times = { notBeforeMs: 0, notAfterMs: 0, serial: 0 };
  let publicKey: Uint8Array = new Uint8Array();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) texts.name = reader.string();
    else if (tag === bytesTag(2)) texts.cluster = reader.string();
    else if (tag === bytesTag(3)) texts.instance = readHex(reader);
    else if (tag === bytesTag(4)) texts.instanceProof = readHex(reader);
    else if (tag === bytesTag(5)) publicKey = Uint8Array.from(reader.bytes());
    else if (tag === varintTag(6)) times.notBeforeMs = reader.uint();
    else if (tag === varintTag(7)) times.notAfterMs = reader.uint();
    else if (tag === varintTag(8)) times.serial = reader.uint();
    else reader.skip(tag);
  }
  return { ...texts, publicKey, ...times };
}

export function encodeSignedKey({ statement, certificates, signature }: SignedKey): Uint8Array {
  const writer = new ProtoWriter(roomBytes + statement.length);
  writer.bytes(3, signature);
  for (const certificate of [...certificates].reverse()) writer.presentBytes(2, certificate);
  writer.bytes(1, statement);
  return Uint8Array.from(writer.finish());
}

/** Throws `protocol_error`. */
export function decodeSignedKey(bytes: Uint8Array): SignedKey {
  const reader = new ProtoReader(bytes);
  const certificates: Uint8Array[] = [];
  let statement: Uint8Array = new Uint8Array();
  let signature: Uint8Array = new Uint8Array();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) statement = reader.bytes();
    else if (tag === bytesTag(2)) certificates.push(reader.bytes());
    else if (tag === bytesTag(3)) signature = reader.bytes();
    else reader.skip(tag);
    if (certificates.length > certificatesMax) throw protocolError(`a key comes with over ${certificatesMax} certificates`);
  }
  return { statement, certificates, signature };
}
