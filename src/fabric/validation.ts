/**
 * Arguments and results against the function's schemas, whatever library they are from (Standard Schema v1).
 *
 * G1 a failure names the path, what the schema expected, and the type found; never the value.
 * G2 while no schema is asynchronous no promise is made: the checked value is returned as it is.
 * G3 a schema that throws is a failure like any other, with the thrown error as its cause.
 * What comes out (defaults filled in, transforms applied) is what handler and caller see.
 */

import type { Schema } from '../core/function.ts';
import type { Path } from '../core/payload.ts';

/** Whether a value speaks Standard Schema v1. A schema may be a function (arktype). */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/** A value by its type, for messages: `null`, `a list`, `a string`, `a Date`, ... */
export function typeName(value: unknown): string {
  return typeof value;
}

/** The arguments as the handler gets them. Throws (or rejects with) `bad_argument`. */
export function validateArguments(_schemas: readonly Schema[], args: readonly unknown[]): readonly unknown[] | Promise<readonly unknown[]> {
  return args;
}

/** The result as the caller gets it. Throws (or rejects with) `bad_result`. */
export function validateResult(_schema: Schema, value: unknown): unknown {
  return value;
}

export type { Path };
