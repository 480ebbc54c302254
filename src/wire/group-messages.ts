/**
 * `heddle.v1.Group`: several calls for one server.
 */

import { readCall, wholeMs, writeCall } from './call-messages.ts';
import { readPathPart, type Sink, type Source, writePath } from './common-messages.ts';
import type { CallAwait, CallFrame, GroupedCall, GroupFrame } from './frame.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** Calls of one group. */
const groupCallsMax = 64;

export function writeGroup(sink: Sink, { calls }: GroupFrame): void {
  for (let at = calls.length - 1; at >= 0; at -= 1) {
    const call = calls[at];
    if (call) writeGroupedCall(sink, 1, call);
  }
}

function writeGroupedCall(sink: Sink, field: number, { call, step, awaits, ownTimeoutMs }: GroupedCall): void {
  const { writer } = sink;
  const mark = writer.mark();
  writer.uint(5, wholeMs(ownTimeoutMs));
  writer.string(4, step);
  for (let at = awaits.length - 1; at >= 0; at -= 1) {
    const awaited = awaits[at];
    if (awaited) writeAwait(writer, 3, awaited);
  }
  const inner = writer.mark();
  writeCall(sink, call);
  writer.message(2, inner);
  writer.uint(1, call.id);
  writer.message(field, mark);
}

function writeAwait(writer: ProtoWriter, field: number, { callNumber, at, path }: CallAwait): void {
  const mark = writer.mark();
  writePath(writer, 3, path);
  writePath(writer, 2, at);
  writer.uint(1, callNumber);
  writer.message(field, mark);
}

export function readGroup(source: Source): GroupFrame {
  const { reader } = source;
  const calls: GroupedCall[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag !== bytesTag(1)) reader.skip(tag);
    else if (calls.length >= groupCallsMax) throw protocolError(`a group has more than ${groupCallsMax} calls`);
    else calls.push(readGroupedCall(source));
  }
  if (calls.length === 0) throw protocolError('a group has no calls');
  return { kind: 'group', calls };
}

function readGroupedCall(source: Source): GroupedCall {
  const { reader } = source;
  const outer = reader.enter();
  const awaits: CallAwait[] = [];
  let id = 0;
  let call: CallFrame | undefined;
  let step = '';
  let ownTimeoutMs = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) id = reader.uint();
    else if (tag === bytesTag(2)) call = readInnerCall(source);
    else if (tag === bytesTag(3)) awaits.push(readAwait(reader));
    else if (tag === bytesTag(4)) step = reader.string();
    else if (tag === varintTag(5)) ownTimeoutMs = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (!call) throw protocolError('a group has an entry without a call');
  // `args` may be filled later, by whoever was given this very object: it is not copied.
  return { call: Object.assign(call, { id }), step, awaits, ownTimeoutMs };
}

function readInnerCall(source: Source): CallFrame {
  const outer = source.reader.enter();
  const call = readCall(source, 0);
  source.reader.leave(outer);
  return call;
}

function readAwait(reader: ProtoReader): CallAwait {
  const outer = reader.enter();
  const at: (string | number)[] = [];
  const path: (string | number)[] = [];
  let callNumber = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) callNumber = reader.uint();
    else if (tag === bytesTag(2)) at.push(readPathPart(reader));
    else if (tag === bytesTag(3)) path.push(readPathPart(reader));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { callNumber, at, path };
}
