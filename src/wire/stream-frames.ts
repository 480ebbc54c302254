/**
 * The frames of streams: items and the credit for them, either way within a conversation, and the end of an argument.
 *
 * Conversations count from 1 in each direction of a link, so `isFromOpener` says whose number an item's or a credit's
 * `id` is. A streamed result has no end of its own: its reply is.
 */

import type { Payload } from '../core/payload.ts';
import type { WireError } from './wire-error.ts';

/** What an item costs of the credit beside its payload's bytes. */
export const itemCostBytes = 64;

/** One item: of a result, to the caller, or (`isFromOpener`) of a streamed argument, from it. */
export interface ItemFrame {
  readonly kind: 'item';
  readonly id: number;
  readonly value: Payload;
  readonly isFromOpener: boolean;
}

/** The receiver of a stream grants further bytes: the caller for the result (`isFromOpener`), the owner for the argument. */
export interface CreditFrame {
  readonly kind: 'credit';
  readonly id: number;
  readonly bytes: number;
  readonly isFromOpener: boolean;
}

/** A streamed argument is over. */
export interface EndFrame {
  readonly kind: 'end';
  readonly id: number;
  /** It broke off. */
  readonly error?: WireError | undefined;
}
