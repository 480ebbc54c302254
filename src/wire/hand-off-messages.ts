/**
 * `heddle.v1.Pull` and `Lease`.
 */

import type { Parked } from '../core/payload.ts';
import { wholeMs } from './call-messages.ts';
import { readParkedIn, readPathPart, writeParked, writePath } from './common-messages.ts';
import type { LeaseFrame, PullFrame } from './hand-off-frames.ts';
import { bytesTag, type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

export function writePull(writer: ProtoWriter, { parked, credit, path, listBytes }: PullFrame): void {
  writer.uint(4, listBytes ?? 0);
  writePath(writer, 3, path ?? []);
  writer.uint(2, credit);
  writeParked(writer, 1, parked);
}

export function readPull(reader: ProtoReader, id: number): PullFrame {
  let parked: Parked | undefined;
  let credit = 0;
  const path: (string | number)[] = [];
  let listBytes: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) parked = readParkedIn(reader);
    else if (tag === varintTag(2)) credit = reader.uint();
    else if (tag === bytesTag(3)) path.push(readPathPart(reader));
    else if (tag === varintTag(4)) listBytes = reader.uint() || undefined;
    else reader.skip(tag);
  }
  if (!parked) throw protocolError('a pull does not say of what');
  return { kind: 'pull', id, parked, credit, ...(path.length === 0 ? {} : { path }), ...(listBytes === undefined ? {} : { listBytes }) };
}

export function writeLease(writer: ProtoWriter, { renewed, forMs, released, server, instance }: LeaseFrame): void {
  writer.string(5, instance);
  writer.string(4, server);
  writer.uints(3, released);
  writer.uint(2, wholeMs(forMs));
  writer.uints(1, renewed);
}

export function readLease(reader: ProtoReader): LeaseFrame {
  const renewed: number[] = [];
  const released: number[] = [];
  let forMs = 0;
  let server: string | undefined;
  let instance: string | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) reader.uints(renewed);
    else if (tag === varintTag(1)) renewed.push(reader.uint());
    else if (tag === varintTag(2)) forMs = reader.uint();
    else if (tag === bytesTag(3)) reader.uints(released);
    else if (tag === varintTag(3)) released.push(reader.uint());
    else if (tag === bytesTag(4)) server = reader.string();
    else if (tag === bytesTag(5)) instance = reader.string();
    else reader.skip(tag);
  }
  return { kind: 'lease', renewed, forMs, released, server, instance };
}
