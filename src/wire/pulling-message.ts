/**
 * `heddle.v1.Pulling`: what a call waits for whose arguments come from other servers.
 */

import type { Pulling } from './hand-off-frames.ts';
import { bytesTag, type ProtoReader } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

export function writePulling(writer: ProtoWriter, field: number, { step, server }: Pulling): void {
  const mark = writer.mark();
  writer.string(2, server);
  writer.string(1, step);
  writer.message(field, mark);
}

export function readPulling(reader: ProtoReader): Pulling {
  const outer = reader.enter();
  let step = '';
  let server: string | undefined;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) step = reader.string();
    else if (tag === bytesTag(2)) server = reader.string();
    else reader.skip(tag);
  }
  reader.leave(outer);
  return server === undefined ? { step } : { step, server };
}
