/**
 * Putting values into the holes of a template, where it is used: at the server that runs the step, or at the
 * client that gets a run's result.
 *
 * Z1 only own fields of plain objects and elements of lists are followed: Map, Set, Date and bytes have none.
 * Z2 a path that leads nowhere is an error that names the producer and the path, never undefined.
 * Z3 what is put in is never searched for references.
 * Z4 templates and paths come from peers: no key reaches a prototype, depth and count are bounded.
 */

import { HeddleError } from '../../errors.ts';
import type { Path } from '../payload.ts';
import { isPlain, short, typeName } from './fields.ts';

/** Holes of one template; the edges of a whole workflow. */
export const holesMax = 100_000;
const pathMax = 64;

/** A decoded value for one hole: the part of `value` that `path` leads to belongs at `at`. */
export interface Filling {
  readonly at: Path;
  readonly value: unknown;
  readonly path: Path;
  /** Whose value it is: a step's name, or `the input`. */
  readonly name: string;
}

/** What the template is, which decides the code of a missing path: arguments did not run, a result did. */
export type FillRole = 'arguments' | 'result';

/**
 * The template with its holes filled. Takes over `template`, which must be freshly decoded: it is changed in place.
 * Throws `bad_argument` (role `arguments`) or `bad_result` naming producer and path when a path leads nowhere, and
 * `protocol_error` when a hole is not where the template says.
 */
export function fill(template: unknown, fillings: readonly Filling[], role: FillRole = 'arguments'): unknown {
  if (fillings.length > holesMax) throw badTemplate(`a template has ${fillings.length} holes, the limit is ${holesMax}`);
  const root = { value: template };
  for (const filling of fillings) {
    const walked = walk(filling.value, filling.path);
    if (!walked.isFound) throw missingPart(filling, notThere(filling.path, walked), role);
    place(root, filling.at, walked.value);
  }
  return root.value;
}

/** Where a path leads; or the first key that is not there, and what was there instead of something that has it. */
export type Walked =
  | { readonly isFound: true; readonly value: unknown }
  | { readonly isFound: false; readonly at: number; readonly inside: unknown };

/** Follows `path` into `value`. Cost: the length of the path. */
export function walk(value: unknown, path: Path): Walked {
  let part = value;
  for (let at = 0; at < path.length; at += 1) {
    const key = ownKey(part, path[at]);
    if (key === undefined || at >= pathMax) return { isFound: false, at, inside: part };
    part = Reflect.get(Object(part), key); // `key` is an own field of an object
  }
  return { isFound: true, value: part };
}

/** The key as the container knows it; undefined where it has no such own field. */
function ownKey(container: unknown, key: string | number | undefined): string | undefined {
  const text = String(key);
  if (Array.isArray(container)) return positionPattern.test(text) && Number(text) < container.length ? text : undefined;
  return isPlain(container) && text !== '__proto__' && Object.hasOwn(container, text) ? text : undefined;
}

const positionPattern = /^(?:0|[1-9]\d{0,9})$/;

function place(root: { value: unknown }, at: Path, value: unknown): void {
  const parent = walk(root, ['value', ...at.slice(0, -1)]);
  if (at.length === 0) {
    if (root.value !== null) throw badTemplate('a hole is the whole template, which is not null');
    root.value = value;
    return;
  }
  const last = at[at.length - 1];
  const key = parent.isFound ? ownKey(parent.value, last) : undefined;
  if (key === undefined || !parent.isFound || Reflect.get(Object(parent.value), key) !== null) {
    throw badTemplate(`there is no hole at ${short(at.join('.'))} in the template`);
  }
  Reflect.set(Object(parent.value), key, value); // an own field of a plain object or list, so no setter and no prototype
}

/** What a path did not find, and what is there instead. */
export function notThere(path: Path, { at, inside }: Extract<Walked, { isFound: false }>): string {
  const key = path[at];
  return `no ${typeof key === 'number' ? 'element' : 'field'} "${short(String(key))}" in ${describe(inside)}`;
}

/** The error of a path that leads nowhere; `found` as `notThere` says it. */
export function missingPart({ at, name, path }: Omit<Filling, 'value'>, found: string, role: FillRole): HeddleError {
  const detail = { path: at, expected: `"${short([name, ...path].join('.'))}"`, found };
  return role === 'arguments' ? new HeddleError('bad_argument', detail) : new HeddleError('bad_result', detail);
}

/** What a value is and, of an object, what it has: names of fields are no secret, values are. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (!isPlain(value)) return typeName(value);
  const keys = Object.keys(value);
  const some = keys
    .slice(0, 5)
    .map((key) => `"${short(key)}"`)
    .join(', ');
  return keys.length === 0 ? 'an object without fields' : `an object with ${some}${keys.length > 5 ? ', ...' : ''}`;
}

function badTemplate(problem: string): HeddleError {
  return new HeddleError('protocol_error', { problem }, { executed: 'no' });
}
