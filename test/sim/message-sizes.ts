/**
 * What a message takes on the wire, without writing it: simulated members exchange values, and only M8 asks for bytes.
 *
 * Z1 the size is that of `encodeMeshMessage`, to the byte (message-sizes.test.ts). A beat is added up, a record or report is
 *    written once and remembered by its object, which is immutable and passed on as it is; all else is written.
 */

import { varintBytes } from '../../src/base/bytes.ts';
import type { Beat, MeshMessage } from '../../src/core/gossip/message.ts';
import type { OwnerRecord, Report } from '../../src/core/gossip/record.ts';
import { encodeMeshMessage } from '../../src/wire/mesh-codec.ts';
import { writeRecord, writeReport } from '../../src/wire/mesh-record.ts';
import { ProtoWriter } from '../../src/wire/proto-writer.ts';

/** A tag of the fields 1 to 15, and what fixed values take with theirs. */
const tagBytes = 1;
const flagBytes = tagBytes + 1;
const doubleBytes = tagBytes + 8;
const rootBytes = tagBytes + 1 + 8;
const roomBytes = 256;

export class MessageSizes {
  /** With tag and length. */
  readonly #items = new WeakMap<OwnerRecord | Report, number>();

  of(message: MeshMessage): number {
    switch (message.kind) {
      case 'beat':
        return framed(beatBytes(message));
      case 'push':
        return framed(this.#sum(message.records, (record) => this.#recordBytes(record)));
      case 'suspect':
        return framed(this.#sum(message.reports, (report) => this.#reportBytes(report)));
      default:
        return encodeMeshMessage(message).length;
    }
  }

  #sum<Item>(items: readonly Item[], bytesOf: (item: Item) => number): number {
    let bytes = 0;
    for (const item of items) bytes += bytesOf(item);
    return bytes;
  }

  #recordBytes(record: OwnerRecord): number {
    return this.#items.get(record) ?? this.#keep(record, (writer) => writeRecord(writer, 1, record));
  }

  #reportBytes(report: Report): number {
    return this.#items.get(report) ?? this.#keep(report, (writer) => writeReport(writer, 1, report));
  }

  #keep(item: OwnerRecord | Report, write: (writer: ProtoWriter) => void): number {
    const writer = new ProtoWriter(roomBytes);
    write(writer);
    const bytes = writer.finish().length;
    this.#items.set(item, bytes);
    return bytes;
  }
}

function framed(bytes: number): number {
  return tagBytes + varintBytes(bytes) + bytes;
}

/** As writeBeat of wire/mesh-codec.ts: what has its default is left out. */
function beatBytes({ sequence, ackedSequence, ackDelayMs, health, uid, isMesh, isBusy }: Beat): number {
  let bytes = rootBytes + uintBytes(sequence) + uintBytes(ackedSequence);
  for (const amount of [ackDelayMs, health]) if (!Object.is(amount, 0)) bytes += doubleBytes;
  for (const flag of [uid.isSettled, isMesh, isBusy]) if (flag) bytes += flagBytes;
  const idBytes = uid.uid.length / 2;
  return idBytes === 0 ? bytes : bytes + framed(idBytes);
}

function uintBytes(value: number): number {
  return value === 0 ? 0 : tagBytes + varintBytes(value);
}
