/**
 * `heddle.v1.Tree`: the data of the `binary` encoding, JSON text with bytes beside it.
 */

import { bytesTag, ProtoReader } from './proto-reader.ts';
import { ProtoWriter } from './proto-writer.ts';
import { ValueProblem } from './value-problem.ts';

export interface Tree {
  readonly json: Uint8Array;
  readonly attachments: readonly Uint8Array[];
}

export function encodeTree(tree: Tree): Uint8Array {
  const size = tree.attachments.reduce((sum, bytes) => sum + bytes.length + 10, tree.json.length + 10);
  const writer = new ProtoWriter(size);
  for (const bytes of tree.attachments.toReversed()) writer.presentBytes(2, bytes);
  writer.bytes(1, tree.json);
  return writer.finish();
}

/** Throws ValueProblem. */
export function decodeTree(bytes: Uint8Array): Tree {
  try {
    return readTree(new ProtoReader(bytes));
  } catch (error) {
    throw new ValueProblem([], 'a binary value', error instanceof Error ? error.message : 'something else');
  }
}

function readTree(reader: ProtoReader): Tree {
  let json: Uint8Array = new Uint8Array(0);
  const attachments: Uint8Array[] = [];
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === bytesTag(1)) json = reader.bytes();
    else if (tag === bytesTag(2)) attachments.push(reader.bytes());
    else reader.skip(tag);
  }
  return { json, attachments };
}
