/**
 * A catalog as TypeScript: one interface of the functions, as `connect<Fabric>()` and `remote<Fabric>()` take it.
 *
 * D1 what the catalog does not say is `unknown`, never guessed: arguments without a schema may be anything.
 * D2 of several versions the highest speaks, which is the one that a call by name takes.
 * D3 the same catalog gives the same text, whatever servers there are. Schemas come from peers: every name and value is
 *    quoted, and depth is bounded.
 * Made here and not by a library: those that there are bring a formatter of several megabytes along, and know neither
 * argument lists nor streams.
 */

import { isRecord } from '../base/objects.ts';
import { compareTexts } from '../base/text-order.ts';
import { comparePreferred } from '../core/catalog/versions.ts';
import {
  declaredField,
  fieldNames,
  keyword,
  listed,
  optionalMark,
  readSchemas,
  requiredNames,
  resolved,
  type SchemaNode,
  within,
} from '../core/schema/json-schema.ts';
import type { Offer } from '../index.ts';

/** First line of every file, by which one that may be overwritten is known. */
export const marker = '// Written by `heddle types`: write it again rather than change it.';

const depthMax = 24;

/** The whole text of a `.d.ts`. */
export function declarationsOf(offers: readonly Offer[]): string {
  const names = new NamedTypes();
  const members = preferred(offers).flatMap((offer) => [`  /** ${titleOf(offer)} */`, `  ${memberText(offer, names)};`]);
  const types = names.texts().flatMap((text) => ['', text]);
  return [marker, '', 'export interface Fabric {', ...members, '}', ...types, ''].join('\n');
}

/** One offer a function, by name: of the highest version the first that has schemas. */
function preferred(offers: readonly Offer[]): readonly Offer[] {
  const sorted = [...offers].sort(
    (a, b) =>
      compareTexts(a.function, b.function) ||
      comparePreferred(a.version, b.version) ||
      described(b) - described(a) ||
      compareTexts(a.server, b.server),
  );
  return sorted.filter((offer, at) => offer.function !== sorted[at - 1]?.function);
}

function described({ inputSchema, outputSchema }: Offer): number {
  return (inputSchema === undefined ? 0 : 1) + (outputSchema === undefined ? 0 : 1);
}

function titleOf({ version, effect, kind }: Offer): string {
  return `${version}, ${effect}${kind === 'stream' ? ', a stream' : ''}`.replaceAll('*/', '');
}

function memberText(offer: Offer, names: NamedTypes): string {
  const { input, output } = readSchemas(offer);
  const writer = (place: string): TypeWriter => new TypeWriter(names, `${pascal(offer.function)}${place}`);
  const args =
    input === undefined
      ? '...args: readonly unknown[]'
      : input.map((node, at) => argumentText(input, at, writer(`Argument${at + 1}`).text(node))).join(', ');
  const result = output === undefined ? 'unknown' : writer('Result').text(output);
  return `${keyText(offer.function)}(${args}): ${offer.kind === 'stream' ? 'AsyncIterable' : 'Promise'}<${result}>`;
}

function argumentText(input: readonly SchemaNode[], at: number, type: string): string {
  const isOptional = input.slice(at).every((node) => keyword(node, optionalMark) === true);
  const title = input[at] && keyword(input[at], 'title');
  const isName = typeof title === 'string' && /^[a-z_$][\w$]*$/i.test(title) && !reserved.has(title);
  const isAlone = input.filter((node) => keyword(node, 'title') === title).length === 1;
  return `${isName && isAlone ? title : `arg${at + 1}`}${isOptional ? '?' : ''}: ${type}`;
}

const reserved: ReadonlySet<string> = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null package private protected public return static super switch this throw true try typeof var void while with yield'.split(
    ' ',
  ),
);

/** Types that refer to themselves, or are referred to, each under a name of its own. */
class NamedTypes {
  readonly #texts = new Map<string, string>();

  /** The name; on the first mention `write` gives its type. */
  name(wanted: string, write: () => string): string {
    const name = /^[A-Za-z_$]/.test(wanted) ? wanted : `T${wanted}`;
    if (this.#texts.has(name)) return name;
    this.#texts.set(name, '');
    this.#texts.set(name, `type ${name} = ${write()};`);
    return name;
  }

  texts(): readonly string[] {
    return [...this.#texts.values()];
  }
}

/** Writes the type of one argument or result. */
class TypeWriter {
  readonly #names: NamedTypes;
  readonly #prefix: string;

  constructor(names: NamedTypes, prefix: string) {
    this.#names = names;
    this.#prefix = prefix;
  }

  text(node: SchemaNode, depth = 0): string {
    const pointer = keyword(node, '$ref');
    if (depth > depthMax) return 'unknown';
    if (typeof pointer === 'string') return this.#named(node, pointer);
    if (node.schema === false) return 'never';
    const values = valuesOf(node);
    if (values) return union(values);
    for (const name of ['anyOf', 'oneOf']) {
      const members = listed(node, name);
      if (members.length > 0) return union(members.map((member) => this.text(member, depth + 1)));
    }
    const all = listed(node, 'allOf');
    if (all.length > 0) return all.map((member) => `(${this.text(member, depth + 1)})`).join(' & ');
    const type = keyword(node, 'type');
    const types = Array.isArray(type) ? type : [type];
    return union(types.map((one: unknown) => this.#typed(node, one, depth)));
  }

  #named(node: SchemaNode, pointer: string): string {
    const target = resolved(node);
    if (target.schema === true) return 'unknown';
    const place = pointer === '#' ? '' : pascal(pointer.split('/').at(-1) ?? '');
    return this.#names.name(`${this.#prefix}${place}`, () => this.text(target, 1));
  }

  #typed(node: SchemaNode, type: unknown, depth: number): string {
    switch (type) {
      case 'string':
      case 'number':
      case 'boolean':
      case 'null':
        return type;
      case 'integer':
        return 'number';
      case 'array':
        return this.#list(node, depth);
      case 'object':
        return this.#object(node, depth);
      default:
        return 'unknown';
    }
  }

  #list(node: SchemaNode, depth: number): string {
    const items = keyword(node, 'items');
    const rest = items === false ? undefined : `(${items === undefined ? 'unknown' : this.text(within(node, items), depth + 1)})[]`;
    const first = listed(node, 'prefixItems');
    if (first.length === 0) return rest ?? '[]';
    const least = Number(keyword(node, 'minItems') ?? 0);
    const parts = first.map((part, at) => `(${this.text(part, depth + 1)})${at < least ? '' : '?'}`);
    return `[${[...parts, ...(rest === undefined ? [] : [`...${rest}`])].join(', ')}]`;
  }

  #object(node: SchemaNode, depth: number): string {
    const required = new Set(requiredNames(node));
    const fields = fieldNames(node).map((name) => {
      const field = declaredField(node, name);
      return `${keyText(name)}${required.has(name) ? '' : '?'}: ${field ? this.text(field, depth + 1) : 'unknown'}`;
    });
    const others = keyword(node, 'additionalProperties');
    const isOpen = isRecord(others) || others === true || (others === undefined && fields.length === 0);
    if (fields.length === 0 && isOpen)
      return `Record<string, ${isRecord(others) ? this.text(within(node, others), depth + 1) : 'unknown'}>`;
    if (isOpen) fields.push('[key: string]: unknown');
    return fields.length === 0 ? 'Record<string, never>' : `{ ${fields.join('; ')} }`;
  }
}

/** `const` and `enum` as literals; undefined where they are not plain. */
function valuesOf(node: SchemaNode): readonly string[] | undefined {
  const hasConst = typeof node.schema === 'object' && Object.hasOwn(node.schema, 'const');
  const values = hasConst ? [keyword(node, 'const')] : keyword(node, 'enum');
  if (!Array.isArray(values) || values.some((value) => typeof value === 'object' && value !== null)) return undefined;
  return values.map((value: unknown) => JSON.stringify(value));
}

function union(members: readonly string[]): string {
  const different = [...new Set(members)];
  if (different.includes('unknown')) return 'unknown';
  return different.length === 0 ? 'never' : different.join(' | ');
}

function keyText(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name);
}

function pascal(name: string): string {
  return name
    .split(/[^A-Za-z0-9]+/)
    .map((word) => `${word.slice(0, 1).toUpperCase()}${word.slice(1)}`)
    .join('');
}
