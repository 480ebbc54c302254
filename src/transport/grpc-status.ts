/**
 * Errors as foreign clients see them: gRPC status from the error table, message, and the error itself in the trailers.
 */

import { Metadata, type StatusObject, status } from '@grpc/grpc-js';

import { errorTable, HeddleError } from '../errors.ts';

/** Trailers over this size are refused by common clients (8 KiB in all); the details are then left out. */
const errorBytesMax = 4096;

/** The status of whatever was thrown. `encode` gives the bytes for `heddle-error-bin`. */
export function statusOf(thrown: unknown, encode?: (error: HeddleError) => Uint8Array): Partial<StatusObject> {
  // Not an error of ours: a bug here, whose message is nobody's business there.
  if (!HeddleError.is(thrown)) return { code: status.INTERNAL, details: 'the server failed to answer' };
  const metadata = new Metadata();
  metadata.set('heddle-code', thrown.code);
  metadata.set('heddle-executed', thrown.executed);
  const bytes = encode?.(thrown);
  if (bytes && bytes.length <= errorBytesMax) metadata.set('heddle-error-bin', Buffer.from(bytes));
  return { code: status[errorTable[thrown.code].grpc], details: thrown.message, metadata };
}
