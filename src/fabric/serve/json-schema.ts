/**
 * JSON Schema texts of a function's schemas, for callers in other languages and for checking edges of workflows.
 *
 * J1 a schema that does not give one (Standard JSON Schema, https://standardschema.dev/json-schema), throws, or gives
 *    a long one is simply without: never an error.
 * J2 of an argument the text never excludes what its schema takes: of one that takes more than it says (lenient-schema.ts)
 *    there is none, and one that may be left out is marked.
 */

import { quiet } from '../../base/deferred.ts';
import { isObject } from '../../base/objects.ts';
import type { Schema } from '../../core/function.ts';
import { optionalMark } from '../../core/schema/json-schema.ts';
import { isLenient } from '../api/lenient-schema.ts';

/** Longest text, in characters: a catalog body holds many. */
const charactersMax = 8_192;
const target = 'draft-2020-12';

type Side = 'input' | 'output';

/** The texts of an argument list, as one JSON list; a schema without one is `true` there (anything). Undefined when none gives one. */
export function jsonSchemasOf(schemas: readonly Schema[]): string | undefined {
  const texts = schemas.map(argumentText);
  if (texts.every((text) => text === undefined)) return undefined;
  const list = `[${texts.map((text) => text ?? 'true').join(',')}]`;
  return list.length <= charactersMax ? list : undefined;
}

function argumentText(schema: Schema): string | undefined {
  if (isLenient(schema)) return undefined;
  const text = jsonSchemaOf(schema, 'input');
  return text?.startsWith('{') && takesUndefined(schema) ? `{"${optionalMark}":true${text === '{}' ? '' : ','}${text.slice(1)}` : text;
}

/** Whether the argument may be left out: the schema is asked, for JSON Schema has no word for it. */
function takesUndefined(schema: Schema): boolean {
  try {
    const verdict: unknown = schema['~standard'].validate(undefined);
    if (verdict instanceof Promise) void quiet(verdict);
    return isObject(verdict) && !(verdict instanceof Promise) && !('issues' in verdict && verdict.issues);
  } catch {
    return false;
  }
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
