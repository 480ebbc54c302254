import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Schema } from '../../src/core/function.ts';
import { optionalMark } from '../../src/core/schema/json-schema.ts';
import { jsonSchemaOf, jsonSchemasOf } from '../../src/fabric/serve/json-schema.ts';

/** A schema that anything may be given, with converters of its own. */
function schema(jsonSchema?: unknown): Schema {
  const standard: Schema['~standard'] = { version: 1, vendor: 'test', validate: (value) => ({ value }) };
  return { '~standard': jsonSchema === undefined ? standard : Object.assign(standard, { jsonSchema }) };
}

describe('JSON Schema texts', () => {
  test('are of what goes in and of what comes out', () => {
    const transformed = z.string().pipe(z.coerce.number());
    expect(JSON.parse(jsonSchemaOf(transformed, 'input') ?? '')).toMatchObject({ type: 'string' });
    expect(JSON.parse(jsonSchemaOf(transformed, 'output') ?? '')).toMatchObject({ type: 'number' });
  });

  test('of an argument list say "anything" where a schema gives none', () => {
    expect(JSON.parse(jsonSchemasOf([z.string(), schema()]) ?? '')).toMatchObject([{ type: 'string' }, true]);
    expect(jsonSchemasOf([schema(), schema()])).toBeUndefined();
  });

  test.each<[string, z.ZodType]>([
    ['coerces', z.coerce.number()],
    ['catches', z.number().catch(1)],
    ['changes what comes before it looks', z.preprocess((value) => Number(value), z.number())],
    ['does so deep inside', z.object({ rows: z.array(z.object({ n: z.union([z.coerce.date(), z.coerce.number()]).optional() })) })],
  ])('J2: say "anything" of an argument whose schema %s', (_what, lenient) => {
    expect(jsonSchemaOf(z.number().catch(1), 'input')).toContain('number');
    expect(JSON.parse(jsonSchemasOf([lenient, z.string()]) ?? '')).toMatchObject([true, { type: 'string' }]);
  });

  test('J2: mark an argument that may be left out', () => {
    const texts = JSON.parse(jsonSchemasOf([z.string(), z.string().optional(), z.number().default(3), z.any()]) ?? '') as object[];
    expect(texts.map((text) => optionalMark in text)).toEqual([false, true, true, true]);
    const later = { '~standard': { ...schema({ input: () => ({}) })['~standard'], validate: async () => ({ value: 1 }) } };
    expect(jsonSchemasOf([later])).toBe('[{}]');
  });

  test.each([
    ['gives none', schema()],
    ['gives something else', schema(5)],
    ['has no converter', schema({ input: 5 })],
    [
      'throws',
      schema({
        input: () => {
          throw new Error('no');
        },
      }),
    ],
    ['gives what JSON lacks', schema({ input: () => 5n })],
    ['gives nothing', schema({ input: () => undefined })],
    ['gives a long text', schema({ input: () => 'x'.repeat(8_192) })],
    ['is of something that JSON lacks', z.date()],
  ])('are left out where a schema %s', (_what, given) => {
    expect(jsonSchemaOf(given, 'input')).toBeUndefined();
  });
});
