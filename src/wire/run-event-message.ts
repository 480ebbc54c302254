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
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';
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
    case 'step.waiting':
      writeReason(writer, 2, event.reason);
      writer.string(1, event.step);
      return;
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
    case 'run.settled':
      return writeRunSettled(sink, event);
    default:
      unreachable(event);
  }
}

function writeStepSettled(sink: Sink, event: Of<'step.settled'>): void {
  const { writer } = sink;
  writer.flag(7, event.usedFallback === true);
  if (event.error) writeError(sink, 6, ours(event.error));
  writer.double(5, event.elapsedMs);
  writer.string(4, event.server);
  writer.uint(3, outcomes.indexOf(event.outcome));
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

function writeReason(writer: ProtoWriter, field: number, reason: WaitReason): void {
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
    default:
      unreachable(reason);
  }
  writer.message(field, mark);
}

export function readRunEvent(source: Source): WireRunEvent {
  const { reader } = source;
  let seq = 0;
  let atMs = 0;
  let body: Body | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) seq = reader.uint();
    else if (tag === doubleTag(2)) atMs = reader.double();
    else if (tag >= bytesTag(3) && tag <= bytesTag(9) && tag % 8 === 2) {
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
      return readWaiting(reader);
    case fields['step.progress']:
      return readProgress(source);
    case fields['step.settled']:
      return readStepSettled(source);
    case fields['run.settled']:
      return readRunSettled(source);
    case fields['step.started']: {
      const { first, second, number } = readTexts(reader);
      return { kind: 'step.started', step: first, server: second, attempt: number };
    }
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

function readWaiting(reader: ProtoReader): Of<'step.waiting'> {
  let step = '';
  let reason: WaitReason | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) reason = readReason(reader);
    else reader.skip(tag);
  }
  if (!reason) throw protocolError('a step waits for a reason that this version does not know');
  return { kind: 'step.waiting', step, reason };
}

function readReason(reader: ProtoReader): WaitReason | undefined {
  const outer = reader.enter();
  let reason: WaitReason | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) reason = { kind: 'input', step: reader.string() };
    else if (tag === bytesTag(2)) reason = { kind: 'no_offer', function: reader.string() };
    else if (tag === doubleTag(3)) reason = { kind: 'breaker', untilMs: reader.double() };
    else if (tag === bytesTag(4)) reason = { kind: 'concurrency_full', function: reader.string() };
    else if (tag === varintTag(5)) reason = { kind: 'run_limit', limit: reader.uint() };
    else if (tag === bytesTag(6)) reason = readRetry(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return reason;
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
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) event.step = reader.string();
    else if (tag === varintTag(2)) event.ok = reader.flag();
    else if (tag === varintTag(3)) event.outcome = outcomes[reader.uint()] ?? 'maybe';
    else if (tag === bytesTag(4)) server = reader.string();
    else if (tag === doubleTag(5)) event.elapsedMs = reader.double();
    else if (tag === bytesTag(6)) error = readError(source);
    else if (tag === varintTag(7)) usedFallback = reader.flag() || undefined;
    else reader.skip(tag);
  }
  return { kind: 'step.settled', ...event, server, error, ...(usedFallback ? { usedFallback } : {}) };
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
