/**
 * JSON Schema texts of a function's schemas, for callers in other languages and for checking edges of workflows.
 *
 * J1 a schema that does not give one (Standard JSON Schema, https://standardschema.dev/json-schema), throws, or gives
 *    a long one is simply without: never an error.
 */

import type { Schema } from '../core/function.ts';

/** Longest text, in characters: a catalog body holds many. */
const charactersMax = 8_192;
const target = 'draft-2020-12';

type Side = 'input' | 'output';

/** The texts of an argument list, as one JSON list; a schema without one is `true` there (anything). Undefined when none gives one. */
export function jsonSchemasOf(schemas: readonly Schema[]): string | undefined {
  const texts = schemas.map((schema) => jsonSchemaOf(schema, 'input'));
  if (texts.every((text) => text === undefined)) return undefined;
  const list = `[${texts.map((text) => text ?? 'true').join(',')}]`;
  return list.length <= charactersMax ? list : undefined;
}

/** The text of one schema, of what goes into it or of what comes out. */
export function jsonSchemaOf(schema: Schema, side: Side): string | undefined {
  try {
    const converter = converterOf(schema['~standard'], side);
    const text: unknown = converter === undefined ? undefined : JSON.stringify(converter({ target }));
    return typeof text === 'string' && text.length <= charactersMax ? text : undefined;
  } catch {
    // A schema of something that JSON Schema cannot say (a Date, a transform): its library throws.
    return undefined;
  }
}

function converterOf(standard: object, side: Side): ((options: object) => unknown) | undefined {
  if (!('jsonSchema' in standard) || typeof standard.jsonSchema !== 'object' || standard.jsonSchema === null) return undefined;
  const converters = standard.jsonSchema as { readonly [S in Side]?: unknown }; // its members are looked at before use
  const converter = converters[side];
  return typeof converter === 'function' ? (options) => converter.call(converters, options) as unknown : undefined;
}
