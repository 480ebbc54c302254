/**
 * The messages of clients in other languages: `heddle.v1.CallRequest`, `CallResponse`, `SubmitRequest` and the stream of
 * `RunEvent`. Encoded by proto-loader. Workflow commands come out in the shape of the API (`{ name, fun, args, ... }`, references
 * in place), so that one validation serves every language.
 */

import type { Need } from '../core/catalog/offer.ts';
import type { Payload } from '../core/payload.ts';
import type { WireRunEvent } from '../core/workflow/record.ts';
import { protocolError } from './value-problem.ts';

export interface ForeignCall {
  readonly function: string;
  readonly version?: string | undefined;
  readonly need?: Need | undefined;
  readonly target?: string | undefined;
  readonly timeoutMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** False when the client says that it reads `binary` and `bytes` too. */
  readonly isJsonOnly: boolean;
  /** The argument list, as it came; an absent one is the empty list. */
  readonly args: Payload;
}

export interface ForeignSubmit {
  readonly runId?: string | undefined;
  readonly name?: string | undefined;
  /** In the shape of the API's commands, not validated. */
  readonly commands: readonly Readonly<Record<string, unknown>>[];
  /** In the shape of the API's `returns`: 'leaves', 'all', a list of steps, or a shape with references. */
  readonly returns?: unknown;
  readonly references?: 'bare' | undefined;
  readonly input?: unknown;
  readonly timeoutMs?: number | undefined;
  readonly isDetached: boolean;
  readonly isJsonOnly: boolean;
}

/** Throws `bad_argument` or `protocol_error`. */
export function decodeCallRequest(message: Uint8Array): ForeignCall {
  throw protocolError(`not yet: ${message.length}`);
}

/** `server` is the name of the one that ran it. */
export function encodeCallResponse(value: Payload, server: string | undefined): Uint8Array {
  throw protocolError(`not yet: ${value.encoding} ${server ?? ''}`);
}

/** Throws `bad_workflow`, `bad_argument` or `protocol_error`. */
export function decodeSubmitRequest(message: Uint8Array): ForeignSubmit {
  throw protocolError(`not yet: ${message.length}`);
}

/** One event of the run. Values should be in an encoding that the client reads, and a result filled (no inputs left). */
export function encodeRunEvent(event: WireRunEvent): Uint8Array {
  throw protocolError(`not yet: ${event.kind}`);
}
