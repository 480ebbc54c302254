/**
 * `heddle.v1.RunEvent`: the events of a run, for the sessions of clients and for foreign ones alike.
 */

import { unreachable } from '../base/assert.ts';
import type { Filled, Payload } from '../core/payload.ts';
import type { OpaqueError, RunEventBody, RunSettled, WaitReason, WireRunEvent } from '../core/workflow/record.ts';
import type { StepOutcome } from '../errors.ts';
import type { Sink, Source } from './common-messages.ts';
import { readFilled, readTexts, readValue, undefinedPayload, writeFilled, writeValue } from './common-messages.ts';
import { readError, writeError } from './error-message.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, doubleTag, varintTag } from './proto-reader.ts';
import { protocolError } from './value-problem.ts';
import { readReason, writeReason } from './wait-reason-message.ts';
import type { WireError } from './wire-error.ts';

type Body = RunEventBody<Payload, OpaqueError> | RunSettled<Filled, OpaqueError>;
type Of<K extends Body['kind']> = Extract<Body, { readonly kind: K }>;

const outcomes = ['maybe', 'done', 'failed', 'not_run'] as const satisfies readonly StepOutcome[];

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
      writeReason(writer, 2, event.reason);
      writer.string(1, event.step);
      return;
    case 'compensation.started':
    case 'step.started':
      writer.uint(3, event.attempt);
      writer.string(2, event.server);
      writer.string(1, event.step);
      return;
    case 'step.progress':
      writeValue(sink, 2, event.value);
      writer.string(1, event.step);
      return;
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

function writeStepSettled(sink: Sink, event: Of<'step.settled'>): void {
  const { writer } = sink;
  writer.optionalUint(8, event.bytes);
  writer.flag(7, event.usedFallback === true);
  if (event.error) writeError(sink, 6, ours(event.error));
  writer.double(5, event.elapsedMs);
  writer.string(4, event.server);
  writer.uint(3, outcomes.indexOf(event.outcome));
  writer.flag(2, event.ok);
  writer.string(1, event.step);
}

function writeCompensationSettled(sink: Sink, event: Of<'compensation.settled'>): void {
  const { writer } = sink;
  if (event.error) writeError(sink, 6, ours(event.error));
  writer.uint(5, event.attempts);
  writer.double(4, event.elapsedMs);
  writer.string(3, event.server);
  writer.flag(2, event.ok);
  writer.string(1, event.step);
}

function writeRunSettled(sink: Sink, event: Of<'run.settled'>): void {
  const { writer } = sink;
  if (event.error) writeError(sink, 4, ours(event.error));
  if (event.result) writeFilled(sink, 3, event.result);
  writer.double(2, event.elapsedMs);
  writer.flag(1, event.ok);
}

/** An error inside a record: opaque in core, and always made by `toWireError`. */
function ours(error: OpaqueError): WireError {
  return error as WireError;
}

export function readRunEvent(source: Source): WireRunEvent {
  const { reader } = source;
  let seq = 0;
  let atMs = 0;
  let body: Body | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) seq = reader.uint();
    else if (tag === doubleTag(2)) atMs = reader.double();
    else if (tag >= bytesTag(3) && tag <= bytesTag(12) && tag % 8 === 2) {
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
  const { first, second, number } = readTexts(reader);
  return { step: first, server: second, attempt: number };
}

function readWaiting(reader: ProtoReader): Omit<Of<'step.waiting'>, 'kind'> {
  let step = '';
  let reason: WaitReason | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) reason = readReason(reader);
    else reader.skip(tag);
  }
  if (!reason) throw protocolError('a step waits for a reason that this version does not know');
  return { step, reason };
}

function readProgress(source: Source): Of<'step.progress'> {
  const { reader } = source;
  let step = '';
  let value = undefinedPayload;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) value = readValue(source);
    else reader.skip(tag);
  }
  return { kind: 'step.progress', step, value };
}

function readStepSettled(source: Source): Of<'step.settled'> {
  const { reader } = source;
  const event = { step: '', ok: false, outcome: 'maybe' as StepOutcome, elapsedMs: 0 };
  let server: string | undefined;
  let error: WireError | undefined;
  let usedFallback: true | undefined;
  let bytes: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) event.step = reader.string();
    else if (tag === varintTag(2)) event.ok = reader.flag();
    else if (tag === varintTag(3)) event.outcome = outcomes[reader.uint()] ?? 'maybe';
    else if (tag === bytesTag(4)) server = reader.string();
    else if (tag === doubleTag(5)) event.elapsedMs = reader.double();
    else if (tag === bytesTag(6)) error = readError(source);
    else if (tag === varintTag(7)) usedFallback = reader.flag() || undefined;
    else if (tag === varintTag(8)) bytes = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'step.settled', ...event, server, error, bytes, ...(usedFallback ? { usedFallback } : {}) };
}

function readCompensationSettled(source: Source): Of<'compensation.settled'> {
  const { reader } = source;
  const event = { step: '', ok: false, elapsedMs: 0, attempts: 0 };
  let server: string | undefined;
  let error: WireError | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) event.step = reader.string();
    else if (tag === varintTag(2)) event.ok = reader.flag();
    else if (tag === bytesTag(3)) server = reader.string();
    else if (tag === doubleTag(4)) event.elapsedMs = reader.double();
    else if (tag === varintTag(5)) event.attempts = reader.uint();
    else if (tag === bytesTag(6)) error = readError(source);
    else reader.skip(tag);
  }
  return { kind: 'compensation.settled', ...event, server, error };
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
