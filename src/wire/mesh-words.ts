/**
 * The small parts that mesh messages share: ids in hex, roots, enums.
 */

import { bufferOf } from '../base/bytes.ts';
import type { Root } from '../core/gossip/message.ts';
import type { Accusation, Final } from '../core/gossip/record.ts';
import type { ProtoReader } from './proto-reader.ts';
import { protocolError } from './value-problem.ts';

export const finals = ['none', 'dead', 'left'] as const satisfies readonly Final[];
export const accusations = [undefined, 'reset', 'refused', 'silent', 'stalled', 'untrusted'] as const satisfies readonly (
  | Accusation
  | undefined
)[];

/** Most bytes of an id or hash. */
const hexBytesMax = 32;
const rootBytes = 8;

export function hexBytes(hex: string): Uint8Array {
  return Buffer.from(hex, 'hex');
}

export function readHex(reader: ProtoReader): string {
  const bytes = reader.bytes();
  if (bytes.length > hexBytesMax) throw protocolError(`an id or hash has ${bytes.length} bytes`);
  return bufferOf(bytes).toString('hex');
}

export function readFinal(reader: ProtoReader): Final {
  const final = finals[reader.uint()];
  if (final === undefined) throw protocolError('a record has an unknown kind of end');
  return final;
}

/** Words of 32 bits, big-endian. */
export function wordBytes(words: readonly number[]): Uint8Array {
  const bytes = Buffer.alloc(4 * words.length);
  for (const [at, word] of words.entries()) bytes.writeUInt32BE(word, 4 * at);
  return bytes;
}

export function readWords(reader: ProtoReader, count: number): readonly number[] {
  const view = reader.bytes();
  if (view.length !== 4 * count) throw protocolError(`${count} words of 32 bits were expected, found ${view.length} bytes`);
  const bytes = bufferOf(view);
  return Array.from({ length: count }, (_, at) => bytes.readUInt32BE(4 * at));
}

export function rootWords(root: Root): Uint8Array {
  return wordBytes([root.high, root.low]);
}

export function readRoot(reader: ProtoReader): Root {
  const [high = 0, low = 0] = readWords(reader, rootBytes / 4);
  return { high, low };
}

/** A finite number that is not negative. */
export function readAmount(reader: ProtoReader): number {
  const amount = reader.double();
  if (!Number.isFinite(amount) || amount < 0) throw protocolError('a time or factor is not a number from 0 up');
  return amount;
}
