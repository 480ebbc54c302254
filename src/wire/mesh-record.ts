/**
 * Records and reports: `heddle.v1.Record`, `heddle.v1.Report`.
 *
 * A record that came over the wire is written again as the bytes that came (what this build does not know included);
 * one of an unknown kind is kept by its head. A signature covers bytes as they came, so that what a newer build says is signed
 * as well: of a record all that is in front of it, of a report its `word`. Whether it is any good is decided elsewhere.
 */

import type { Accusation, MemberRecord, Obituary, OwnerRecord, RecordHead, Report, Seal } from '../core/gossip/record.ts';
import { accusations, finals, hexBytes, readAmount, readFinal, readHex } from './mesh-words.ts';
import { bytesTag, doubleTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const memberKind = 1;
const obituaryKind = 2;
const recordRoomBytes = 512;
const signatureBytes = 64;
/** Field 9, bytes. */
const signatureTag = bytesTag(9);
/** Most accusations and resources that are read at all; the machine's limits are lower. */
const listMax = 1_024;

export function writeRecord(writer: ProtoWriter, field: number, record: OwnerRecord): void {
  writer.presentBytes(field, record.raw ?? recordBytes(record));
}

/** The next field, a record. */
export function readRecord(reader: ProtoReader): OwnerRecord {
  return decodeRecord(reader.bytes());
}

/** Signs a record that was made here with the key of this hash. */
export function sealRecord(record: MemberRecord, key: string, sign: (bytes: Uint8Array) => Uint8Array): MemberRecord {
  const signed = Uint8Array.from(recordBytes(record, key));
  const signature = sign(signed);
  const raw = Uint8Array.from([...signed, signatureTag, signature.length, ...signature]);
  return { ...record, raw, seal: { key, signed: raw.subarray(0, signed.length), signature } };
}

/** The same of a report. */
export function sealReport(report: Report, key: string, sign: (bytes: Uint8Array) => Uint8Array): Report {
  const writer = new ProtoWriter(recordRoomBytes);
  writer.bytes(9, hexBytes(key));
  writeWord(writer, report);
  const signed = Uint8Array.from(writer.finish());
  return { ...report, seal: { key, signed, signature: sign(signed) } };
}

/** The canonical bytes of a record that was made here, to be signed with the key of this hash; of others, the bytes that came. */
export function recordBytes(record: OwnerRecord, key = ''): Uint8Array {
  if (record.kind === 'unknown') return record.raw;
  const writer = new ProtoWriter(recordRoomBytes);
  writer.bytes(8, hexBytes(key));
  writer.bytes(7, record.kind === 'member' ? memberBytes(record) : obituaryBytes(record));
  writer.uint(6, record.version);
  writer.uint(5, finals.indexOf(record.final));
  writer.bytes(4, hexBytes(record.instance));
  writer.uint(3, record.epoch);
  writer.string(2, record.owner);
  writer.uint(1, record.kind === 'member' ? memberKind : obituaryKind);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeRecord(bytes: Uint8Array): OwnerRecord {
  const reader = new ProtoReader(bytes);
  // A copy: the record outlives the message that it came in.
  const raw = Uint8Array.from(bytes);
  const head = { owner: '', epoch: 0, instance: '', final: finals[0] as RecordHead['final'], version: 0, raw };
  let kind = 0;
  let body: Uint8Array = new Uint8Array();
  let key = '';
  let isSigned = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) kind = reader.uint();
    else if (tag === bytesTag(2)) head.owner = reader.string();
    else if (tag === varintTag(3)) head.epoch = reader.uint();
    else if (tag === bytesTag(4)) head.instance = readHex(reader);
    else if (tag === varintTag(5)) head.final = readFinal(reader);
    else if (tag === varintTag(6)) head.version = reader.uint();
    else if (tag === bytesTag(7)) body = reader.bytes();
    else if (tag === bytesTag(8)) key = readHex(reader);
    else if (tag === bytesTag(9)) isSigned = reader.bytes().length === signatureBytes && reader.isAtEnd;
    else reader.skip(tag);
  }
  if (kind === obituaryKind) return obituary(head, body);
  const sealed = isSigned ? { ...head, seal: sealOf(key, raw) } : head;
  return kind === memberKind ? memberRecord(sealed, body) : { ...sealed, raw, kind: 'unknown', kindNumber: kind };
}

/** The signature ends the record: its tag and its length are a byte each. */
function sealOf(key: string, raw: Uint8Array): Seal {
  const end = raw.length - signatureBytes;
  return { key, signed: raw.subarray(0, end - 2), signature: raw.subarray(end) };
}

export function writeReport(writer: ProtoWriter, field: number, report: Report): void {
  const mark = writer.mark();
  if (report.seal) {
    writer.presentBytes(10, report.seal.signature);
    writer.presentBytes(8, report.seal.signed);
  }
  writer.double(7, report.ageMs);
  if (!report.seal) writeWord(writer, report);
  writer.message(field, mark);
}

/** What the observer says, without its age. */
function writeWord(writer: ProtoWriter, report: Report): void {
  for (const accusation of [...report.evidence].reverse()) writer.presentUint(6, accusations.indexOf(accusation));
  writer.string(5, report.observer);
  writer.uint(4, report.incarnation);
  writer.bytes(3, hexBytes(report.instance));
  writer.uint(2, report.epoch);
  writer.string(1, report.target);
}

export function readReport(reader: ProtoReader): Report {
  const outer = reader.enter();
  const { key: _, word, signature, ...report } = readFields(reader);
  reader.leave(outer);
  if (!word || signature?.length !== signatureBytes) return report;
  const { key, word: _word, signature: _signature, ...said } = readFields(new ProtoReader(word));
  // Copies: it outlives the message that it came in.
  return { ...said, ageMs: report.ageMs, seal: { key, signed: Uint8Array.from(word), signature: Uint8Array.from(signature) } };
}

interface ReportFields extends Report {
  readonly key: string;
  readonly word: Uint8Array | undefined;
  readonly signature: Uint8Array | undefined;
}

function readFields(reader: ProtoReader): ReportFields {
  const report = { target: '', epoch: 0, instance: '', incarnation: 0, observer: '', ageMs: 0, key: '' };
  let word: Uint8Array | undefined;
  let signature: Uint8Array | undefined;
  const evidence = new Set<Accusation>();
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) report.target = reader.string();
    else if (tag === varintTag(2)) report.epoch = reader.uint();
    else if (tag === bytesTag(3)) report.instance = readHex(reader);
    else if (tag === varintTag(4)) report.incarnation = reader.uint();
    else if (tag === bytesTag(5)) report.observer = reader.string();
    else if (tag === varintTag(6)) addAccusation(evidence, reader.uint());
    else if (tag === bytesTag(6)) readPacked(reader, evidence);
    else if (tag === doubleTag(7)) report.ageMs = readAmount(reader);
    else if (tag === bytesTag(8)) word = reader.bytes();
    else if (tag === bytesTag(9)) report.key = readHex(reader);
    else if (tag === bytesTag(10)) signature = reader.bytes();
    else reader.skip(tag);
  }
  return { ...report, evidence: [...evidence].sort(), word, signature };
}

/** Other writers pack the list into one field. */
function readPacked(reader: ProtoReader, evidence: Set<Accusation>): void {
  for (const number of reader.bytes()) addAccusation(evidence, number);
}

function addAccusation(evidence: Set<Accusation>, number: number): void {
  const accusation = accusations[number];
  if (accusation !== undefined) evidence.add(accusation);
}

function memberBytes(record: MemberRecord): Uint8Array {
  const writer = new ProtoWriter(recordRoomBytes);
  writer.strings(6, record.adopters);
  writer.bytes(5, hexBytes(record.bodyHash));
  writer.strings(4, record.resources);
  writer.flag(3, record.isLeaving);
  writer.string(2, record.url);
  writer.uint(1, record.incarnation);
  return writer.finish();
}

function memberRecord(head: RecordHead, body: Uint8Array): MemberRecord {
  const { final } = head;
  if (final === 'dead') throw protocolError('an owner says that it is dead');
  const reader = new ProtoReader(body);
  const member = { incarnation: 0, url: '', isLeaving: false, bodyHash: '' };
  const resources: string[] = [];
  const adopters: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) member.incarnation = reader.uint();
    else if (tag === bytesTag(2)) member.url = reader.string();
    else if (tag === varintTag(3)) member.isLeaving = reader.flag();
    else if (tag === bytesTag(4)) addBounded(resources, reader.string());
    else if (tag === bytesTag(5)) member.bodyHash = readHex(reader);
    else if (tag === bytesTag(6)) addBounded(adopters, reader.string());
    else reader.skip(tag);
  }
  return { ...head, final, kind: 'member', ...member, resources, adopters };
}

function obituaryBytes(record: Obituary): Uint8Array {
  const writer = new ProtoWriter(recordRoomBytes);
  for (const report of [...record.reports].reverse()) writeReport(writer, 2, report);
  writer.string(1, record.url);
  return writer.finish();
}

function obituary(head: RecordHead, body: Uint8Array): Obituary {
  if (head.final !== 'dead') throw protocolError('an obituary that does not say dead');
  const reader = new ProtoReader(body);
  const reports: Report[] = [];
  let url = '';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) url = reader.string();
    else if (tag === bytesTag(2)) addBounded(reports, readReport(reader));
    else reader.skip(tag);
  }
  return { ...head, final: 'dead', kind: 'obituary', url, reports };
}

function addBounded<T>(list: T[], item: T): void {
  if (list.length >= listMax) throw protocolError(`a list has over ${listMax} items`);
  list.push(item);
}
