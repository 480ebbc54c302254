/**
 * Arguments and results against the function's schemas, whatever library they are from (Standard Schema v1).
 *
 * G1 a failure names the path, what the schema expected, and the type found; never the value.
 * G2 while no schema is asynchronous no promise is made: the checked value is returned as it is.
 * G3 a schema that throws is a failure like any other, with the thrown error as its cause.
 * What comes out (defaults filled in, transforms applied) is what handler and caller see.
 */

import { quiet } from '../../base/deferred.ts';
import type { Schema } from '../../core/function.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError, type HeddleErrorOf } from '../../errors.ts';
import { expectationOf } from './schema-issue.ts';

/** Longest text of a schema that travels in an error. */
const expectedLengthMax = 300;
/** Longest path that travels in an error; a schema's paths are as deep as its values. */
const pathLengthMax = 64;

type ValidationCode = 'bad_argument' | 'bad_result';
type Keys = readonly (string | number)[];

/** What one schema is asked to judge, and how its refusal is called. */
interface Subject {
  readonly code: ValidationCode;
  /** Where the value stands: `args[0]`, `input`; empty for a result. */
  readonly path: Keys;
  readonly value: unknown;
}

/** Whether a value speaks Standard Schema v1. A schema may be a function (arktype). */
export function isSchema(value: unknown): value is Schema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null || !('~standard' in value)) return false;
  const standard = value['~standard'];
  return typeof standard === 'object' && standard !== null && 'validate' in standard && typeof standard.validate === 'function';
}

/**
 * The arguments as the handler gets them: one schema each, missing ones judged as undefined. Throws `bad_argument`; with
 * an asynchronous schema gives a promise, which rejects with it.
 */
export function validateArguments(schemas: readonly Schema[], args: readonly unknown[]): readonly unknown[] | Promise<readonly unknown[]> {
  if (args.length > schemas.length) throw tooMany(schemas.length, args.length);
  const checked: unknown[] = [];
  let isAsync = false;
  for (const [at, schema] of schemas.entries()) {
    const value = validate(schema, { code: 'bad_argument', path: ['args', at], value: args[at] });
    isAsync ||= value instanceof Promise;
    // Quiet, because a later schema may refuse at once: then nobody waits for this one.
    checked.push(value instanceof Promise ? quiet(value) : value);
  }
  return isAsync ? Promise.all(checked) : checked;
}

/** The input of a workflow as its schema gives it. Throws `bad_argument`, or gives a promise that rejects with it. */
export function validateInput(schema: Schema, input: unknown): unknown {
  return validate(schema, { code: 'bad_argument', path: ['input'], value: input });
}

/** The result as the caller gets it. Throws `bad_result`; with an asynchronous schema gives a promise, which rejects with it. */
export function validateResult(schema: Schema, value: unknown): unknown {
  return validate(schema, { code: 'bad_result', path: [], value });
}

function validate(schema: Schema, subject: Subject): unknown {
  let verdict: unknown;
  try {
    verdict = schema['~standard'].validate(subject.value);
  } catch (error) {
    throw failed(subject, error);
  }
  if (!(verdict instanceof Promise)) return accepted(verdict, subject);
  return verdict.then(
    (later: unknown) => accepted(later, subject),
    (error: unknown) => {
      throw failed(subject, error);
    },
  );
}

/** Reads `{ value } | { issues }`. */
function accepted(verdict: unknown, subject: Subject): unknown {
  if (typeof verdict !== 'object' || verdict === null) throw failed(subject, new TypeError('the schema gave no verdict'));
  if ('issues' in verdict && verdict.issues !== undefined) throw refused(subject, verdict.issues);
  return 'value' in verdict ? verdict.value : undefined;
}

/** The first issue as an error; the others are for whoever runs the schema at home. */
function refused(subject: Subject, issues: unknown): HeddleErrorOf<ValidationCode> {
  const issue: unknown = Array.isArray(issues) ? issues[0] : undefined;
  const at = keysOf(issue);
  const found = partOf(subject.value, at);
  return problem(subject, { at, expected: expectationOf(issue, found) ?? 'a value that its schema accepts', found: typeName(found) });
}

function failed(subject: Subject, thrown: unknown): HeddleErrorOf<ValidationCode> {
  const name = thrown instanceof Error ? thrown.name : typeof thrown;
  return problem(subject, {
    at: [],
    expected: `a value that its schema can judge (it threw ${name})`,
    found: typeName(subject.value),
    cause: thrown,
  });
}

interface Problem {
  readonly at: Keys;
  readonly expected: string;
  readonly found: string;
  readonly cause?: unknown;
}

function problem(subject: Subject, { at, expected, found, cause }: Problem): HeddleErrorOf<ValidationCode> {
  const detail = { path: [...subject.path, ...at], expected: expected.slice(0, expectedLengthMax), found };
  return new HeddleError(subject.code, detail, cause === undefined ? {} : { cause });
}

function tooMany(most: number, found: number): HeddleErrorOf<'bad_argument'> {
  const expected = most === 1 ? 'at most 1 argument' : `at most ${most} arguments`;
  return new HeddleError('bad_argument', { path: ['args'], expected, found: `${found}` });
}

/** An issue's path: keys, or objects that hold one. */
function keysOf(issue: unknown): Keys {
  if (typeof issue !== 'object' || issue === null || !('path' in issue) || !Array.isArray(issue.path)) return [];
  return issue.path.slice(0, pathLengthMax).map((part: unknown) => {
    const key: unknown = typeof part === 'object' && part !== null && 'key' in part ? part.key : part;
    return typeof key === 'number' ? key : String(key);
  });
}

/** The part that an issue is about, by own properties only; undefined where there is none. */
function partOf(value: unknown, at: Keys): unknown {
  let part = value;
  for (const key of at) {
    if (typeof part !== 'object' || part === null) return undefined;
    part = Object.getOwnPropertyDescriptor(part, key)?.value;
  }
  return part;
}
