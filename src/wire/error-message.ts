/**
 * `heddle.v1.Error` to WireError and back. What the fields mean for a HeddleError is error.ts.
 */

import type { Payload } from '../core/payload.ts';
import type { Executed } from '../errors.ts';
import type { Sink, Source } from './common-messages.ts';
import { readEntry, readExecuted, readValue, undefinedPayload, writeExecuted, writeValue } from './common-messages.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';
import { causesMax, isWireError, type WireCause, type WireError } from './wire-error.ts';

export function writeError(sink: Sink, field: number, error: WireError | WireCause): void {
  const { writer } = sink;
  const mark = writer.mark();
  if (isWireError(error)) writeCoded(sink, error);
  else {
    writer.string(7, error.name);
    if (error.cause) writeError(sink, 6, error.cause);
    writer.string(3, error.message);
  }
  writer.message(field, mark);
}

/** The message by itself, for foreign clients (trailing metadata `heddle-error-bin`). */
export function encodeError(error: WireError): Uint8Array {
  const writer = new ProtoWriter(256);
  writeCoded({ writer, large: undefined }, error);
  return writer.finish();
}

function writeCoded(sink: Sink, error: WireError): void {
  const { writer } = sink;
  if (error.cause) writeError(sink, 6, error.cause);
  for (const [step, value] of Object.entries(error.partial ?? {}).reverse()) {
    const entry = writer.mark();
    writeValue(sink, 2, value);
    writer.presentString(1, step);
    writer.message(5, entry);
  }
  writeValue(sink, 4, error.detail);
  writer.string(3, error.message);
  writeExecuted(writer, 2, error.executed);
  writer.string(1, error.code);
}

/** An error that must have a code: the top of a chain. */
export function readError(source: Source): WireError {
  const error = readCause(source, causesMax);
  if (!isWireError(error)) throw protocolError('an error has no code');
  return error;
}

function readCause(source: Source, causesLeft: number): WireError | WireCause {
  const { reader } = source;
  const outer = reader.enter();
  const fields = { code: '', executed: 'no' as Executed, message: '', detail: undefinedPayload, name: '' };
  let partial: Record<string, Payload> | undefined;
  let cause: WireError | WireCause | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) fields.code = reader.string();
    else if (tag === varintTag(2)) fields.executed = readExecuted(reader);
    else if (tag === bytesTag(3)) fields.message = reader.string();
    else if (tag === bytesTag(4)) fields.detail = readValue(source);
    else if (tag === bytesTag(5)) {
      const [step, value] = readEntry(reader, () => readValue(source));
      partial ??= {};
      partial[step] = value ?? undefinedPayload;
    } else if (tag === bytesTag(6)) {
      if (causesLeft === 0) throw protocolError(`an error has more than ${causesMax} causes`);
      cause = readCause(source, causesLeft - 1);
    } else if (tag === bytesTag(7)) fields.name = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  const { code, executed, message, detail, name } = fields;
  if (code === '') return { name, message, cause };
  return { code, executed, message, detail, partial, cause };
}
