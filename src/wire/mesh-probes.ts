/**
 * Errands between members, and what answers them: `ProbeRequest`, `ProbeAck`, `ProbeNack` of mesh.proto.
 */

import type { ProbeAck, ProbeNack, ProbeRequest } from '../core/gossip/message.ts';
import { accusations, hexBytes, readHex } from './mesh-words.ts';
import { bytesTag, type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

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
