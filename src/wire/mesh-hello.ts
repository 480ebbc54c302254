/**
 * The greeting between servers: `heddle.v1.MeshHello` and `heddle.v1.MeshAck`.
 */

import type { Greeter, Hello, HelloAck, NameHolder, Refusal } from '../core/gossip/message.ts';
import type { RefusalCode } from '../core/gossip/note.ts';
import { hexBytes, readHex, readRoot, rootWords } from './mesh-words.ts';
import { bytesTag, ProtoReader, varintTag } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

const roomBytes = 512;
const featuresMax = 64;
const refusalCodes: readonly RefusalCode[] = [
  'version_mismatch',
  'cluster_mismatch',
  'name_taken',
  'draining',
  'overloaded',
  'self',
  'probe',
  'protocol_error',
];

export function encodeHello(hello: Hello): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  writer.flag(4, hello.isJoining);
  writer.flag(3, hello.isConfigured);
  writer.uint(2, hello.purpose === 'probe' ? 1 : 0);
  writeGreeter(writer, hello);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeHello(bytes: Uint8Array): Hello {
  const reader = new ProtoReader(bytes);
  let greeter: Greeter | undefined;
  let purpose: Hello['purpose'] = 'link';
  let isConfigured = false;
  let isJoining = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) greeter = readGreeter(reader);
    else if (tag === varintTag(2)) purpose = reader.uint() === 0 ? 'link' : 'probe';
    else if (tag === varintTag(3)) isConfigured = reader.flag();
    else if (tag === varintTag(4)) isJoining = reader.flag();
    else reader.skip(tag);
  }
  return { ...known(greeter), purpose, isConfigured, isJoining };
}

export function encodeAck(ack: HelloAck): Uint8Array {
  const writer = new ProtoWriter(roomBytes);
  writer.uint(3, ack.epochSeen);
  if (ack.refusal) writeRefusal(writer, ack.refusal);
  writeGreeter(writer, ack);
  return writer.finish();
}

/** Throws `protocol_error`. */
export function decodeAck(bytes: Uint8Array): HelloAck {
  const reader = new ProtoReader(bytes);
  let greeter: Greeter | undefined;
  let refusal: Refusal | undefined;
  let epochSeen = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) greeter = readGreeter(reader);
    else if (tag === bytesTag(2)) refusal = readRefusal(reader);
    else if (tag === varintTag(3)) epochSeen = reader.uint();
    else reader.skip(tag);
  }
  return { ...known(greeter), epochSeen, ...(refusal ? { refusal } : {}) };
}

function known(greeter: Greeter | undefined): Greeter {
  if (!greeter) throw protocolError('a greeting does not say who greets');
  return greeter;
}

function writeGreeter(writer: ProtoWriter, greeter: Greeter): void {
  const mark = writer.mark();
  writer.bytes(13, hexBytes(greeter.instanceProof ?? ''));
  writer.bytes(12, rootWords(greeter.root));
  writer.strings(11, greeter.features);
  writer.uint(10, greeter.protocolMax);
  writer.uint(9, greeter.protocolMin);
  writer.uint(8, greeter.uptimeMs);
  writer.string(7, greeter.url);
  writer.bytes(6, hexBytes(greeter.instance));
  writer.uint(5, greeter.epoch);
  writer.string(4, greeter.name);
  writer.flag(3, greeter.uid.isSettled);
  writer.bytes(2, hexBytes(greeter.uid.uid));
  writer.string(1, greeter.cluster);
  writer.message(1, mark);
}

function readGreeter(reader: ProtoReader): Greeter {
  const outer = reader.enter();
  const greeter = { cluster: '', name: '', epoch: 0, instance: '', url: '', uptimeMs: 0, protocolMin: 0, protocolMax: 0 };
  const features: string[] = [];
  let uid = '';
  let isSettled = false;
  let instanceProof: string | undefined;
  let root = { high: 0, low: 0 };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) greeter.cluster = reader.string();
    else if (tag === bytesTag(2)) uid = readHex(reader);
    else if (tag === varintTag(3)) isSettled = reader.flag();
    else if (tag === bytesTag(4)) greeter.name = reader.string();
    else if (tag === varintTag(5)) greeter.epoch = reader.uint();
    else if (tag === bytesTag(6)) greeter.instance = readHex(reader);
    else if (tag === bytesTag(7)) greeter.url = reader.string();
    else if (tag === varintTag(8)) greeter.uptimeMs = reader.uint();
    else if (tag === varintTag(9)) greeter.protocolMin = reader.uint();
    else if (tag === varintTag(10)) greeter.protocolMax = reader.uint();
    else if (tag === bytesTag(11)) features.length < featuresMax ? features.push(reader.string()) : reader.skip(tag);
    else if (tag === bytesTag(12)) root = { ...readRoot(reader) };
    else if (tag === bytesTag(13)) instanceProof = readHex(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { ...greeter, uid: { uid, isSettled }, features, root, instanceProof };
}

function writeRefusal(writer: ProtoWriter, refusal: Refusal): void {
  const mark = writer.mark();
  if (refusal.holder) writeHolder(writer, refusal.holder);
  writer.string(2, refusal.message);
  writer.string(1, refusal.code);
  writer.message(2, mark);
}

function readRefusal(reader: ProtoReader): Refusal {
  const outer = reader.enter();
  let code = '';
  let message = '';
  let holder: NameHolder | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) code = reader.string();
    else if (tag === bytesTag(2)) message = reader.string();
    else if (tag === bytesTag(3)) holder = readHolder(reader);
    else reader.skip(tag);
  }
  reader.leave(outer);
  // A reason of a newer build: the text is all that can be said of it.
  const known = refusalCodes.find((one) => one === code) ?? 'protocol_error';
  return { code: known, message, ...(holder ? { holder } : {}) };
}

function writeHolder(writer: ProtoWriter, holder: NameHolder): void {
  const mark = writer.mark();
  writer.uint(3, holder.epoch);
  writer.string(2, holder.url);
  writer.bytes(1, hexBytes(holder.instance));
  writer.message(3, mark);
}

function readHolder(reader: ProtoReader): NameHolder {
  const outer = reader.enter();
  const holder = { instance: '', url: '', epoch: 0 };
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) holder.instance = readHex(reader);
    else if (tag === bytesTag(2)) holder.url = reader.string();
    else if (tag === varintTag(3)) holder.epoch = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return holder;
}
