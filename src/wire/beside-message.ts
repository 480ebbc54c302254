/**
 * `heddle.v1.Beside`: the body of a frame that travels as a transfer of its own, and the values inside it that do.
 */

import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

export interface Transfer {
  /** Number on the bulk channel. */
  readonly transfer: number;
  readonly bytes: number;
}

export interface Beside {
  /** Number of the body in `Frame.body`. */
  readonly field: number;
  readonly body: Transfer;
  readonly values: readonly Transfer[];
}

export function writeBeside(writer: ProtoWriter, beside: Beside): void {
  for (const value of beside.values.toReversed()) {
    const mark = writer.mark();
    writer.uint(2, value.bytes);
    writer.uint(1, value.transfer);
    writer.message(4, mark);
  }
  writer.uint(3, beside.body.bytes);
  writer.uint(2, beside.body.transfer);
  writer.uint(1, beside.field);
}

export function readBeside(reader: ProtoReader): Beside {
  let field = 0;
  let transfer = 0;
  let bytes = 0;
  const values: Transfer[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) field = reader.uint();
    else if (tag === varintTag(2)) transfer = reader.uint();
    else if (tag === varintTag(3)) bytes = reader.uint();
    else if (tag === bytesTag(4)) values.push(readTransfer(reader));
    else reader.skip(tag);
  }
  return { field, body: { transfer, bytes }, values };
}

function readTransfer(reader: ProtoReader): Transfer {
  const outer = reader.enter();
  let transfer = 0;
  let bytes = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) transfer = reader.uint();
    else if (tag === varintTag(2)) bytes = reader.uint();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return { transfer, bytes };
}
