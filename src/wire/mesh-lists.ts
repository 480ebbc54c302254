/**
 * Lists in messages between members: records, reports, and whatever else repeats; at most `itemsMax` of them are read.
 * Writers fill their bytes from the end, so a list is written last to first.
 */

import type { OwnerRecord, Report } from '../core/gossip/record.ts';
import { writeRecord, writeReport } from './mesh-record.ts';
import { bytesTag, type ProtoReader } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** Most items of one list that are read at all. */
const itemsMax = 4_096;

export function writeRecords(writer: ProtoWriter, records: readonly OwnerRecord[]): void {
  for (const record of [...records].reverse()) writeRecord(writer, 1, record);
}

export function writeReports(writer: ProtoWriter, reports: readonly Report[]): void {
  for (const report of [...reports].reverse()) writeReport(writer, 1, report);
}

/** A message whose only field, 1, repeats. Throws `protocol_error`. */
export function readList<T>(reader: ProtoReader, read: (reader: ProtoReader) => T): readonly T[] {
  const list: T[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) addItem(list, read(reader));
    else reader.skip(tag);
  }
  return list;
}

/** One more item as it is read. Throws `protocol_error` for one too many. */
export function addItem<T>(list: T[], item: T): void {
  if (list.length >= itemsMax) throw protocolError(`a list has over ${itemsMax} items`);
  list.push(item);
}
