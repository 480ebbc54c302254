/**
 * A HeddleError on the wire and back, whole.
 *
 * W1 code, executed, detail, partial results and the causes arrive; stack traces stay where they arose.
 * W2 `executed` never gets weaker on the way.
 * W3 a code that this version does not know becomes one that it does: `function_failed` when the function ran,
 *    `protocol_error` otherwise. So does a known code whose detail is not what the code says.
 * W4 neither direction throws: what cannot be encoded or read is named in its place.
 */

import { untraced } from '../base/untraced.ts';
import type { Payload } from '../core/payload.ts';
import type { ErrorCode, ErrorDetails, Executed } from '../errors.ts';
import { errorTable, HeddleError, strongest } from '../errors.ts';
import { hasPartial, isDetailOf } from './error-shapes.ts';
import { decodeValue, encodeValue } from './value.ts';
import { ValueProblem } from './value-problem.ts';
import { causesMax, isWireError, type WireCause, type WireError } from './wire-error.ts';

export type { WireCause, WireError };

export interface WireErrorOptions {
  /** The reader understands JSON only; default false. */
  readonly isJsonOnly?: boolean | undefined;
  /** `detail.partial` as payloads, where they are at hand already; default: `error.detail.partial`, encoded. */
  readonly partial?: Readonly<Record<string, Payload>> | undefined;
}

/** A message's longest text; what is beyond it stays behind. */
const textMax = 16_384;

/** Largest encoded detail, without partial results. */
const detailBytesMax = 1024 * 1024;

/** What travels of an error. Never throws: what cannot be encoded is named instead. */
export function toWireError(error: HeddleError, options: WireErrorOptions = {}): WireError {
  return coded(error, options, causesMax);
}

function coded(error: HeddleError, options: WireErrorOptions, causesLeft: number): WireError {
  // Every detail is an object of named fields; `partial` is one of some.
  const { partial, ...detail } = error.detail as Readonly<Record<string, unknown>>;
  return {
    code: error.code,
    executed: error.executed,
    message: cut(error.message),
    detail: detailPayload(detail, options),
    partial: options.partial ?? partialPayloads(partial, options),
    cause: causeOf(error.cause, options, causesLeft),
  };
}

function detailPayload(detail: Readonly<Record<string, unknown>>, options: WireErrorOptions): Payload {
  const limits = { isJsonOnly: options.isJsonOnly, bytesMax: detailBytesMax };
  try {
    return encodeValue(detail, limits);
  } catch {
    // One field (what a handler threw as `data`, an abort's reason) is at fault: the others travel as they are.
    return encodeValue(Object.fromEntries(Object.entries(detail).map(([key, value]) => [key, sendable(value, limits)])), {
      isJsonOnly: options.isJsonOnly,
    });
  }
}

function sendable(value: unknown, limits: { isJsonOnly: boolean | undefined; bytesMax: number }): unknown {
  if (typeof value === 'string') return cut(value);
  if (value instanceof Error) return cut(value.message);
  try {
    encodeValue(value, limits);
    return value;
  } catch (problem) {
    return `(cannot be sent: ${problem instanceof ValueProblem ? problem.message : 'unreadable'})`;
  }
}

function partialPayloads(partial: unknown, options: WireErrorOptions): Readonly<Record<string, Payload>> | undefined {
  if (typeof partial !== 'object' || partial === null) return undefined;
  const limits = { isJsonOnly: options.isJsonOnly };
  return Object.fromEntries(Object.entries(partial).map(([step, value]) => [step, payloadOr(value, limits)]));
}

function payloadOr(value: unknown, limits: { isJsonOnly: boolean | undefined }): Payload {
  try {
    return encodeValue(value, limits);
  } catch (problem) {
    return encodeValue(`(cannot be sent: ${problem instanceof ValueProblem ? problem.message : 'unreadable'})`);
  }
}

function causeOf(cause: unknown, options: WireErrorOptions, causesLeft: number): WireError | WireCause | undefined {
  if (causesLeft === 0) return undefined;
  try {
    if (!(cause instanceof Error)) return undefined;
    if (HeddleError.is(cause)) return coded(cause, { isJsonOnly: options.isJsonOnly }, causesLeft - 1);
    return { name: cut(String(cause.name)), message: cut(String(cause.message)), cause: causeOf(cause.cause, options, causesLeft - 1) };
  } catch {
    // A user's error with a getter that throws.
    return { name: 'Error', message: 'a cause that cannot be read' };
  }
}

function cut(text: string): string {
  return text.length <= textMax ? text : `${text.slice(0, textMax)}...`;
}

/** The error that a peer sent, without a stack: ours is not where it arose. Never throws. */
export function fromWireError(error: WireError): HeddleError {
  return untraced(() => readError(error));
}

function readError(error: WireError): HeddleError {
  const cause = error.cause && fromWireCause(error.cause);
  const detail = detailOf(error);
  if (!isCode(error.code) || !isDetailOf(error.code, detail)) return foreignError(error, cause);
  // `isDetailOf` has just checked it against the code.
  return make(error.code, detail as ErrorDetails[ErrorCode], { executed: error.executed, cause });
}

function fromWireCause(cause: WireError | WireCause): Error {
  if (isWireError(cause)) return readError(cause);
  const error = new Error(cause.message, cause.cause ? { cause: fromWireCause(cause.cause) } : undefined);
  error.name = cause.name;
  // Ours is not where it arose.
  error.stack = `${cause.name}: ${cause.message}`;
  return error;
}

function isCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorTable, code);
}

function detailOf(error: WireError): unknown {
  try {
    const detail = decodeValue(error.detail);
    const results = error.partial ?? (isCode(error.code) && hasPartial(error.code) ? {} : undefined);
    if (!results || typeof detail !== 'object' || detail === null) return detail;
    const partial = Object.fromEntries(Object.entries(results).map(([step, value]) => [step, decodeValue(value)]));
    return { ...detail, partial };
  } catch {
    return undefined;
  }
}

/** An error in the words of another version. */
function foreignError(error: WireError, cause: Error | undefined): HeddleError {
  if (error.executed === 'yes') {
    return new HeddleError('function_failed', { name: error.code, message: error.message }, { cause });
  }
  const problem = `the peer answered with "${error.code}", in a form that this version does not know: ${error.message}`;
  return new HeddleError('protocol_error', { problem }, { executed: error.executed, cause });
}

function make(code: ErrorCode, detail: ErrorDetails[ErrorCode], from: { executed: Executed; cause: Error | undefined }): HeddleError {
  const said: readonly Executed[] = errorTable[code].executed;
  const executed = said.includes(from.executed) ? from.executed : strongest(from.executed, said[0] ?? 'maybe');
  // Code and detail belong together and `executed` is at least what the row says: the union cannot express the first, nor W2.
  const Constructor = HeddleError as unknown as new (
    code: ErrorCode,
    detail: ErrorDetails[ErrorCode],
    options: { executed: Executed; cause?: Error | undefined },
  ) => HeddleError;
  return new Constructor(code, detail, from.cause ? { executed, cause: from.cause } : { executed });
}
