/**
 * The messages of common.proto as proto-loader has them, to and from ours.
 */

import type { Need } from '../core/catalog/offer.ts';
import type { Encoding, Payload } from '../core/payload.ts';
import type { Executed } from '../errors.ts';
import type { Encoding__Output } from './generated/heddle/v1/Encoding.ts';
import type { Error__Output, Error as ErrorIn } from './generated/heddle/v1/Error.ts';
import type { Executed__Output } from './generated/heddle/v1/Executed.ts';
import type { Need__Output } from './generated/heddle/v1/Need.ts';
import type { Value__Output, Value as ValueIn } from './generated/heddle/v1/Value.ts';
import { needOfLists } from './need-message.ts';
import { ValueProblem } from './value-problem.ts';
import { isWireError, type WireCause, type WireError } from './wire-error.ts';

const encodingNames = {
  json: 'ENCODING_JSON',
  binary: 'ENCODING_BINARY',
  bytes: 'ENCODING_BYTES',
  undefined: 'ENCODING_UNDEFINED',
} as const satisfies Record<Encoding, Encoding__Output>;

const encodings: Readonly<Record<string, Encoding | undefined>> = {
  ENCODING_JSON: 'json',
  ENCODING_BINARY: 'binary',
  ENCODING_BYTES: 'bytes',
  ENCODING_UNDEFINED: 'undefined',
};

const executedNames = { no: 'EXECUTED_NO', maybe: 'EXECUTED_MAYBE', yes: 'EXECUTED_YES' } as const satisfies Record<
  Executed,
  Executed__Output
>;

const executions: Readonly<Record<string, Executed | undefined>> = { EXECUTED_NO: 'no', EXECUTED_MAYBE: 'maybe', EXECUTED_YES: 'yes' };

const nothing: Uint8Array = new Uint8Array(0);

export function valueMessage(payload: Payload): ValueIn {
  return { data: payload.bytes, encoding: encodingNames[payload.encoding] };
}

/** The payload of a value; `binary` for one that is in no encoding that this version knows, which then cannot be read. */
function payloadOf(value: Value__Output | undefined): Payload | undefined {
  if (!value) return undefined;
  return { encoding: encodings[value.encoding ?? 'ENCODING_JSON'] ?? 'binary', bytes: value.data ?? nothing };
}

/** The same of a value by a client that keeps no session. Throws ValueProblem for one that has its data elsewhere, or in no encoding that is known. */
export function wholePayloadOf(value: Value__Output | undefined): Payload | undefined {
  if (!value) return undefined;
  const elsewhere = (['transfer', 'parked', 'parts'] as const).find((field) => isSet(value[field]));
  if (elsewhere) throw new ValueProblem([], 'a value with all its bytes in "data"', `one with "${elsewhere}", which is for sessions`);
  const { encoding = 'ENCODING_JSON' } = value;
  if (encodings[encoding] === undefined)
    throw new ValueProblem([], `one of ${Object.keys(encodings).join(', ')}`, `the encoding ${encoding}`);
  return payloadOf(value);
}

function isSet(field: object | number | undefined): boolean {
  return Array.isArray(field) ? field.length > 0 : Boolean(field);
}

/** Without the encodings that go without saying, is the reader one of JSON only? */
export function readsJsonOnly(reads: readonly Encoding__Output[] | undefined): boolean {
  return !(reads?.includes('ENCODING_BINARY') && reads.includes('ENCODING_BYTES') && reads.includes('ENCODING_UNDEFINED'));
}

/** Absent when nothing is demanded. */
export function needOf(need: Need__Output | undefined): Need | undefined {
  return need && needOfLists(need);
}

/** Without partial results, which a greeting never has. */
export function errorMessage(error: WireError | WireCause): ErrorIn {
  const cause = error.cause ? { cause: errorMessage(error.cause) } : {};
  if (!isWireError(error)) return { name: error.name, message: error.message, ...cause };
  return {
    code: error.code,
    executed: executedNames[error.executed],
    message: error.message,
    detail: valueMessage(error.detail),
    ...cause,
  };
}

export function wireErrorOf(error: Error__Output): WireError {
  return {
    code: error.code ?? '',
    executed: executedOf(error),
    message: error.message ?? '',
    detail: payloadOf(error.detail) ?? { encoding: 'undefined', bytes: nothing },
    cause: error.cause ? wireCauseOf(error.cause) : undefined,
  };
}

function wireCauseOf(error: Error__Output): WireError | WireCause {
  if (error.code) return wireErrorOf(error);
  return { name: error.name ?? '', message: error.message ?? '', cause: error.cause ? wireCauseOf(error.cause) : undefined };
}

/** Absent is the first of the enum; one that this version does not know is `maybe`. */
function executedOf(error: Error__Output): Executed {
  return error.executed === undefined ? 'no' : (executions[error.executed] ?? 'maybe');
}
