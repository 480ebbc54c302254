/**
 * Frames to the bytes of `heddle.v1.Frame` and back.
 *
 * F1 the bytes are those of proto/heddle/v1/fabric.proto; fields of a newer peer are skipped.
 * F2 payloads are copied once when written and never when read: a decoded frame holds views into its bytes.
 * F3 hostile bytes give `protocol_error`, in time and memory bounded by their length.
 * F4 with an outlet no frame is much larger than `bodyBytesMax`: payloads over 64 KiB, and a body that is too large
 *    all the same, leave it as transfers of their own.
 */

import { unreachable } from '../base/assert.ts';
import { HeddleError } from '../errors.ts';
import type { Transfer } from './beside-message.ts';
import { readBeside, writeBeside } from './beside-message.ts';
import { readCall, readReply, writeCall, writeReply } from './call-messages.ts';
import type { Sink, Source } from './common-messages.ts';
import { inlineBytesMax } from './common-messages.ts';
import { readControl, writeControl } from './control-messages.ts';
import type { Frame, LargeIncoming, LargeOutgoing } from './frame.ts';
import { readGroup, writeGroup } from './group-messages.ts';
import { readLease, readPull, writeLease, writePull } from './hand-off-messages.ts';
import { readOutcome, readStanding, writeOutcome, writeStanding } from './outcome-messages.ts';
import { bytesTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { readRunEvent, writeRunEvent } from './run-event-message.ts';
import { Slab } from './slab.ts';
import { readStream, writeStream } from './stream-messages.ts';
import { readSubmit, writeSubmit } from './submit-message.ts';
import { valueBytesMax } from './value.ts';
import { protocolError } from './value-problem.ts';

export { inlineBytesMax } from './common-messages.ts';

/** A body over this many bytes leaves its frame: the transport takes frames up to 128 KiB, head included. */
export const bodyBytesMax = 120 * 1024;

/** Number of each kind's body in `Frame.body`. */
const fields = {
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

const kinds: readonly (Frame['kind'] | undefined)[] = [
  undefined,
  undefined,
  'call',
  'reply',
  'cancel',
  'progress',
  'query',
  'submit',
  'attach',
  'cancelRun',
  'runEvent',
  'servers',
  'mesh',
  undefined,
  'item',
  'credit',
  'end',
  'outcome',
  'standing',
  'watch',
  'drain',
  'group',
  'pull',
  'lease',
];

const besideField = 13;
const lastTag = bytesTag(kinds.length - 1);

/** Frames are written to their stream at the end of the turn, and gone. */
const slab = new Slab();

interface Head {
  readonly field: number;
  readonly id: number;
}

/**
 * One frame, encoded. Without an outlet everything stays inside, whatever its size. Throws `too_large` for a body of over
 * 64 MiB beside its large values (a workflow of many).
 */
export function encodeFrame(frame: Frame, outgoing?: LargeOutgoing): Uint8Array {
  const writer = new ProtoWriter(roomFor(frame), slab);
  const id = 'id' in frame ? frame.id : 0;
  if (!outgoing) {
    writeBody({ writer, large: undefined }, frame);
    return finish(writer, fields[frame.kind], id);
  }
  const large = new Recording(outgoing);
  writeBody({ writer, large }, frame);
  if (writer.mark() <= bodyBytesMax) return finish(writer, fields[frame.kind], id);
  const body = writer.finish();
  if (body.length > valueBytesMax)
    throw new HeddleError('too_large', { what: `a ${frame.kind} frame`, limit: valueBytesMax, found: body.length });
  const { values } = large;
  const head = new ProtoWriter(64 + 16 * values.length);
  writeBeside(head, { field: fields[frame.kind], body: { transfer: outgoing.put(body), bytes: body.length }, values });
  return finish(head, besideField, id);
}

/** What most frames need, so that the writer rarely grows. */
function roomFor(frame: Frame): number {
  if (frame.kind === 'call') return 256 + 3 * frame.function.length + Math.min(frame.args.template.bytes.length, inlineBytesMax);
  if (frame.kind === 'reply' && frame.outcome.ok) return 128 + Math.min(frame.outcome.value.bytes.length, inlineBytesMax);
  return 512;
}

function finish(writer: ProtoWriter, field: number, id: number): Uint8Array {
  writer.message(field, 0);
  writer.uint(1, id);
  return writer.finish();
}

/** An outlet that remembers what went through it. */
class Recording implements LargeOutgoing {
  readonly #outgoing: LargeOutgoing;
  /** Nearly always nothing does. */
  #values: Transfer[] | undefined;

  constructor(outgoing: LargeOutgoing) {
    this.#outgoing = outgoing;
  }

  put(bytes: Uint8Array): number {
    const transfer = this.#outgoing.put(bytes);
    this.#values ??= [];
    this.#values.push({ transfer, bytes: bytes.length });
    return transfer;
  }

  get values(): readonly Transfer[] {
    return this.#values ?? [];
  }
}

function writeBody(sink: Sink, frame: Frame): void {
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

/**
 * One frame, decoded. With `incoming`, parts of it may still be on their way: it may be used when everything that was
 * expected is filled (only `kind` and `id` are there from the start). Throws `protocol_error`, and so may the last fill.
 */
export function decodeFrame(bytes: Uint8Array, incoming?: LargeIncoming): Frame {
  const reader = new ProtoReader(bytes);
  let id = 0;
  let field = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) id = reader.uint();
    else if (tag >= bytesTag(fields.call) && tag <= lastTag && tag % 8 === 2) {
      field = tag >> 3;
      reader.pass();
    } else reader.skip(tag);
  }
  if (field === 0) throw protocolError('a frame has no body that this version knows');
  // A view of its own for each body, and a reader over it, were a twentieth of what relaying a call costs.
  reader.enterPassed();
  const source: Source = { reader, large: incoming };
  return field === besideField ? readBesideFrame(source, id) : readBody(source, { field, id });
}

function readBody(source: Source, head: Head): Frame {
  const kind = kinds[head.field];
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

/** The frame's shell at once; its content when the body and every value in it have come. */
function readBesideFrame({ reader, large: incoming }: Source, id: number): Frame {
  const beside = readBeside(reader);
  const kind = kinds[beside.field];
  if (!incoming || kind === undefined) throw protocolError('the body of a frame comes beside it where that is not possible');
  const shell = id === 0 ? { kind } : { kind, id };
  const arrived = new Map<number, Uint8Array>();
  const all = [beside.body, ...beside.values];
  const inside: LargeIncoming = { expect: (transfer, _bytes, fill) => fill(take(arrived, transfer)) };
  for (const { transfer, bytes: length } of all) {
    incoming.expect(transfer, length, (value) => {
      arrived.set(transfer, value);
      if (arrived.size === all.length)
        Object.assign(shell, readBody(bodyOf(take(arrived, beside.body.transfer), inside), { field: beside.field, id }));
    });
  }
  // By the contract above nobody looks further than `kind` and `id` before it is whole.
  return shell as Frame;
}

function bodyOf(bytes: Uint8Array, large: LargeIncoming): Source {
  return { reader: new ProtoReader(bytes), large };
}

function take(arrived: ReadonlyMap<number, Uint8Array>, transfer: number): Uint8Array {
  const value = arrived.get(transfer);
  if (!value) throw protocolError(`a body names transfer ${transfer}, which its frame does not`);
  return value;
}
