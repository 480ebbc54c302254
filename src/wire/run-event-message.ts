/**
 * `heddle.v1.RunEvent`: the events of a run, for the sessions of clients and for foreign ones alike.
 */

import { unreachable } from '../base/assert.ts';
import type { Filled, Payload } from '../core/payload.ts';
import type { OpaqueError, RunEventBody, RunSettled, WaitReason, WireRunEvent } from '../core/workflow/record.ts';
import type { Sink, Source } from './common-messages.ts';
import { readFilled, readTexts, readValue, undefinedPayload, writeFilled, writeValue } from './common-messages.ts';
import { readError, writeError } from './error-message.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, doubleTag, varintTag } from './proto-reader.ts';
import {
  ours,
  readCompensationSettled,
  readSettled,
  readStepSettled,
  writeCompensationSettled,
  writeStepSettled,
} from './step-end-message.ts';
import { protocolError } from './value-problem.ts';
import { readReason, writeReason } from './wait-reason-message.ts';
import type { WireError } from './wire-error.ts';

type Body = RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>;
type Of<K extends Body['kind']> = Extract<Body, { readonly kind: K }>;

/** Number of each kind's body in `RunEvent.event`. */
const fields = {
  'run.accepted': 3,
  'reference.looksBare': 4,
  'step.waiting': 5,
  'step.started': 6,
  'step.progress': 7,
  'step.settled': 8,
  'run.settled': 9,
  'compensation.waiting': 10,
  'compensation.started': 11,
  'compensation.settled': 12,
  'step.opened': 13,
  'element.settled': 14,
} as const satisfies Record<Body['kind'], number>;

export function writeRunEvent(sink: Sink, event: WireRunEvent): void {
  const { writer } = sink;
  const mark = writer.mark();
  writeEventBody(sink, event);
  writer.message(fields[event.kind], mark);
  writer.double(2, event.atMs);
  writer.uint(1, event.seq);
}

function writeEventBody(sink: Sink, event: WireRunEvent): void {
  const { writer } = sink;
  switch (event.kind) {
    case 'run.accepted':
      writer.strings(3, event.steps);
      writer.string(2, event.coordinator);
      writer.string(1, event.runId);
      return;
    case 'reference.looksBare':
      writer.string(2, event.text);
      writer.string(1, event.step);
      return;
    case 'compensation.waiting':
    case 'step.waiting':
      writer.optionalUint(3, event.element);
      writeReason(writer, 2, event.reason);
      writer.string(1, event.step);
      return;
    case 'compensation.started':
    case 'step.started':
      writer.optionalUint(4, event.element);
      writer.uint(3, event.attempt);
      writer.string(2, event.server);
      writer.string(1, event.step);
      return;
    case 'step.progress':
      writer.optionalUint(3, event.element);
      writeValue(sink, 2, event.value);
      writer.string(1, event.step);
      return;
    case 'step.opened':
      writer.uint(2, event.elements);
      writer.string(1, event.step);
      return;
    case 'element.settled':
    case 'step.settled':
      return writeStepSettled(sink, event);
    case 'compensation.settled':
      return writeCompensationSettled(sink, event);
    case 'run.settled':
      return writeRunSettled(sink, event);
    default:
      unreachable(event);
  }
}

function writeRunSettled(sink: Sink, event: Of<'run.settled'>): void {
  const { writer } = sink;
  if (event.error) writeError(sink, 4, ours(event.error));
  if (event.result) writeFilled(sink, 3, event.result);
  writer.double(2, event.elapsedMs);
  writer.flag(1, event.ok);
}

export function readRunEvent(source: Source): WireRunEvent {
  const { reader } = source;
  let seq = 0;
  let atMs = 0;
  let body: Body | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) seq = reader.uint();
    else if (tag === doubleTag(2)) atMs = reader.double();
    else if (tag >= bytesTag(3) && tag <= bytesTag(14) && tag % 8 === 2) {
      const outer = reader.enter();
      body = readEventBody(source, tag >> 3);
      reader.leave(outer);
    } else reader.skip(tag);
  }
  if (!body) throw protocolError('a run event is of a kind that this version does not know');
  return { seq, atMs, ...body };
}

function readEventBody(source: Source, field: number): Body {
  const { reader } = source;
  switch (field) {
    case fields['run.accepted']:
      return readAccepted(reader);
    case fields['step.waiting']:
      return { kind: 'step.waiting', ...readWaiting(reader) };
    case fields['compensation.waiting']:
      return { kind: 'compensation.waiting', ...readWaiting(reader) };
    case fields['compensation.settled']:
      return readCompensationSettled(source);
    case fields['step.progress']:
      return readProgress(source);
    case fields['step.settled']:
      return readStepSettled(source);
    case fields['element.settled']: {
      const { step, element = 0, ok, outcome, server, elapsedMs, bytes, error, usedFallback } = readSettled(source);
      return { kind: 'element.settled', step, element, ok, outcome, server, elapsedMs, bytes, error, usedFallback };
    }
    case fields['step.opened']:
      return readOpened(reader);
    case fields['run.settled']:
      return readRunSettled(source);
    case fields['step.started']:
      return { kind: 'step.started', ...readStarted(reader) };
    case fields['compensation.started']:
      return { kind: 'compensation.started', ...readStarted(reader) };
    default: {
      const { first, second } = readTexts(reader);
      return { kind: 'reference.looksBare', step: first, text: second };
    }
  }
}

function readAccepted(reader: ProtoReader): Of<'run.accepted'> {
  let runId = '';
  let coordinator = '';
  const steps: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) runId = reader.string();
    else if (tag === bytesTag(2)) coordinator = reader.string();
    else if (tag === bytesTag(3)) steps.push(reader.string());
    else reader.skip(tag);
  }
  return { kind: 'run.accepted', runId, coordinator, steps };
}

function readStarted(reader: ProtoReader): Omit<Of<'step.started'>, 'kind'> {
  let step = '';
  let element: number | undefined;
  let server = '';
  let attempt = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) server = reader.string();
    else if (tag === varintTag(3)) attempt = reader.uint();
    else if (tag === varintTag(4)) element = reader.uint();
    else reader.skip(tag);
  }
  return { step, element, server, attempt };
}

function readOpened(reader: ProtoReader): Of<'step.opened'> {
  let step = '';
  let elements = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === varintTag(2)) elements = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'step.opened', step, elements };
}

function readWaiting(reader: ProtoReader): Omit<Of<'step.waiting'>, 'kind'> {
  let step = '';
  let element: number | undefined;
  let reason: WaitReason | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) reason = readReason(reader);
    else if (tag === varintTag(3)) element = reader.uint();
    else reader.skip(tag);
  }
  if (!reason) throw protocolError('a step waits for a reason that this version does not know');
  return { step, element, reason };
}

function readProgress(source: Source): Of<'step.progress'> {
  const { reader } = source;
  let step = '';
  let element: number | undefined;
  let value = undefinedPayload;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) value = readValue(source);
    else if (tag === varintTag(3)) element = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'step.progress', step, element, value };
}

function readRunSettled(source: Source): Of<'run.settled'> {
  const { reader } = source;
  let ok = false;
  let elapsedMs = 0;
  let result: Filled | undefined;
  let error: WireError | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) ok = reader.flag();
    else if (tag === doubleTag(2)) elapsedMs = reader.double();
    else if (tag === bytesTag(3)) result = readFilled(source);
    else if (tag === bytesTag(4)) error = readError(source);
    else reader.skip(tag);
  }
  return { kind: 'run.settled', ok, elapsedMs, result, error };
}
