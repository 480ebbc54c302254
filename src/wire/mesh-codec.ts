/**
 * The messages between members: `heddle.v1.MeshMessage`. The greeting is in mesh-hello.ts, records in mesh-record.ts,
 * what is asked and answered when two of them compare what they hold in mesh-sync.ts.
 *
 * W1 what a peer sent wrongly is a `protocol_error`, whatever the bytes. W2 a message of an unknown kind is undefined.
 */

import { unreachable } from '../base/assert.ts';
import type { Beat, BodyPiece, MeshMessage, Root } from '../core/gossip/message.ts';
import { readAdopt, readAdopted, writeAdopted } from './mesh-adoption.ts';
import { readList, writeRecords, writeReports } from './mesh-lists.ts';
import {
  readDoubts,
  readProbeAck,
  readProbeNack,
  readProbeRequest,
  writeDoubts,
  writeProbeAck,
  writeProbeNack,
  writeProbeRequest,
} from './mesh-probes.ts';
import { readRecord, readReport } from './mesh-record.ts';
import { readSyncDigest, readSyncHeads, readSyncRecords, writeSyncDigest, writeSyncHeads, writeSyncRecords } from './mesh-sync.ts';
import { hexBytes, readAmount, readHex, readRoot, rootWords } from './mesh-words.ts';
import { bytesTag, doubleTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';

const roomBytes = 1_024;

type Kind = MeshMessage['kind'];
const fields: Readonly<Record<Kind, number>> = {
  beat: 1,
  push: 2,
  suspect: 3,
  syncDigest: 4,
  syncHeads: 5,
  syncRecords: 6,
  bodyWanted: 7,
  body: 8,
  probeRequest: 9,
  probeAck: 10,
  probeNack: 11,
  doubts: 12,
  adopt: 13,
  adopted: 14,
  syncReferral: 15,
};

export function encodeMeshMessage(message: MeshMessage): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  const mark = writer.mark();
  writeMessage(writer, message);
  writer.message(fields[message.kind], mark);
  return writer.finish();
}

/** Throws `protocol_error`; undefined for a kind that this build does not know. */
export function decodeMeshMessage(bytes: Uint8Array): MeshMessage | undefined {
  const reader = new ProtoReader(bytes);
  let message: MeshMessage | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const read = readers.get(tag);
    if (!read) {
      reader.skip(tag);
      continue;
    }
    const outer = reader.enter();
    message = read(reader);
    reader.leave(outer);
  }
  return message;
}

const readers = new Map<number, (reader: ProtoReader) => MeshMessage>([
  [bytesTag(fields.beat), readBeat],
  [bytesTag(fields.push), (reader) => ({ kind: 'push', records: readList(reader, readRecord) })],
  [bytesTag(fields.suspect), (reader) => ({ kind: 'suspect', reports: readList(reader, readReport) })],
  [bytesTag(fields.syncDigest), readSyncDigest],
  [bytesTag(fields.syncHeads), readSyncHeads],
  [bytesTag(fields.syncRecords), readSyncRecords],
  [bytesTag(fields.bodyWanted), readBodyWanted],
  [bytesTag(fields.body), readPiece],
  [bytesTag(fields.probeRequest), readProbeRequest],
  [bytesTag(fields.probeAck), readProbeAck],
  [bytesTag(fields.probeNack), readProbeNack],
  [bytesTag(fields.doubts), readDoubts],
  [bytesTag(fields.adopt), readAdopt],
  [bytesTag(fields.adopted), readAdopted],
  [bytesTag(fields.syncReferral), (reader) => ({ kind: 'syncReferral', records: readList(reader, readRecord) })],
]);

function writeMessage(writer: ProtoWriter, message: MeshMessage): void {
  switch (message.kind) {
    case 'beat':
      return writeBeat(writer, message);
    case 'push':
    case 'syncReferral':
      return writeRecords(writer, message.records);
    case 'suspect':
      return writeReports(writer, message.reports);
    case 'syncDigest':
      return writeSyncDigest(writer, message);
    case 'syncHeads':
      return writeSyncHeads(writer, message);
    case 'syncRecords':
      return writeSyncRecords(writer, message);
    case 'bodyWanted':
      return writer.bytes(1, hexBytes(message.hash));
    case 'body':
      return writePiece(writer, message);
    case 'probeRequest':
      return writeProbeRequest(writer, message);
    case 'probeAck':
      return writeProbeAck(writer, message);
    case 'probeNack':
      return writeProbeNack(writer, message);
    case 'doubts':
      return writeDoubts(writer, message);
    case 'adopt':
      return undefined;
    case 'adopted':
      return writeAdopted(writer, message);
    default:
      return unreachable(message);
  }
}

function writeBeat(writer: ProtoWriter, beat: Beat): void {
  writer.flag(9, beat.isBusy);
  writer.flag(8, beat.isMesh);
  writer.flag(7, beat.uid.isSettled);
  writer.bytes(6, hexBytes(beat.uid.uid));
  writer.double(5, beat.health);
  writer.bytes(4, rootWords(beat.root));
  writer.double(3, beat.ackDelayMs);
  writer.uint(2, beat.ackedSequence);
  writer.uint(1, beat.sequence);
}

function readBeat(reader: ProtoReader): Beat {
  const beat = { sequence: 0, ackedSequence: 0, ackDelayMs: 0, health: 1 };
  let root: Root = { high: 0, low: 0 };
  let uid = '';
  let isSettled = false;
  let isMesh = false;
  let isBusy = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) beat.sequence = reader.uint();
    else if (tag === varintTag(2)) beat.ackedSequence = reader.uint();
    else if (tag === doubleTag(3)) beat.ackDelayMs = readAmount(reader);
    else if (tag === bytesTag(4)) root = readRoot(reader);
    else if (tag === doubleTag(5)) beat.health = readAmount(reader);
    else if (tag === bytesTag(6)) uid = readHex(reader);
    else if (tag === varintTag(7)) isSettled = reader.flag();
    else if (tag === varintTag(8)) isMesh = reader.flag();
    else if (tag === varintTag(9)) isBusy = reader.flag();
    else reader.skip(tag);
  }
  return { kind: 'beat', ...beat, root, uid: { uid, isSettled }, isMesh, isBusy };
}

function readBodyWanted(reader: ProtoReader): MeshMessage {
  let hash = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) hash = readHex(reader);
    else reader.skip(tag);
  }
  return { kind: 'bodyWanted', hash };
}

function writePiece(writer: ProtoWriter, piece: BodyPiece): void {
  writer.bytes(4, piece.bytes);
  writer.uint(3, piece.pieces);
  writer.uint(2, piece.piece);
  writer.bytes(1, hexBytes(piece.hash));
}

function readPiece(reader: ProtoReader): BodyPiece {
  const piece = { hash: '', piece: 0, pieces: 0 };
  let bytes: Uint8Array = new Uint8Array();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) piece.hash = readHex(reader);
    else if (tag === varintTag(2)) piece.piece = reader.uint();
    else if (tag === varintTag(3)) piece.pieces = reader.uint();
    else if (tag === bytesTag(4)) bytes = reader.bytes();
    else reader.skip(tag);
  }
  return { kind: 'body', ...piece, bytes };
}
