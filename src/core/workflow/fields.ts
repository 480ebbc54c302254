/**
 * Keys that nobody reads are never ignored: each is refused by name, with the key that was probably meant.
 */

import { didYouMean } from '../../base/nearest.ts';

/** Takes what is wrong with what a user wrote. */
export type Report = (message: string) => void;

/** The keys that a record may have, and what such a key is called: `step option`, `command field`. */
export interface KeySet {
  readonly what: string;
  readonly names: readonly string[];
}

/** Reports every own key of `record` that is not known. */
export function checkKeys(record: object, known: KeySet, report: Report): void {
  for (const key of Object.keys(record)) {
    if (!known.names.includes(key)) report(unknownKey(key, known));
  }
}

function unknownKey(key: string, { what, names }: KeySet): string {
  const hint = didYouMean(key, names);
  return `there is no ${what} "${short(key)}"${hint === undefined ? '' : `; ${hint}`} (known: ${names.join(', ')})`;
}

/** A user's text inside a message: never longer than a line. */
export function short(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 77)}...`;
}

/** What a value is, in a message: its type, never its content. */
export function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value !== 'object') return value === undefined ? 'nothing' : `a ${typeof value}`;
  const name: unknown = value.constructor?.name;
  return isPlain(value) ? 'an object' : `a ${typeof name === 'string' && name ? name : 'class instance'}`;
}

/** Whether it is an object that data is made of: no class, no array, no built-in. */
export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
