/**
 * The messages of proto/heddle/v1/common.proto that frames are made of: values, paths, filled templates. Needs: need-message.ts.
 *
 * Writers write backwards (see proto-writer.ts). Large payloads leave through the outlet that came with the frame.
 */

import type { Effect } from '../core/catalog/offer.ts';
import type { Encoding, Filled, Input, Parked, Part, Path, Payload } from '../core/payload.ts';
import type { Executed } from '../errors.ts';
import type { LargeIncoming, LargeOutgoing } from './frame.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** Payloads up to this many bytes travel inside their frame. */
export const inlineBytesMax = 64 * 1024;
/** The largest value that stays with its producer until it is pulled. */
export const parkedBytesMax = 1024 * 1024 * 1024;

/** Where one frame is written, and where its large payloads go. */
export interface Sink {
  readonly writer: ProtoWriter;
  readonly large: LargeOutgoing | undefined;
}

/** Where one frame is read, and where its large payloads come from. */
export interface Source {
  readonly reader: ProtoReader;
  readonly large: LargeIncoming | undefined;
}

const encodings = ['json', 'binary', 'bytes', 'undefined'] as const satisfies readonly Encoding[];
const effects = [undefined, 'pure', 'idempotent', 'once'] as const satisfies readonly (Effect | undefined)[];
const executions = ['no', 'maybe', 'yes'] as const satisfies readonly Executed[];
const noBytes: Uint8Array = new Uint8Array(0);

export function writeValue(sink: Sink, field: number, payload: Payload): void {
  const { writer, large } = sink;
  const mark = writer.mark();
  const { bytes } = payload;
  if (payload.parts) writeParts(sink, payload.parts);
  if (payload.parked) writeParked(writer, 5, payload.parked);
  if (large && bytes.length > inlineBytesMax) {
    writer.uint(4, bytes.length);
    writer.uint(3, large.put(bytes));
    writer.uint(2, encodings.indexOf(payload.encoding));
  } else {
    writer.uint(2, encodings.indexOf(payload.encoding));
    writer.bytes(1, bytes);
  }
  writer.message(field, mark);
}

export function readValue(source: Source): Payload {
  return readValueOf(source, true);
}

/** `isWhole`: not a part of another one. */
function readValueOf(source: Source, isWhole: boolean): Payload {
  const { reader } = source;
  const outer = reader.enter();
  let bytes = noBytes;
  let encoding = 0;
  let transfer = 0;
  let transferBytes = 0;
  let parked: Parked | undefined;
  let parts: Part[] | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) bytes = reader.bytes();
    else if (tag === varintTag(2)) encoding = reader.uint();
    else if (tag === varintTag(3)) transfer = reader.uint();
    else if (tag === varintTag(4)) transferBytes = reader.uint();
    else if (tag === bytesTag(5)) parked = readParkedIn(reader);
    else if (tag === bytesTag(6) && isWhole) parts = withPart(parts, source);
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (parked) return { encoding: knownEncoding(encoding), bytes: noBytes, parked };
  const payload = parts ? { encoding: knownEncoding(encoding), bytes, parts } : { encoding: knownEncoding(encoding), bytes };
  if (transfer !== 0) expectLarge(source, { transfer, transferBytes }, payload);
  return payload;
}

function writeParts(sink: Sink, parts: readonly Part[]): void {
  const { writer } = sink;
  for (let at = parts.length - 1; at >= 0; at -= 1) {
    const part = parts[at];
    if (!part) continue;
    const mark = writer.mark();
    writeValue(sink, 2, part.value);
    writer.uint(1, part.at);
    writer.message(6, mark);
  }
}

function withPart(parts: Part[] = [], source: Source): Part[] {
  const { reader } = source;
  const outer = reader.enter();
  let at = 0;
  let value: Payload = undefinedPayload;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) at = reader.uint();
    else if (tag === bytesTag(2)) value = readValueOf(source, false);
    else reader.skip(tag);
  }
  reader.leave(outer);
  parts.push({ at, value });
  return parts;
}

export function writeParked(writer: ProtoWriter, field: number, parked: Parked): void {
  const mark = writer.mark();
  writer.uint(7, parked.whole ?? 0);
  writer.flag(6, parked.isStream);
  writer.flag(5, parked.isRepeatable);
  writer.uint(4, parked.bytes);
  writer.uint(3, parked.id);
  writer.string(2, parked.instance);
  writer.string(1, parked.server);
  writer.message(field, mark);
}

export function readParkedIn(reader: ProtoReader): Parked {
  const outer = reader.enter();
  const parked = { server: '', instance: '', id: 0, bytes: 0, isRepeatable: false, isStream: false };
  let whole: number | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) parked.server = reader.string();
    else if (tag === bytesTag(2)) parked.instance = reader.string();
    else if (tag === varintTag(3)) parked.id = reader.uint();
    else if (tag === varintTag(4)) parked.bytes = reader.uint();
    else if (tag === varintTag(5)) parked.isRepeatable = reader.flag();
    else if (tag === varintTag(6)) parked.isStream = reader.flag();
    else if (tag === varintTag(7)) whole = reader.uint() || undefined;
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (parked.bytes > parkedBytesMax) throw protocolError(`a value of ${parked.bytes} bytes is over the limit of ${parkedBytesMax}`);
  return whole === undefined ? parked : { ...parked, whole };
}

/** The payload's bytes come later; until then it is empty, and its frame not whole. */
function expectLarge(source: Source, from: { transfer: number; transferBytes: number }, payload: { bytes: Uint8Array }): void {
  if (!source.large) throw protocolError('a value comes beside its frame where that is not possible');
  source.large.expect(from.transfer, from.transferBytes, (bytes) => {
    payload.bytes = bytes;
  });
}

function knownEncoding(number: number): Encoding {
  const encoding = encodings[number];
  if (encoding === undefined) throw protocolError(`a value has the encoding ${number}, which this version does not know`);
  return encoding;
}

export function writeInputs(sink: Sink, field: number, inputs: readonly Input[]): void {
  for (let at = inputs.length - 1; at >= 0; at -= 1) {
    const input = inputs[at];
    if (input) writeInput(sink, field, input);
  }
}

function writeInput(sink: Sink, field: number, input: Input): void {
  const { writer } = sink;
  const mark = writer.mark();
  writer.string(4, input.name);
  writePath(writer, 3, input.path);
  writeValue(sink, 2, input.value);
  writePath(writer, 1, input.at);
  writer.message(field, mark);
}

export function readInput(source: Source): Input {
  const { reader } = source;
  const outer = reader.enter();
  const at: (string | number)[] = [];
  const path: (string | number)[] = [];
  let value: Payload = undefinedPayload;
  let name = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) at.push(readPathPart(reader));
    else if (tag === bytesTag(2)) value = readValue(source);
    else if (tag === bytesTag(3)) path.push(readPathPart(reader));
    else if (tag === bytesTag(4)) name = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { at, value, path, name };
}

/** What a payload is when its message has none. */
export const undefinedPayload: Payload = { encoding: 'undefined', bytes: noBytes };

export function writeFilled(sink: Sink, field: number, filled: Filled): void {
  const mark = sink.writer.mark();
  writeInputs(sink, 2, filled.inputs);
  writeValue(sink, 1, filled.template);
  sink.writer.message(field, mark);
}

export function readFilled(source: Source): Filled {
  const { reader } = source;
  const outer = reader.enter();
  let template = undefinedPayload;
  const inputs: Input[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) template = readValue(source);
    else if (tag === bytesTag(2)) inputs.push(readInput(source));
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { template, inputs };
}

export function writePath(writer: ProtoWriter, field: number, path: Path): void {
  for (let at = path.length - 1; at >= 0; at -= 1) {
    const part = path[at] ?? '';
    const mark = writer.mark();
    if (typeof part === 'number' && Number.isSafeInteger(part) && part >= 0) writer.presentUint(2, part);
    else writer.presentString(1, String(part));
    writer.message(field, mark);
  }
}

export function readPathPart(reader: ProtoReader): string | number {
  const outer = reader.enter();
  let part: string | number = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) part = reader.string();
    else if (tag === varintTag(2)) part = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return part;
}

export function writeEffect(writer: ProtoWriter, field: number, effect: Effect | undefined): void {
  writer.uint(field, effects.indexOf(effect));
}

/** One that this version does not know is `once`: the careful reading. */
export function readEffect(reader: ProtoReader): Effect | undefined {
  const number = reader.uint();
  return number < effects.length ? effects[number] : 'once';
}

export function writeExecuted(writer: ProtoWriter, field: number, executed: Executed): void {
  writer.uint(field, executions.indexOf(executed));
}

/** One that this version does not know is `maybe`. */
export function readExecuted(reader: ProtoReader): Executed {
  return executions[reader.uint()] ?? 'maybe';
}

/** A map entry: its key, and whatever `readEntryValue` reads. `__proto__` is refused. */
export function readEntry<T>(reader: ProtoReader, readEntryValue: () => T): readonly [key: string, value: T | undefined] {
  const outer = reader.enter();
  let key = '';
  let value: T | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) key = reader.string();
    else if (tag === bytesTag(2)) value = readEntryValue();
    else reader.skip(tag);
  }
  reader.leave(outer);
  if (key === '__proto__') throw protocolError('a map has the key "__proto__"');
  return [key, value];
}

/** The rest of a message that has texts in fields 1 and 2 and a number in 3, or some of them. */
export function readTexts(reader: ProtoReader): { first: string; second: string; third: string; number: number } {
  const texts = { first: '', second: '', third: '', number: 0 };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) texts.first = reader.string();
    else if (tag === bytesTag(2)) texts.second = reader.string();
    else if (tag === varintTag(3)) texts.number = reader.uint();
    else if (tag === bytesTag(3)) texts.third = reader.string();
    else reader.skip(tag);
  }
  return texts;
}
