/**
 * The message Need of proto/heddle/v1/common.proto: which resources a call asks for, in up to four lists.
 *
 * Written backwards, as all of them (proto-writer.ts).
 */

import type { Need } from '../core/catalog/offer.ts';
import type { ProtoReader } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

interface NeedLists {
  readonly all?: readonly string[];
  readonly any?: readonly string[];
  readonly none?: readonly string[];
  readonly prefer?: readonly string[];
}

export function writeNeed(writer: ProtoWriter, field: number, need: Need | undefined): void {
  if (need === undefined) return;
  const mark = writer.mark();
  if (isList(need)) writer.strings(1, need);
  else {
    writer.strings(4, need.prefer ?? []);
    writer.strings(3, need.none ?? []);
    writer.strings(2, need.any ?? []);
    writer.strings(1, need.all ?? []);
  }
  writer.message(field, mark);
}

export function readNeed(reader: ProtoReader): Need {
  const outer = reader.enter();
  const lists: [string[], string[], string[], string[]] = [[], [], [], []];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    const list = tag % 8 === 2 ? lists[(tag >> 3) - 1] : undefined;
    if (list) list.push(reader.string());
    else reader.skip(tag);
  }
  reader.leave(outer);
  const [all, any, none, prefer] = lists;
  return needOfLists({ all, any, none, prefer });
}

/** A list where only `all` is given, as most callers write it. */
export function needOfLists({ all = [], any = [], none = [], prefer = [] }: NeedLists): Need {
  if (any.length + none.length + prefer.length === 0) return all;
  return {
    ...(all.length > 0 ? { all } : {}),
    ...(any.length > 0 ? { any } : {}),
    ...(none.length > 0 ? { none } : {}),
    ...(prefer.length > 0 ? { prefer } : {}),
  };
}

function isList(need: Need): need is readonly string[] {
  return Array.isArray(need);
}
