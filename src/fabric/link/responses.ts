/**
 * Answers to requests that are answered at once: nobody serves them, so there is nothing to cancel.
 */

import { HeddleError } from '../../errors.ts';
import { toWireError, type WireError } from '../../wire/error.ts';
import type { ReplyFrame } from '../../wire/frame.ts';
import type { Incoming } from './conversation.ts';

/** What an answer needs of the peer that asked. */
export interface Asker {
  serve(id: number, incoming: Incoming): void;
  answer(frame: ReplyFrame): void;
}

/** The side of whoever answers that cannot be cancelled. */
export const unattended: Incoming = { cancel: () => {} };

/** Answers a request that nobody serves. */
export function respond(asker: Asker, id: number, outcome: ReplyFrame['outcome']): void {
  asker.serve(id, unattended);
  asker.answer({ kind: 'reply', id, outcome });
}

/** Answers a request that is not taken up. */
export function refuse(asker: Asker, id: number, error: unknown): void {
  respond(asker, id, failure(error));
}

/** The end of a request that failed. What is no HeddleError is a fault of ours, and is told as `protocol_error`. */
export function failure(error: unknown): { readonly ok: false; readonly error: WireError } {
  const known = HeddleError.is(error) ? error : new HeddleError('protocol_error', { problem: String(error) });
  return { ok: false, error: toWireError(known) };
}
