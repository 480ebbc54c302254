/**
 * Joining by token: `heddle.v1.JoinRequest` and `heddle.v1.JoinResponse`.
 */

import { readError, writeError } from './error-message.ts';
import { bytesTag, ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';
import type { WireError } from './wire-error.ts';

export interface JoinRequest {
  readonly cluster: string;
  /** Empty: only the CA is asked for. */
  readonly secret: Uint8Array;
  readonly name: string;
  /** DER of a SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
  readonly hosts: readonly string[];
}

export interface JoinResponse {
  /** PEM, as is `certificate`; empty where there is none. */
  readonly ca: string;
  readonly certificate: string;
  readonly server: string;
  readonly refusal?: WireError | undefined;
}

const hostsMax = 16;

export function encodeJoinRequest({ cluster, secret, name, publicKey, signature, hosts }: JoinRequest): Uint8Array {
  const writer = new ProtoWriter(512);
  writer.strings(6, hosts);
  writer.bytes(5, signature);
  writer.bytes(4, publicKey);
  writer.string(3, name);
  writer.bytes(2, secret);
  writer.string(1, cluster);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeJoinRequest(message: Uint8Array): JoinRequest {
  const reader = new ProtoReader(message);
  const request = { cluster: '', secret: none, name: '', publicKey: none, signature: none };
  const hosts: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) request.cluster = reader.string();
    else if (tag === bytesTag(2)) request.secret = reader.bytes();
    else if (tag === bytesTag(3)) request.name = reader.string();
    else if (tag === bytesTag(4)) request.publicKey = reader.bytes();
    else if (tag === bytesTag(5)) request.signature = reader.bytes();
    else if (tag === bytesTag(6)) {
      if (hosts.push(reader.string()) > hostsMax) throw protocolError(`a request to join names more than ${hostsMax} hosts`);
    } else reader.skip(tag);
  }
  return { ...request, hosts };
}

export function encodeJoinResponse({ ca, certificate, server, refusal }: JoinResponse): Uint8Array {
  const writer = new ProtoWriter(2048);
  if (refusal) writeError({ writer, large: undefined }, 4, refusal);
  writer.string(3, server);
  writer.string(2, certificate);
  writer.string(1, ca);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeJoinResponse(message: Uint8Array): JoinResponse {
  const reader = new ProtoReader(message);
  const response = { ca: '', certificate: '', server: '' };
  let refusal: WireError | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) response.ca = reader.string();
    else if (tag === bytesTag(2)) response.certificate = reader.string();
    else if (tag === bytesTag(3)) response.server = reader.string();
    else if (tag === bytesTag(4)) refusal = readError({ reader, large: undefined });
    else reader.skip(tag);
  }
  return { ...response, refusal };
}

const none: Uint8Array = new Uint8Array(0);
