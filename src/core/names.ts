/**
 * Which texts may be names, and the words for those that may not.
 *
 * A1 a name is well-formed Unicode without control characters and without white space at its ends, not empty,
 *    bounded in bytes, and never `__proto__`. `constructor` and `toString` are names like any other: tables
 *    of names are Maps, never plain objects.
 * A2 `nameProblem` never throws, whatever it is given, and its cost does not grow with what it is given.
 * Versions are core/catalog/versions.ts; suggestions for misspelt names are base/nearest.ts.
 */

import { HeddleError } from '../errors.ts';
import type { Path } from './payload.ts';

export type NameKind = 'server' | 'cluster' | 'function' | 'command' | 'run' | 'resource' | 'slot';

interface NameRule {
  readonly bytesMax: number;
  readonly expected: string;
  /** What the kind refuses beyond A1. */
  readonly refused?: RegExp;
}

/** One row a kind of name. */
export const nameRules: Readonly<Record<NameKind, NameRule>> = {
  server: { bytesMax: 64, expected: 'a server name' },
  cluster: { bytesMax: 64, expected: 'a cluster name' },
  function: { bytesMax: 128, expected: 'a function name' },
  command: { bytesMax: 128, expected: 'a command name' },
  run: { bytesMax: 128, expected: 'the id of a run' },
  // No comma, so that lists of resources can be written in one word; a tag with "=" has two sides.
  resource: { bytesMax: 64, expected: 'a resource such as gpu or region=eu (no spaces, no commas)', refused: /[\s,]|^=|=$/u },
  slot: { bytesMax: 64, expected: 'the name of a slot such as gpu (no spaces, no commas, no =)', refused: /[\s,=]/u },
};

/** Most resources of one server, one function, or one part of a need. */
export const resourcesMax = 64;

export interface NameProblem {
  readonly expected: string;
  readonly found: string;
}

/** What keeps a value from being a name of this kind; undefined when nothing does. */
export function nameProblem(kind: NameKind, value: unknown): NameProblem | undefined {
  const { bytesMax, expected, refused } = nameRules[kind];
  if (typeof value !== 'string') return { expected, found: describeFound(value) };
  if (refused === undefined && value.length <= bytesMax && plainName.test(value) && value !== '__proto__') return undefined;
  if (value === '') return { expected, found: 'an empty text' };
  // A character takes one byte at least, so that a text of 1 MB is not walked.
  if (value.length > bytesMax || utf8Bytes(value) > bytesMax)
    return { expected: `${expected} of at most ${bytesMax} bytes`, found: describeFound(value) };
  if (loneSurrogate.test(value)) return { expected, found: 'a text that is not well-formed Unicode' };
  if (value === '__proto__') return { expected, found: 'the reserved name "__proto__"' };
  if (controlCharacter.test(value)) return { expected, found: 'a text with control characters' };
  if (value.trim() !== value) return { expected, found: `${describeFound(value)} with white space at its ends` };
  return refused?.test(value) ? { expected, found: describeFound(value) } : undefined;
}

/** The name as it is, or `bad_argument` at `path`. */
export function checkName(kind: NameKind, value: unknown, path: Path): string {
  const problem = nameProblem(kind, value);
  if (problem) throw new HeddleError('bad_argument', { path, ...problem });
  return String(value); // a text: nameProblem has made sure
}

/** A list of resources, each once, in the order given; `bad_argument` at the place of the first that is wrong. */
export function checkResources(value: unknown, path: Path): readonly string[] {
  if (!Array.isArray(value)) throw new HeddleError('bad_argument', { path, expected: 'a list of resources', found: describeFound(value) });
  if (value.length > resourcesMax) {
    throw new HeddleError('bad_argument', { path, expected: `at most ${resourcesMax} resources`, found: `${value.length}` });
  }
  return [...new Set(value.map((resource: unknown, at) => checkName('resource', resource, [...path, at])))];
}

/** A value in the words of a message: a text quoted and cut, anything else by its type. */
export function describeFound(value: unknown): string {
  if (typeof value === 'string') {
    const cut = value.length > quotedCharactersMax;
    return `${JSON.stringify(cut ? value.slice(0, quotedCharactersMax) : value)}${cut ? `... (${value.length} characters)` : ''}`;
  }
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `a value of type ${typeof value}`;
}

const quotedCharactersMax = 40;
/** Nearly every name there is, known to be good at one look: 10,000 commands have 20,000 names. */
const plainName = /^[!-~]+$/;
const controlCharacter = /\p{Cc}/u;
const loneSurrogate = /\p{Surrogate}/u;

/** Length in UTF-8; a lone surrogate counts as the three bytes of its replacement. */
function utf8Bytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x1_0000 ? 3 : 4;
  }
  return bytes;
}
