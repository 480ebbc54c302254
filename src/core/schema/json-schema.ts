/**
 * JSON Schema texts as the catalog carries them, read as far as checking and declaring functions needs it.
 *
 * J1 what is not understood counts as "anything": no keyword narrows what this room does not know.
 * J2 texts come from peers: depth and reference chains are bounded, and keys never reach a prototype.
 * Whether one schema can feed another is fit.ts; declarations in TypeScript are cli/declarations.ts.
 */
import { isRecord } from '../../base/objects.ts';

/** A schema as JSON has it: `true` takes anything, `false` nothing. */
export type JsonSchema = boolean | Readonly<Record<string, unknown>>;

/** A schema with the document that its references are relative to. */
export interface SchemaNode {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
}

/** The schemas of one function; undefined: not known. */
export interface FunctionSchemas {
  /** One an argument. */
  readonly input: readonly SchemaNode[] | undefined;
  readonly output: SchemaNode | undefined;
}

/** Marks the schema of an argument that may be left out; JSON Schema has no word for it. */
export const optionalMark = 'x-optional';

const anything: SchemaNode = { schema: true, root: true };

/** References that lead to references. */
const hopsMax = 16;

/** Reads the texts of a catalog record. What is no JSON Schema is not known. */
export function readSchemas(texts: {
  readonly inputSchema?: string | undefined;
  readonly outputSchema?: string | undefined;
}): FunctionSchemas {
  const input = parsed(texts.inputSchema);
  const output = parsed(texts.outputSchema);
  return {
    input: Array.isArray(input) ? input.map(documentOf) : undefined,
    output: output === undefined ? undefined : documentOf(output),
  };
}

/** The node that `$ref` leads to; what it stands beside is left aside (J1), and one that leads nowhere is anything. */
export function resolved(node: SchemaNode): SchemaNode {
  let at = node;
  for (let hops = 0; hops < hopsMax; hops += 1) {
    const pointer = keyword(at, '$ref');
    if (typeof pointer !== 'string') return at;
    at = pointed(node.root, pointer);
  }
  return anything;
}

/** A keyword's value; undefined where the schema is no object or has it not. */
export function keyword(node: SchemaNode, name: string): unknown {
  return typeof node.schema === 'object' && Object.hasOwn(node.schema, name) ? node.schema[name] : undefined;
}

/** The schemas that a keyword lists, as `anyOf` does; empty where there are none. */
export function listed(node: SchemaNode, name: string): readonly SchemaNode[] {
  const list = keyword(node, name);
  return Array.isArray(list) ? list.map((schema: unknown) => within(node, schema)) : [];
}

/** The schema of a declared field; undefined where it is not declared. */
export function declaredField(node: SchemaNode, name: string): SchemaNode | undefined {
  const fields = keyword(node, 'properties');
  return isRecord(fields) && Object.hasOwn(fields, name) ? within(node, fields[name]) : undefined;
}

/** The names of declared fields. */
export function fieldNames(node: SchemaNode): readonly string[] {
  const fields = keyword(node, 'properties');
  return isRecord(fields) ? Object.keys(fields) : [];
}

/** The names of fields that are always there. */
export function requiredNames(node: SchemaNode): readonly string[] {
  const names = keyword(node, 'required');
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** A value of a keyword as a schema of the same document. */
export function within({ root }: SchemaNode, schema: unknown): SchemaNode {
  return { schema: asSchema(schema), root };
}

function documentOf(value: unknown): SchemaNode {
  const schema = asSchema(value);
  return { schema, root: schema };
}

function asSchema(value: unknown): JsonSchema {
  return typeof value === 'boolean' || isRecord(value) ? value : true;
}

function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `#`, or a pointer into the same document (RFC 6901). */
function pointed(root: JsonSchema, pointer: string): SchemaNode {
  if (pointer === '#') return { schema: root, root };
  if (!pointer.startsWith('#/')) return anything;
  let part: unknown = root;
  for (const key of pointer.slice(2).split('/')) {
    const name = key.replaceAll('~1', '/').replaceAll('~0', '~');
    if (!isRecord(part) || !Object.hasOwn(part, name)) return anything;
    part = part[name];
  }
  return { schema: asSchema(part), root };
}
