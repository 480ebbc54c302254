/**
 * `heddle.v1.StepSettled`, `ElementSettled` and `CompensationSettled`: how a step, an element of its list, or its undo ended.
 */

import type { Payload } from '../core/payload.ts';
import type { OpaqueError, RunEventBody } from '../core/workflow/record.ts';
import type { StepOutcome } from '../errors.ts';
import type { Sink, Source } from './common-messages.ts';
import { readError, writeError } from './error-message.ts';
import { bytesTag, doubleTag, varintTag } from './proto-reader.ts';
import type { WireError } from './wire-error.ts';

type Body = RunEventBody<Payload, OpaqueError>;
type Of<K extends Body['kind']> = Extract<Body, { readonly kind: K }>;

const outcomes = ['maybe', 'done', 'failed', 'not_run'] as const satisfies readonly StepOutcome[];

export function writeStepSettled(sink: Sink, event: Of<'step.settled' | 'element.settled'>): void {
  const { writer } = sink;
  if (event.kind === 'element.settled') writer.presentUint(9, event.element);
  writer.optionalUint(8, event.bytes);
  writer.flag(7, event.usedFallback === true);
  if (event.error) writeError(sink, 6, ours(event.error));
  writer.double(5, event.elapsedMs);
  writer.string(4, event.server);
  writer.uint(3, outcomes.indexOf(event.outcome));
  writer.flag(2, event.ok);
  writer.string(1, event.step);
}

export function writeCompensationSettled(sink: Sink, event: Of<'compensation.settled'>): void {
  const { writer } = sink;
  writer.optionalUint(7, event.element);
  if (event.error) writeError(sink, 6, ours(event.error));
  writer.uint(5, event.attempts);
  writer.double(4, event.elapsedMs);
  writer.string(3, event.server);
  writer.flag(2, event.ok);
  writer.string(1, event.step);
}

/** An error inside a record: opaque in core, and always made by `toWireError`. */
export function ours(error: OpaqueError): WireError {
  return error as WireError;
}

export function readStepSettled(source: Source): Of<'step.settled'> {
  const { step, ok, outcome, server, elapsedMs, bytes, error, usedFallback } = readSettled(source);
  return { kind: 'step.settled', step, ok, outcome, server, elapsedMs, bytes, error, usedFallback };
}

/** Of a step, or of one of its elements. */
export function readSettled(source: Source): Omit<Of<'step.settled'>, 'kind'> & { readonly element: number | undefined } {
  const { reader } = source;
  let element: number | undefined;
  let step = '';
  let ok = false;
  let outcome: StepOutcome = 'maybe';
  let elapsedMs = 0;
  let server: string | undefined;
  let error: WireError | undefined;
  let usedFallback: true | undefined;
  let bytes: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === varintTag(2)) ok = reader.flag();
    else if (tag === varintTag(3)) outcome = outcomes[reader.uint()] ?? 'maybe';
    else if (tag === bytesTag(4)) server = reader.string();
    else if (tag === doubleTag(5)) elapsedMs = reader.double();
    else if (tag === bytesTag(6)) error = readError(source);
    else if (tag === varintTag(7)) usedFallback = reader.flag() || undefined;
    else if (tag === varintTag(8)) bytes = reader.uint();
    else if (tag === varintTag(9)) element = reader.uint();
    else reader.skip(tag);
  }
  return { step, ok, outcome, server, elapsedMs, bytes, error, usedFallback, element };
}

export function readCompensationSettled(source: Source): Of<'compensation.settled'> {
  const { reader } = source;
  const event = { step: '', ok: false, elapsedMs: 0, attempts: 0 };
  let element: number | undefined;
  let server: string | undefined;
  let error: WireError | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) event.step = reader.string();
    else if (tag === varintTag(2)) event.ok = reader.flag();
    else if (tag === bytesTag(3)) server = reader.string();
    else if (tag === doubleTag(4)) event.elapsedMs = reader.double();
    else if (tag === varintTag(5)) event.attempts = reader.uint();
    else if (tag === bytesTag(6)) error = readError(source);
    else if (tag === varintTag(7)) element = reader.uint();
    else reader.skip(tag);
  }
  return { kind: 'compensation.settled', ...event, element, server, error };
}
