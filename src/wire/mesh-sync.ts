/**
 * How two members find what one of them lacks, as bytes: a digest of all that one holds, the heads of what differs, the records
 * that the other one wants.
 */

import type { Head, Root, SyncDigest, SyncHeads, SyncRecords } from '../core/gossip/message.ts';
import type { OwnerRecord } from '../core/gossip/record.ts';
import { meshLimits } from '../core/gossip/settings.ts';
import { addItem, writeRecords } from './mesh-lists.ts';
import { readRecord } from './mesh-record.ts';
import { finals, hexBytes, readFinal, readHex, readRoot, readWords, rootWords, wordBytes } from './mesh-words.ts';
import { bytesTag, type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

export function writeSyncDigest(writer: ProtoWriter, { root, buckets, only, mayRefer }: SyncDigest): void {
  writer.flag(4, mayRefer === true);
  if (only) writer.presentBytes(3, Uint8Array.from(only));
  writer.bytes(2, wordBytes(buckets));
  writer.bytes(1, rootWords(root));
}

export function readSyncDigest(reader: ProtoReader): SyncDigest {
  let root: Root = { high: 0, low: 0 };
  let buckets: readonly number[] = [];
  let only: readonly number[] | undefined;
  let mayRefer = false;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) root = readRoot(reader);
    else if (tag === bytesTag(2)) buckets = readWords(reader, 2 * meshLimits.buckets);
    else if (tag === bytesTag(3)) only = [...reader.bytes().subarray(0, meshLimits.buckets)];
    else if (tag === varintTag(4)) mayRefer = reader.flag();
    else reader.skip(tag);
  }
  return { kind: 'syncDigest', root, buckets, ...(only && { only }), ...(mayRefer && { mayRefer }) };
}

export function writeSyncHeads(writer: ProtoWriter, { buckets, heads }: SyncHeads): void {
  for (const head of [...heads].reverse()) writeHead(writer, head);
  writer.bytes(1, Uint8Array.from(buckets));
}

export function readSyncHeads(reader: ProtoReader): SyncHeads {
  let buckets: readonly number[] = [];
  const heads: Head[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) buckets = [...reader.bytes().subarray(0, meshLimits.buckets)];
    else if (tag === bytesTag(2)) addItem(heads, readHead(reader));
    else reader.skip(tag);
  }
  return { kind: 'syncHeads', buckets, heads };
}

function writeHead(writer: ProtoWriter, head: Head): void {
  const mark = writer.mark();
  writer.uint(5, head.version);
  writer.uint(4, finals.indexOf(head.final));
  writer.bytes(3, hexBytes(head.instance));
  writer.uint(2, head.epoch);
  writer.string(1, head.slot);
  writer.message(2, mark);
}

function readHead(reader: ProtoReader): Head {
  const outer = reader.enter();
  const head = { slot: '', epoch: 0, instance: '', version: 0 };
  let final: Head['final'] = 'none';
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) head.slot = reader.string();
    else if (tag === varintTag(2)) head.epoch = reader.uint();
    else if (tag === bytesTag(3)) head.instance = readHex(reader);
    else if (tag === varintTag(4)) final = readFinal(reader);
    else if (tag === varintTag(5)) head.version = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { ...head, final };
}

export function writeSyncRecords(writer: ProtoWriter, { wants, records }: SyncRecords): void {
  writer.strings(2, wants);
  writeRecords(writer, records);
}

export function readSyncRecords(reader: ProtoReader): SyncRecords {
  const records: OwnerRecord[] = [];
  const wants: string[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) addItem(records, readRecord(reader));
    else if (tag === bytesTag(2)) addItem(wants, reader.string());
    else reader.skip(tag);
  }
  return { kind: 'syncRecords', records, wants };
}
