/**
 * What members say about a third one before anybody is convicted: errands and their answers, and sets of doubts.
 * `ProbeRequest`, `ProbeAck`, `ProbeNack`, `DoubtSet` of mesh.proto.
 */

import { bufferOf } from '../base/bytes.ts';
import type { DoubtSet, ProbeAck, ProbeNack, ProbeRequest } from '../core/gossip/message.ts';
import { meshLimits } from '../core/gossip/settings.ts';
import { accusations, hexBytes, readHex } from './mesh-words.ts';
import { bytesTag, type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const doubtIdBytes = 8;

export function writeProbeRequest(writer: ProtoWriter, { request, target, instance }: ProbeRequest): void {
  writer.bytes(3, hexBytes(instance));
  writer.string(2, target);
  writer.uint(1, request);
}

export function readProbeRequest(reader: ProtoReader): ProbeRequest {
  const probe = { request: 0, target: '', instance: '' };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) probe.request = reader.uint();
    else if (tag === bytesTag(2)) probe.target = reader.string();
    else if (tag === bytesTag(3)) probe.instance = readHex(reader);
    else reader.skip(tag);
  }
  return { kind: 'probeRequest', ...probe };
}

export function writeProbeAck(writer: ProtoWriter, { request }: ProbeAck): void {
  writer.uint(1, request);
}

export function readProbeAck(reader: ProtoReader): ProbeAck {
  let request = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) request = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'probeAck', request };
}

export function writeProbeNack(writer: ProtoWriter, { request, evidence }: ProbeNack): void {
  writer.uint(2, accusations.indexOf(evidence));
  writer.uint(1, request);
}

/** Evidence that this build does not know counts as silence: the member was not reached. */
export function readProbeNack(reader: ProtoReader): ProbeNack {
  const nack = { request: 0, evidence: 0 };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) nack.request = reader.uint();
    else if (tag === varintTag(2)) nack.evidence = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'probeNack', request: nack.request, evidence: accusations[nack.evidence] ?? 'silent' };
}

export function writeDoubts(writer: ProtoWriter, { ids }: DoubtSet): void {
  writer.bytes(1, hexBytes(ids.join('')));
}

export function readDoubts(reader: ProtoReader): DoubtSet {
  const ids: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) readIds(reader.bytes(), ids);
    else reader.skip(tag);
  }
  return { kind: 'doubts', ids };
}

function readIds(bytes: Uint8Array, ids: string[]): void {
  const count = bytes.length / doubtIdBytes;
  if (!Number.isInteger(count) || ids.length + count > meshLimits.doubts) throw protocolError(`a set of doubts has ${bytes.length} bytes`);
  const hex = bufferOf(bytes).toString('hex');
  for (let at = 0; at < hex.length; at += 2 * doubtIdBytes) ids.push(hex.slice(at, at + 2 * doubtIdBytes));
}
