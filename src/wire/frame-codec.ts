/**
 * Frames to the bytes of `heddle.v1.Frame` and back.
 *
 * F1 the bytes are those of proto/heddle/v1/fabric.proto; fields of a newer peer are skipped.
 * F2 payloads are copied once when written and never when read: a decoded frame holds views into its bytes.
 * F3 hostile bytes give `protocol_error`, in time and memory bounded by their length.
 * F4 with an outlet no frame is much larger than `bodyBytesMax`: payloads over 64 KiB, and a body that is too large
 *    all the same, leave it as transfers of their own.
 */

import { HeddleError } from '../errors.ts';
import type { Transfer } from './beside-message.ts';
import { readBeside, writeBeside } from './beside-message.ts';
import type { Source } from './common-messages.ts';
import { inlineBytesMax } from './common-messages.ts';
import type { Frame, LargeIncoming, LargeOutgoing } from './frame.ts';
import { bodyFields, bodyKinds, readBody, writeBody } from './frame-body.ts';
import { bytesTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { Slab } from './slab.ts';
import { valueBytesMax } from './value.ts';
import { protocolError } from './value-problem.ts';

export { inlineBytesMax } from './common-messages.ts';

/** A body over this many bytes leaves its frame: the transport takes frames up to 128 KiB, head included. */
export const bodyBytesMax = 120 * 1024;

const besideField = 13;
const lastTag = bytesTag(bodyKinds.length - 1);

/** Frames are written to their stream at the end of the turn, and gone. */
const slab = new Slab();

/**
 * One frame, encoded. Without an outlet everything stays inside, whatever its size. Throws `too_large` for a body of over
 * 64 MiB beside its large values (a workflow of many).
 */
export function encodeFrame(frame: Frame, outgoing?: LargeOutgoing): Uint8Array {
  const writer = new ProtoWriter(roomFor(frame), slab);
  const id = 'id' in frame ? frame.id : 0;
  if (!outgoing) {
    writeBody({ writer, large: undefined }, frame);
    return finish(writer, fieldOf(frame.kind), id);
  }
  const large = new Recording(outgoing);
  writeBody({ writer, large }, frame);
  if (writer.mark() <= bodyBytesMax) return finish(writer, fieldOf(frame.kind), id);
  const body = writer.finish();
  if (body.length > valueBytesMax)
    throw new HeddleError('too_large', { what: `a ${frame.kind} frame`, limit: valueBytesMax, found: body.length });
  const { values } = large;
  const head = new ProtoWriter(64 + 16 * values.length);
  writeBeside(head, { field: fieldOf(frame.kind), body: { transfer: outgoing.put(body), bytes: body.length }, values });
  return finish(head, besideField, id);
}

/** What most frames need, so that the writer rarely grows. */
function roomFor(frame: Frame): number {
  if (frame.kind === 'call') return 256 + 3 * frame.function.length + Math.min(frame.args.template.bytes.length, inlineBytesMax);
  if (frame.kind === 'reply' && frame.outcome.ok) return 128 + Math.min(frame.outcome.value.bytes.length, inlineBytesMax);
  return 512;
}

/** Most frames are of two kinds, which are not looked up: a property by a name that varies costs a look-up in V8's tables. */
function fieldOf(kind: Frame['kind']): number {
  if (kind === 'call') return bodyFields.call;
  return kind === 'reply' ? bodyFields.reply : bodyFields[kind];
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
    else if (tag >= bytesTag(bodyFields.call) && tag <= lastTag && tag % 8 === 2) {
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

/** The frame's shell at once; its content when the body and every value in it have come. */
function readBesideFrame({ reader, large: incoming }: Source, id: number): Frame {
  const beside = readBeside(reader);
  const kind = bodyKinds[beside.field];
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
