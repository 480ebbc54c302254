/**
 * `heddle.v1.WaitReason`: why a step, or the undo of one, is not running yet.
 */

import { unreachable } from '../base/assert.ts';
import type { WaitReason } from '../core/workflow/record.ts';
import { bytesTag, doubleTag, type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { readPulling, writePulling } from './pulling-message.ts';

export function writeReason(writer: ProtoWriter, field: number, reason: WaitReason): void {
  const mark = writer.mark();
  switch (reason.kind) {
    case 'input':
      writer.presentString(1, reason.step);
      break;
    case 'no_offer':
      writer.presentString(2, reason.function);
      break;
    case 'breaker':
      writer.presentDouble(3, reason.untilMs);
      break;
    case 'concurrency_full':
      writer.presentString(4, reason.function);
      break;
    case 'run_limit':
      writer.presentUint(5, reason.limit);
      break;
    case 'retry': {
      const retry = writer.mark();
      writer.string(2, reason.because);
      writer.double(1, reason.untilMs);
      writer.message(6, retry);
      break;
    }
    case 'deadline':
      writer.presentDouble(7, reason.untilMs);
      break;
    case 'hand_off':
      writePulling(writer, 8, reason);
      break;
    case 'lease':
      writer.presentString(9, reason.server);
      break;
    default:
      unreachable(reason);
  }
  writer.message(field, mark);
}

/** Undefined for one that this version does not know. */
export function readReason(reader: ProtoReader): WaitReason | undefined {
  const outer = reader.enter();
  let reason: WaitReason | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) reason = { kind: 'input', step: reader.string() };
    else if (tag === bytesTag(2)) reason = { kind: 'no_offer', function: reader.string() };
    else if (tag === doubleTag(3)) reason = { kind: 'breaker', untilMs: reader.double() };
    else if (tag === bytesTag(4)) reason = { kind: 'concurrency_full', function: reader.string() };
    else if (tag === varintTag(5)) reason = { kind: 'run_limit', limit: reader.uint() };
    else if (tag === bytesTag(6)) reason = readRetry(reader);
    else if (tag === doubleTag(7)) reason = { kind: 'deadline', untilMs: reader.double() };
    else if (tag === bytesTag(8)) reason = readHandOff(reader);
    else if (tag === bytesTag(9)) reason = { kind: 'lease', server: reader.string() };
    else reader.skip(tag);
  }
  reader.leave(outer);
  return reason;
}

function readHandOff(reader: ProtoReader): WaitReason {
  const { step, server = '' } = readPulling(reader);
  return { kind: 'hand_off', step, server };
}

function readRetry(reader: ProtoReader): WaitReason {
  const outer = reader.enter();
  let untilMs = 0;
  let because = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === doubleTag(1)) untilMs = reader.double();
    else if (tag === bytesTag(2)) because = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { kind: 'retry', untilMs, because };
}
