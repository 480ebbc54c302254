/**
 * `heddle.v1.Item`, `Credit` and `End`: what a stream is made of.
 */

import { unreachable } from '../base/assert.ts';
import type { Sink, Source } from './common-messages.ts';
import { readValue, undefinedPayload, writeValue } from './common-messages.ts';
import { readError, writeError } from './error-message.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { CreditFrame, EndFrame, ItemFrame } from './stream-frames.ts';
import type { WireError } from './wire-error.ts';

export type StreamFrame = ItemFrame | CreditFrame | EndFrame;

export function writeStream(sink: Sink, frame: StreamFrame): void {
  const { writer } = sink;
  switch (frame.kind) {
    case 'item':
      writer.flag(2, frame.isFromOpener);
      writeValue(sink, 1, frame.value);
      return;
    case 'credit':
      writer.flag(2, frame.isFromOpener);
      writer.uint(1, frame.bytes);
      return;
    case 'end':
      if (frame.error) writeError(sink, 1, frame.error);
      return;
    default:
      unreachable(frame);
  }
}

export function readStream(source: Source, kind: StreamFrame['kind'], id: number): StreamFrame {
  switch (kind) {
    case 'item':
      return readItem(source, id);
    case 'credit':
      return readCredit(source, id);
    case 'end':
      return { kind, id, error: readEndError(source) };
    default:
      return unreachable(kind);
  }
}

function readItem(source: Source, id: number): ItemFrame {
  const { reader } = source;
  let value = undefinedPayload;
  let isFromOpener = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) value = readValue(source);
    else if (tag === varintTag(2)) isFromOpener = reader.flag();
    else reader.skip(tag);
  }
  return { kind: 'item', id, value, isFromOpener };
}

function readCredit({ reader }: Source, id: number): CreditFrame {
  let bytes = 0;
  let isFromOpener = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) bytes = reader.uint();
    else if (tag === varintTag(2)) isFromOpener = reader.flag();
    else reader.skip(tag);
  }
  return { kind: 'credit', id, bytes, isFromOpener };
}

function readEndError(source: Source): WireError | undefined {
  const { reader } = source;
  let error: WireError | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) error = readError(source);
    else reader.skip(tag);
  }
  return error;
}
