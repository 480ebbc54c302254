/**
 * Errors as foreign clients see them: gRPC status from the error table, message, and the error itself in the trailers.
 */

import { Metadata, type StatusObject, status } from '@grpc/grpc-js';

import { errorTable, HeddleError } from '../errors.ts';
import { statusText } from './status-text.ts';

/** Trailers of over 8 KiB are refused by common clients: an error of more bytes is left out, and the message is cut at what is left. */
const errorBytesMax = 4096;
const messageBytesMax = 1536;
const messageBytesAloneMax = 6144;

/** The status of whatever was thrown. `encode` gives the bytes for `heddle-error-bin`. */
export function statusOf(thrown: unknown, encode?: (error: HeddleError) => Uint8Array): Partial<StatusObject> {
  // Not an error of ours: a bug here, whose message is nobody's business there.
  if (!HeddleError.is(thrown)) return { code: status.INTERNAL, details: 'the server failed to answer' };
  const metadata = new Metadata();
  metadata.set('heddle-code', thrown.code);
  metadata.set('heddle-executed', thrown.executed);
  const bytes = encode?.(thrown);
  const isWhole = bytes !== undefined && bytes.length <= errorBytesMax;
  if (isWhole) metadata.set('heddle-error-bin', Buffer.from(bytes));
  const details = statusText(thrown.message, isWhole ? messageBytesMax : messageBytesAloneMax);
  return { code: status[errorTable[thrown.code].grpc], details, metadata };
}
