/**
 * Needs against resources: what a call demands, and the words for what an offer lacks.
 *
 * N2 a resource is an opaque tag: `region=eu` is one word, not a key and a value.
 * N3 an empty list demands nothing.
 */

import { HeddleError } from '../../errors.ts';
import { checkResources, describeFound } from '../names.ts';
import type { Path } from '../payload.ts';
import type { Need } from './offer.ts';

/** A need with every part spelled out. */
export interface NeedParts {
  readonly all: readonly string[];
  readonly any: readonly string[];
  readonly none: readonly string[];
  readonly prefer: readonly string[];
}

const partNames = ['all', 'any', 'none', 'prefer'] as const;
const nothing: NeedParts = { all: [], any: [], none: [], prefer: [] };

/** A need from outside, or `bad_argument` naming the part that is wrong. */
export function checkNeed(value: unknown, path: Path): Need {
  if (Array.isArray(value)) return checkResources(value, path);
  if (typeof value !== 'object' || value === null)
    throw wrong(path, 'a list of resources or { all, any, none, prefer }', describeFound(value));
  const need: { -readonly [K in keyof NeedParts]?: NeedParts[K] } = {};
  for (const [key, part] of Object.entries(value)) {
    const name = partNames.find((known) => known === key);
    if (!name) throw wrong([...path, key], `one of ${partNames.join(', ')}`, `the key "${key.slice(0, 40)}"`);
    if (part !== undefined) need[name] = checkResources(part, [...path, key]);
  }
  return need;
}

/** All parts of a need; undefined demands nothing. */
export function partsOf(need: Need | undefined): NeedParts {
  if (need === undefined) return nothing;
  return isList(need) ? { ...nothing, all: need } : { ...nothing, ...withoutUndefined(need) };
}

/** What keeps an offer with these resources from fulfilling the need; undefined when nothing does. */
export function needMismatch(need: NeedParts, resources: ReadonlySet<string>): string | undefined {
  const missing = need.all.filter((resource) => !resources.has(resource));
  if (missing.length > 0) return `lacks ${missing.join(', ')}`;
  if (need.any.length > 0 && !need.any.some((resource) => resources.has(resource))) return `has none of ${need.any.join(', ')}`;
  const unwanted = need.none.filter((resource) => resources.has(resource));
  return unwanted.length > 0 ? `has ${unwanted.join(', ')}` : undefined;
}

/** How many of the preferred resources are there. */
export function preferenceOf(need: NeedParts, resources: ReadonlySet<string>): number {
  return need.prefer.reduce((count, resource) => count + Number(resources.has(resource)), 0);
}

/** The hard part of a need in words, "" when it demands nothing. */
export function needText(need: NeedParts): string {
  const texts = [
    need.all.join(' and '),
    need.any.length > 0 ? `any of ${need.any.join(', ')}` : '',
    need.none.length > 0 ? `none of ${need.none.join(', ')}` : '',
  ];
  return texts.filter((text) => text !== '').join(', ');
}

function isList(need: Need): need is readonly string[] {
  return Array.isArray(need);
}

function withoutUndefined(need: Exclude<Need, readonly string[]>): Partial<NeedParts> {
  const parts: { -readonly [K in keyof NeedParts]?: NeedParts[K] } = {};
  for (const name of partNames) if (need[name]) parts[name] = need[name];
  return parts;
}

function wrong(path: Path, expected: string, found: string): Error {
  return new HeddleError('bad_argument', { path, expected, found });
}
