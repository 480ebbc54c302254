/**
 * A HeddleError on the wire and back, whole.
 *
 * W1 code, executed, detail, partial results and the causes arrive; stack traces stay where they arose.
 * W2 `executed` never gets weaker on the way.
 * W3 a code that this version does not know becomes one that it does: `function_failed` when the function ran,
 *    `protocol_error` otherwise. So does a known code whose detail is not what the code says.
 */

import type { Executed, HeddleError } from '../errors.ts';
import type { Payload } from '../core/payload.ts';

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

export interface WireErrorOptions {
  /** The reader understands JSON only; default false. */
  readonly isJsonOnly?: boolean | undefined;
  /** `detail.partial` as payloads, where they are at hand already; default: `error.detail.partial`, encoded. */
  readonly partial?: Readonly<Record<string, Payload>> | undefined;
}

/** What travels of an error. Never throws: what cannot be encoded is named instead. */
export function toWireError(error: HeddleError, options: WireErrorOptions = {}): WireError {
  throw new Error(`not yet: ${error.code} ${String(options.isJsonOnly)}`);
}

/** The error that a peer sent. Never throws. */
export function fromWireError(error: WireError): HeddleError {
  throw new Error(`not yet: ${error.code}`);
}
