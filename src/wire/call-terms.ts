/**
 * The terms of a call: fields 20 to 25 of `heddle.v1.Call`, which most calls do not have.
 */

import type { CallTerms } from './frame.ts';
import type { ProtoReader } from './proto-reader.ts';
import { bytesTag, varintTag } from './proto-reader.ts';
import type { ProtoWriter } from './proto-writer.ts';
import { protocolError } from './value-problem.ts';

/** Bytes of a call's affinity key and of its idempotency key. */
export const keyBytesMax = 256;

/** Terms while they are being read. */
export type TermsDraft = { -readonly [K in keyof CallTerms]-?: CallTerms[K] };

export const firstTermTag = varintTag(20);
export const lastTermTag = varintTag(25);

const priorities = [undefined, 'batch', 'critical'] as const satisfies readonly CallTerms['priority'][];

export function writeTerms(writer: ProtoWriter, terms: CallTerms): void {
  writer.flag(25, terms.hedge === true);
  writer.uint(24, terms.attemptsMax ?? 0);
  writer.string(23, terms.idempotencyKey);
  writer.optionalUint(22, terms.waitMs);
  writer.string(21, terms.key);
  writer.uint(20, priorities.indexOf(terms.priority));
}

export function emptyTerms(): TermsDraft {
  return {
    priority: undefined,
    key: undefined,
    waitMs: undefined,
    idempotencyKey: undefined,
    attemptsMax: undefined,
    hedge: undefined,
  };
}

/** What says the default is as good as absent. */
export function readTerm(reader: ProtoReader, tag: number, terms: TermsDraft): void {
  if (tag === varintTag(20)) terms.priority = priorities[reader.uint()];
  else if (tag === bytesTag(21)) terms.key = readBoundedText(reader, 'the key of a call') || undefined;
  else if (tag === varintTag(22)) terms.waitMs = reader.uint();
  else if (tag === bytesTag(23)) terms.idempotencyKey = readBoundedText(reader, 'the idempotency key of a call') || undefined;
  else if (tag === varintTag(24)) terms.attemptsMax = reader.uint() || undefined;
  else if (tag === varintTag(25)) terms.hedge = reader.flag() || undefined;
  else reader.skip(tag);
}

/** A text of at most `keyBytesMax` bytes. */
export function readBoundedText(reader: ProtoReader, what: string): string {
  const text = reader.string();
  if (text.length > keyBytesMax || Buffer.byteLength(text) > keyBytesMax) throw protocolError(`${what} has over ${keyBytesMax} bytes`);
  return text;
}
