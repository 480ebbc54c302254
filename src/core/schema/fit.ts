/**
 * Whether a value that one schema describes can be one that another takes.
 *
 * F1 a misfit is reported only where every value that the first schema allows is refused by the second: what could be
 *    right passes. Lengths, ranges, patterns and formats are left to the validators.
 * F2 what is not known (json-schema.ts, J1) fits.
 * F3 cost is bounded by `depthMax` and `looksMax`, whatever a peer's schema says.
 */

import { isRecord } from '../../base/objects.ts';
import type { Path } from '../payload.ts';
import { declaredField, fieldNames, keyword, listed, requiredNames, resolved, type SchemaNode, within } from './json-schema.ts';

/** Where two schemas part, and what each says there. */
export interface Misfit {
  /** Inside the value. */
  readonly path: Path;
  readonly given: string;
  readonly taken: string;
}

const depthMax = 16;
const looksMax = 2_000;

/**
 * Why no value of any of `given` can be one of any of `taken`; undefined when one might be, or when it is not known.
 * Several nodes are alternatives.
 */
export function findMisfit(given: readonly SchemaNode[], taken: readonly SchemaNode[]): Misfit | undefined {
  return new Comparison().alternatives(given, taken, []);
}

/**
 * The schemas of what `path` leads to, as alternatives. Undefined: not known. An empty list: there is no such part in
 * any value.
 */
export function partsOf(node: SchemaNode, path: Path): readonly SchemaNode[] | undefined {
  let nodes: readonly SchemaNode[] = [node];
  for (const key of path) {
    const parts: SchemaNode[] = [];
    for (const one of nodes) {
      const found = partOf(one, key);
      if (found === undefined || parts.length + found.length > looksMax) return undefined;
      parts.push(...found);
    }
    nodes = parts;
  }
  return nodes;
}

/** The schemas of the elements of lists. Undefined: not known. Empty: the values are no lists. */
export function elementsOf(nodes: readonly SchemaNode[]): readonly SchemaNode[] | undefined {
  const elements: SchemaNode[] = [];
  for (const node of nodes) {
    const found = partOf(node, 'element');
    if (found === undefined) return undefined;
    elements.push(...found);
  }
  return elements;
}

/** What a schema allows, in words: `a number or null`. */
export function schemaText(nodes: readonly SchemaNode[]): string {
  const types = nodes.map((node) => typesOf(node));
  if (types.some((list) => list === undefined)) return 'something else';
  const words = [...new Set(types.flatMap((list) => list ?? []).map((type) => typeWords[type] ?? type))];
  return words.length <= 1 ? (words[0] ?? 'nothing') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** What a schema allows, in words, where no bytes (a Uint8Array) are among it; undefined where they may be. */
export function wordsUnlessBytes(node: SchemaNode): string | undefined {
  const at = resolved(node);
  const types = typesOf(at);
  // An object without fields of its own, and text that says it is encoded, may be some library's word for bytes.
  const mayBeObject = types?.includes('object') === true && requiredNames(at).length === 0;
  const isEncoded = ['contentEncoding', 'contentMediaType', 'format'].some((name) => keyword(at, name) !== undefined);
  return types === undefined || mayBeObject || isEncoded ? undefined : schemaText([at]);
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'a boolean',
  array: 'a list',
  object: 'an object',
  null: 'null',
};

class Comparison {
  #looks = 0;

  alternatives(given: readonly SchemaNode[], taken: readonly SchemaNode[], path: Path): Misfit | undefined {
    let only: Misfit | undefined;
    for (const one of given) {
      for (const other of taken) {
        const misfit = this.#compare(resolved(one), resolved(other), path);
        if (!misfit) return undefined;
        only = misfit;
      }
    }
    if (!only || given.length * taken.length === 1) return only;
    return { path, given: schemaText(given), taken: schemaText(taken) };
  }

  #compare(given: SchemaNode, taken: SchemaNode, path: Path): Misfit | undefined {
    this.#looks += 1;
    if (this.#looks > looksMax || path.length > depthMax) return undefined;
    return byType(given, taken, path) ?? this.#byParts(given, taken, path) ?? this.#byFields(given, taken, path);
  }

  /** A value is of one of `anyOf`, and of all of `allOf`. */
  #byParts(given: SchemaNode, taken: SchemaNode, path: Path): Misfit | undefined {
    for (const name of ['anyOf', 'oneOf']) {
      const [some, others] = [listed(given, name), listed(taken, name)];
      if (some.length > 0) return this.alternatives(some, [taken], path);
      if (others.length > 0) return this.alternatives([given], others, path);
    }
    for (const member of listed(given, 'allOf')) {
      const misfit = this.alternatives([member], [taken], path);
      if (misfit) return misfit;
    }
    for (const member of listed(taken, 'allOf')) {
      const misfit = this.alternatives([given], [member], path);
      if (misfit) return misfit;
    }
    return undefined;
  }

  #byFields(given: SchemaNode, taken: SchemaNode, path: Path): Misfit | undefined {
    if (keyword(given, 'type') !== 'object') return undefined;
    const always = new Set(requiredNames(given));
    const demanded = new Set(requiredNames(taken));
    for (const name of fieldNames(taken)) {
      if (!always.has(name) && !demanded.has(name)) continue;
      const wanted = declaredField(taken, name);
      const field = declaredField(given, name);
      if (!wanted) continue;
      // Not always there, and then missing where it is demanded: a misfit all the same.
      const misfit = field ? this.alternatives([field], [wanted], [...path, name]) : this.#missing(given, wanted, [...path, name]);
      if (misfit) return misfit;
    }
    return undefined;
  }

  /** A demanded field that the values never have. One that takes just anything may also be left out. */
  #missing(given: SchemaNode, wanted: SchemaNode, path: Path): Misfit | undefined {
    const isClosed = keyword(given, 'additionalProperties') === false && keyword(given, 'patternProperties') === undefined;
    if (!isClosed || typesOf(wanted) === undefined) return undefined;
    return { path, given: 'no such field', taken: schemaText([wanted]) };
  }
}

function byType(given: SchemaNode, taken: SchemaNode, path: Path): Misfit | undefined {
  const [some, others] = [typesOf(given), typesOf(taken)];
  if (!some || !others) return undefined;
  if (!some.some((type) => others.some((other) => overlaps(type, other)))) {
    return { path, given: schemaText([given]), taken: schemaText([taken]) };
  }
  const [values, accepted] = [valuesOf(given), valuesOf(taken)];
  if (!values || !accepted || values.some((value) => accepted.includes(value))) return undefined;
  return { path, given: valuesText(values), taken: valuesText(accepted) };
}

function overlaps(a: string, b: string): boolean {
  return a === b || (a === 'integer' && b === 'number') || (a === 'number' && b === 'integer');
}

/** The JSON types that values of it can have; undefined: not known. */
function typesOf(node: SchemaNode, seen: Set<unknown> = new Set()): readonly string[] | undefined {
  const at = resolved(node);
  // Met before: its types are counted already.
  if (seen.has(at.schema)) return [];
  if (typeof at.schema === 'object') seen.add(at.schema);
  const values = valuesOf(at);
  if (values) return [...new Set(values.map(typeOfText))];
  const type = keyword(at, 'type');
  if (typeof type === 'string') return [type];
  if (Array.isArray(type) && type.every((one) => typeof one === 'string')) return type;
  const branches = [...listed(at, 'anyOf'), ...listed(at, 'oneOf')];
  if (branches.length === 0) return undefined;
  const types = branches.map((branch) => typesOf(branch, seen));
  return types.some((list) => list === undefined) ? undefined : [...new Set(types.flatMap((list) => list ?? []))];
}

/** The values that `const` or `enum` allow, as JSON texts; undefined without them, or where they are no plain values. */
function valuesOf(node: SchemaNode): readonly string[] | undefined {
  const list = typeof node.schema === 'object' && Object.hasOwn(node.schema, 'const') ? [keyword(node, 'const')] : keyword(node, 'enum');
  if (!Array.isArray(list) || list.some((value) => typeof value === 'object' && value !== null)) return undefined;
  return list.map((value: unknown) => JSON.stringify(value));
}

function typeOfText(json: string): string {
  const value: unknown = JSON.parse(json);
  if (value === null) return 'null';
  return typeof value === 'number' && Number.isInteger(value) ? 'integer' : typeof value;
}

const valuesShown = 5;

function valuesText(values: readonly string[]): string {
  return `${values.slice(0, valuesShown).join(' or ')}${values.length > valuesShown ? ' or another' : ''}`;
}

/** One step of a path; `element`: any element of a list. */
function partOf(node: SchemaNode, key: string | number, seen: Set<unknown> = new Set()): readonly SchemaNode[] | undefined {
  const at = resolved(node);
  if (seen.has(at.schema)) return [];
  if (typeof at.schema === 'object') seen.add(at.schema);
  const branches = [...listed(at, 'anyOf'), ...listed(at, 'oneOf')];
  if (branches.length > 0) {
    const parts = branches.map((branch) => partOf(branch, key, seen));
    return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
  }
  const types = typesOf(at);
  if (!types || keyword(at, 'allOf') !== undefined) return undefined;
  const parts = types.map((type) => partOfType(at, type, key));
  return parts.some((part) => part === undefined) ? undefined : parts.flatMap((part) => part ?? []);
}

function partOfType(node: SchemaNode, type: string, key: string | number): readonly SchemaNode[] | undefined {
  if (type === 'array') return key === 'element' || Number.isInteger(Number(key)) ? elementAt(node, key) : [];
  if (type !== 'object' || key === 'element') return [];
  const field = declaredField(node, String(key));
  if (field) return [field];
  if (keyword(node, 'patternProperties') !== undefined) return undefined;
  const others = keyword(node, 'additionalProperties');
  if (others === false) return [];
  return isRecord(others) ? [within(node, others)] : undefined;
}

function elementAt(node: SchemaNode, key: string | number): readonly SchemaNode[] | undefined {
  const first = listed(node, 'prefixItems');
  const rest = keyword(node, 'items');
  const others = rest === undefined ? undefined : [within(node, rest)];
  if (key === 'element') return others && [...first, ...others];
  const at = first[Number(key)];
  return at ? [at] : others;
}
