/** A stand-in for wire/value.ts: JSON text, and errors by their fields. */

import type { Filled, Payload } from '../../../src/core/payload.ts';
import { fill } from '../../../src/core/workflow/fill.ts';
import type { OpaqueError } from '../../../src/core/workflow/record.ts';
import type { RunCodec } from '../../../src/core/workflow/run-io.ts';
import type { HeddleError } from '../../../src/errors.ts';

export function encode(value: unknown): Payload {
  return { encoding: 'json', bytes: new TextEncoder().encode(JSON.stringify(value)) };
}

export function decode(payload: Payload): unknown {
  return payload.encoding === 'undefined' ? undefined : JSON.parse(new TextDecoder().decode(payload.bytes));
}

export function decodeFilled(filled: Filled): unknown {
  return fill(
    decode(filled.template),
    filled.inputs.map((input) => ({ ...input, value: decode(input.value) })),
  );
}

export interface PlainError {
  readonly code: string;
  readonly executed: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly partial: Readonly<Record<string, unknown>>;
  readonly cause: unknown;
}

export const codec: RunCodec = { encodeValue: encode, encodeError: plainError };

function plainError(error: HeddleError, partial: Readonly<Record<string, Payload>> = {}): OpaqueError {
  const decoded = Object.fromEntries(Object.entries(partial).map(([name, value]) => [name, decode(value)]));
  const plain: PlainError = {
    code: error.code,
    executed: error.executed,
    detail: { ...error.detail },
    partial: decoded,
    cause: error.cause,
  };
  return plain;
}
