/**
 * How a call ended, as it is kept to be said again: it outlives the message that it came in, and the handler that gave it.
 *
 * K1 a view keeps all of the memory alive that it lies in, up to a whole message of 4 MiB for a result of one byte: where that is
 *    over `memoryBytesMax`, and twice what is needed, it is copied.
 * K2 a handler may write again to bytes that it gave: what is said later is what was said first. Over 1 MiB they are not copied
 *    (docs/hand-off.md).
 * K3 all that is kept of it counts: of an error its causes and partial results too.
 */

import { keepsMoreThan } from '../../base/bytes.ts';
import type { Payload } from '../../core/payload.ts';
import { isWireError, type WireCause, type WireError } from '../../wire/wire-error.ts';
import { mayBeWritten } from '../hand-off/parked-values.ts';
import type { Settlement } from '../link/invocation.ts';

export interface KeptHow {
  /** Memory that a result may keep alive, in bytes, however small it is. */
  readonly memoryBytesMax: number;
  /** A handler of this process gave it. */
  readonly isGiven: boolean;
}

/** The settlement with memory of its own; the same one where it has that. */
export function keptSettlement(settlement: Settlement, how: KeptHow): Settlement {
  const { outcome } = settlement;
  if (outcome.ok) {
    const value = own(outcome.value, how);
    return value === outcome.value ? settlement : { ...settlement, outcome: { ok: true, value } };
  }
  const error = ownError(outcome.error, how);
  return error === outcome.error ? settlement : { ...settlement, outcome: { ok: false, error } };
}

/** K3. */
export function keptBytes({ outcome }: Settlement): number {
  return outcome.ok ? bytesHere(outcome.value) : bytesOfError(outcome.error);
}

/** An error's payloads are encoded, and nobody's but ours. */
function ownError(error: WireError, { memoryBytesMax }: KeptHow): WireError {
  const how = { memoryBytesMax, isGiven: false };
  const detail = own(error.detail, how);
  const cause = error.cause && isWireError(error.cause) ? ownError(error.cause, how) : error.cause;
  return detail === error.detail && cause === error.cause ? error : { ...error, detail, cause };
}

function own(value: Payload, { memoryBytesMax, isGiven }: KeptHow): Payload {
  const { bytes } = value;
  const isWritable = isGiven && mayBeWritten(value);
  if (!isWritable && !keepsMoreThan(bytes, memoryBytesMax, 2)) return value;
  return { ...value, bytes: new Uint8Array(bytes) };
}

function bytesOfError(error: WireError | WireCause | undefined): number {
  if (!error) return 0;
  const bytes = error.message.length + bytesOfError(error.cause);
  if (!isWireError(error)) return bytes;
  return Object.values(error.partial ?? {}).reduce((sum, value) => sum + bytesHere(value), bytes + error.detail.bytes.length);
}

/** Without what has stayed elsewhere. */
function bytesHere({ bytes, parts }: Payload): number {
  return (parts ?? []).reduce((sum, { value }) => sum + value.bytes.length, bytes.length);
}
