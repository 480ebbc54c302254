/**
 * `heddle.v1.Submit`: a workflow (definition-message.ts), its input, and how it is to be run.
 */

import type { Payload } from '../core/payload.ts';
import type { LooksBare, StepSeats } from '../core/workflow/record.ts';
import { wholeMs } from './call-messages.ts';
import type { Sink, Source } from './common-messages.ts';
import { readTexts, readValue, writeValue } from './common-messages.ts';
import { isOfDefinition } from './definition-message.ts';
import type { SubmitFrame } from './frame.ts';
import { readIdentity } from './identity-field.ts';
import { readKnownDefinition, writeKnownDefinition } from './known-definitions.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { readTrace, type WireTrace, writeTrace } from './trace-fields.ts';

const submitTraceFields = { traceparent: 11, tracestate: 12 } as const;

export function writeSubmit(sink: Sink, submit: SubmitFrame): void {
  const { writer } = sink;
  writer.string(13, submit.identity);
  if (submit.trace) writeTrace(writer, submit.trace, submitTraceFields);
  if (submit.seats) writeSeats(writer, 10, submit.seats);
  for (const hint of submit.looksBare.toReversed()) writeLooksBare(writer, 9, hint);
  writer.flag(7, submit.isDetached);
  if (submit.timeoutMs !== undefined) writer.presentUint(6, wholeMs(submit.timeoutMs));
  if (submit.input) writeValue(sink, 5, submit.input);
  writeKnownDefinition(sink, submit);
  writer.string(2, submit.name);
  writer.string(1, submit.runId);
}

function writeSeats(writer: ProtoWriter, field: number, { servers, of }: StepSeats): void {
  const mark = writer.mark();
  for (const seat of of.toReversed()) writer.presentUint(2, seat);
  writer.strings(1, servers);
  writer.message(field, mark);
}

function writeLooksBare(writer: ProtoWriter, field: number, hint: LooksBare): void {
  const mark = writer.mark();
  writer.string(2, hint.text);
  writer.string(1, hint.step);
  writer.message(field, mark);
}

export function readSubmit(source: Source, id: number): SubmitFrame {
  const { reader } = source;
  const looksBare: LooksBare[] = [];
  const definition = new Stretch(reader);
  let input: Payload | undefined;
  let seats: StepSeats | undefined;
  const head = {
    runId: undefined as string | undefined,
    name: undefined as string | undefined,
    timeoutMs: undefined as number | undefined,
    isDetached: false,
    trace: undefined as WireTrace | undefined,
    identity: undefined as string | undefined,
  };
  for (let from = reader.position, tag = reader.tag(); tag !== 0; from = reader.position, tag = reader.tag()) {
    if (isOfDefinition(tag)) definition.pass(tag, from);
    else if (tag === bytesTag(1)) head.runId = reader.string();
    else if (tag === bytesTag(2)) head.name = reader.string();
    else if (tag === bytesTag(5)) input = readValue(source);
    else if (tag === varintTag(6)) head.timeoutMs = reader.uint();
    else if (tag === varintTag(7)) head.isDetached = reader.flag();
    else if (tag === bytesTag(9)) looksBare.push(readLooksBare(reader));
    else if (tag === bytesTag(10)) seats = readSeats(reader);
    else if (tag === bytesTag(11) || tag === bytesTag(12)) head.trace = readTrace(reader, head.trace, tag === bytesTag(12));
    else if (tag === bytesTag(13)) head.identity = readIdentity(reader);
    else reader.skip(tag);
  }
  return { kind: 'submit', id, ...head, ...readKnownDefinition(definition.take(), source.large), input, looksBare, seats };
}

/** The fields of a definition as one piece of bytes: nearly all writers put them one behind the other. */
class Stretch {
  readonly #reader: ProtoReader;
  readonly #pieces: Uint8Array[] = [];
  #from = 0;
  #to = 0;

  constructor(reader: ProtoReader) {
    this.#reader = reader;
  }

  /** Passes over the field whose tag was read at `from`. */
  pass(tag: number, from: number): void {
    if (from !== this.#to) {
      this.#cut();
      this.#from = from;
    }
    this.#reader.skip(tag);
    this.#to = this.#reader.position;
  }

  /** Once, at the end. */
  take(): Uint8Array {
    this.#cut();
    const [first] = this.#pieces;
    return first && this.#pieces.length === 1 ? first : Buffer.concat(this.#pieces);
  }

  #cut(): void {
    if (this.#to > this.#from) this.#pieces.push(this.#reader.view(this.#from, this.#to));
  }
}

function readSeats(reader: ProtoReader): StepSeats {
  const outer = reader.enter();
  const servers: string[] = [];
  const of: number[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) servers.push(reader.string());
    else if (tag === varintTag(2)) of.push(reader.uint());
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { servers, of };
}

function readLooksBare(reader: ProtoReader): LooksBare {
  const outer = reader.enter();
  const { first, second } = readTexts(reader);
  reader.leave(outer);
  return { step: first, text: second };
}
