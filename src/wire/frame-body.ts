/**
 * What is inside a frame: one body, whose number in `Frame.body` says its kind. Each kind is written and read by the file of
 * its message; the frame around it is frame-codec.ts.
 */

import { unreachable } from '../base/assert.ts';
import { readCall, readReply, writeCall, writeReply } from './call-messages.ts';
import type { Sink, Source } from './common-messages.ts';
import { readControl, writeControl } from './control-messages.ts';
import type { Frame } from './frame.ts';
import { readGroup, writeGroup } from './group-messages.ts';
import { readLease, readPull, writeLease, writePull } from './hand-off-messages.ts';
import { readOutcome, readStanding, writeOutcome, writeStanding } from './outcome-messages.ts';
import { readRunEvent, writeRunEvent } from './run-event-message.ts';
import { readStream, writeStream } from './stream-messages.ts';
import { readSubmit, writeSubmit } from './submit-message.ts';
import { protocolError } from './value-problem.ts';

/** Number of each kind's body in `Frame.body`. */
export const bodyFields = {
  call: 2,
  reply: 3,
  cancel: 4,
  progress: 5,
  query: 6,
  submit: 7,
  attach: 8,
  cancelRun: 9,
  runEvent: 10,
  servers: 11,
  mesh: 12,
  item: 14,
  credit: 15,
  end: 16,
  outcome: 17,
  standing: 18,
  watch: 19,
  drain: 20,
  group: 21,
  pull: 22,
  lease: 23,
} as const satisfies Record<Frame['kind'], number>;

/** The kind by that number: a list, since every frame is looked up in it. */
export const bodyKinds: readonly (Frame['kind'] | undefined)[] = kindsByField();

function kindsByField(): readonly (Frame['kind'] | undefined)[] {
  const kinds = Object.keys(bodyFields) as Frame['kind'][]; // it has a field for each kind, and no others
  const list: (Frame['kind'] | undefined)[] = [];
  const last = Math.max(...Object.values(bodyFields));
  for (let field = 0; field <= last; field += 1) list.push(kinds.find((kind) => bodyFields[kind] === field));
  return list;
}

export interface BodyHead {
  readonly field: number;
  readonly id: number;
}

export function writeBody(sink: Sink, frame: Frame): void {
  switch (frame.kind) {
    case 'call':
      return writeCall(sink, frame);
    case 'reply':
      return writeReply(sink, frame);
    case 'submit':
      return writeSubmit(sink, frame);
    case 'runEvent':
      return writeRunEvent(sink, frame.event);
    case 'mesh':
      return sink.writer.raw(frame.message);
    case 'cancel':
    case 'progress':
    case 'query':
    case 'attach':
    case 'cancelRun':
    case 'servers':
    case 'watch':
    case 'drain':
      return writeControl(sink, frame);
    case 'item':
    case 'credit':
    case 'end':
      return writeStream(sink, frame);
    case 'outcome':
      return writeOutcome(sink.writer, frame);
    case 'standing':
      return writeStanding(sink.writer, frame);
    case 'group':
      return writeGroup(sink, frame);
    case 'pull':
      return writePull(sink.writer, frame);
    case 'lease':
      return writeLease(sink.writer, frame);
    default:
      return unreachable(frame);
  }
}

/** Throws `protocol_error`. */
export function readBody(source: Source, head: BodyHead): Frame {
  const kind = bodyKinds[head.field];
  switch (kind) {
    case 'call':
      return readCall(source, head.id);
    case 'reply':
      return readReply(source, head.id);
    case 'submit':
      return readSubmit(source, head.id);
    case 'runEvent':
      return { kind, id: head.id, event: readRunEvent(source) };
    case 'mesh':
      return { kind, message: source.reader.rest() };
    case 'cancel':
    case 'progress':
    case 'query':
    case 'attach':
    case 'cancelRun':
    case 'servers':
    case 'watch':
    case 'drain':
      return readControl(source, kind, head.id);
    case 'item':
    case 'credit':
    case 'end':
      return readStream(source, kind, head.id);
    case 'outcome':
      return readOutcome(source.reader, head.id);
    case 'standing':
      return readStanding(source.reader, head.id);
    case 'group':
      return readGroup(source);
    case 'pull':
      return readPull(source.reader, head.id);
    case 'lease':
      return readLease(source.reader);
    case undefined:
      throw protocolError(`a frame has a body with the number ${head.field}, which this version does not know`);
    default:
      return unreachable(kind);
  }
}
