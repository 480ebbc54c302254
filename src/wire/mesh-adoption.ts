/**
 * The question of a member that too few of its observers reach, and its answer: `Adopt`, `Adopted` of mesh.proto.
 */

import type { Adopt, Adopted } from '../core/gossip/message.ts';
import type { AdoptionRefusal } from '../core/gossip/note.ts';
import { type ProtoReader, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';

/** By their numbers in the proto file; 0 is none. */
const refusals: readonly (AdoptionRefusal | undefined)[] = [undefined, 'full', 'stranger', 'leaving', 'isolated'];

/** It says no more than that it is one. */
export function readAdopt(reader: ProtoReader): Adopt {
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) reader.skip(tag);
  return { kind: 'adopt' };
}

export function writeAdopted(writer: ProtoWriter, { refusal }: Adopted): void {
  writer.uint(1, refusals.indexOf(refusal));
}

/** A refusal that this build does not know is one all the same: `full` comes nearest. */
export function readAdopted(reader: ProtoReader): Adopted {
  let number = 0;
  for (let tag = reader.tag(); tag !== 0; tag = reader.tag()) {
    if (tag === varintTag(1)) number = reader.uint();
    else reader.skip(tag);
  }
  if (number === 0) return { kind: 'adopted' };
  return { kind: 'adopted', refusal: refusals[number] ?? 'full' };
}
