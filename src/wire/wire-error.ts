/**
 * A HeddleError in its wire form, as a value. `error.ts` makes and reads it, `error-message.ts` turns it into the bytes
 * of `heddle.v1.Error`.
 */

import type { Payload } from '../core/payload.ts';
import type { Executed } from '../errors.ts';

/** Causes that travel; the chain is cut behind them. A longer one from a peer is refused. */
export const causesMax = 8;

/** A cause that is no HeddleError: its name and message. */
export interface WireCause {
  readonly name: string;
  readonly message: string;
  readonly cause?: WireError | WireCause | undefined;
}

/** A HeddleError, encoded. `code` is a string: a newer peer may have more of them. */
export interface WireError {
  readonly code: string;
  readonly executed: Executed;
  /** For readers that do not know the code. */
  readonly message: string;
  /** The code's detail, without `partial`. */
  readonly detail: Payload;
  /** `detail.partial`: one payload a step. */
  readonly partial?: Readonly<Record<string, Payload>> | undefined;
  readonly cause?: WireError | WireCause | undefined;
}

/** Whether it is an error of the table, or any other cause. */
export function isWireError(error: WireError | WireCause): error is WireError {
  return 'code' in error;
}
