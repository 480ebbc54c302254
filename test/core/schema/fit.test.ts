import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { elementsOf, findMisfit, partsOf, schemaText } from '../../../src/core/schema/fit.ts';
import type { SchemaNode } from '../../../src/core/schema/json-schema.ts';

const node = (schema: unknown): SchemaNode => ({ schema: schema as SchemaNode['schema'], root: schema as SchemaNode['schema'] });
const given = (schema: z.ZodType): SchemaNode => node(z.toJSONSchema(schema, { io: 'output' }));
const taken = (schema: z.ZodType): SchemaNode => node(z.toJSONSchema(schema, { io: 'input' }));
const misfit = (from: z.ZodType, to: z.ZodType) => findMisfit([given(from)], [taken(to)]);

const Tree = z.object({
  v: z.number(),
  get kids() {
    return z.array(Tree);
  },
});

describe('what one schema gives and another takes', () => {
  test.each<[string, z.ZodType, z.ZodType]>([
    ['a whole number where a number is taken', z.int(), z.number()],
    ['a number where a whole number is taken: some are', z.number(), z.int()],
    ['one member of a union', z.string(), z.union([z.string(), z.number()])],
    ['a union of which one member fits', z.union([z.string(), z.number()]), z.number()],
    [
      'a field that may be missing where it is not demanded',
      z.object({ a: z.string().optional() }),
      z.object({ a: z.number().optional() }),
    ],
    ['a missing field that takes anything', z.object({ a: z.string() }), z.object({ a: z.string(), b: z.any() })],
    ['a demanded field of an open object', z.looseObject({ a: z.string() }), z.object({ a: z.string(), b: z.number() })],
    ['an empty list, which is one of anything', z.array(z.string()), z.array(z.number())],
    ['a length that a validator may refuse', z.string(), z.string().min(5)],
    ['one shared value of two enumerations', z.enum(['a', 'b']), z.enum(['b', 'c'])],
    ['a recursive schema', Tree, Tree],
    ['anything', z.any(), z.number()],
    ['anything where something is taken', z.number(), z.any()],
    ['an intersection', z.intersection(z.object({ a: z.number() }), z.object({ b: z.string() })), z.object({ a: z.number() })],
    [
      'a discriminated union',
      z.object({ t: z.literal('b') }),
      z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.literal('b') })]),
    ],
  ])('F1: passes %s', (_what, from, to) => {
    expect(misfit(from, to)).toBeUndefined();
  });

  test.each<[string, z.ZodType, z.ZodType, object]>([
    ['a type', z.string(), z.number(), { path: [], given: 'a string', taken: 'a number' }],
    ['a list for its element', z.array(z.string()), z.string(), { path: [], given: 'a list', taken: 'a string' }],
    ['every member of a union', z.union([z.string(), z.null()]), z.number(), { path: [], given: 'a string or null', taken: 'a number' }],
    [
      'a field that is always there',
      z.object({ a: z.string() }),
      z.object({ a: z.number().optional() }),
      { path: ['a'], given: 'a string', taken: 'a number' },
    ],
    [
      'a demanded field that would be of another type',
      z.object({ a: z.string().optional() }),
      z.object({ a: z.number() }),
      { path: ['a'] },
    ],
    [
      'a demanded field that is never there',
      z.object({ a: z.string() }),
      z.object({ b: z.number() }),
      { path: ['b'], given: 'no such field', taken: 'a number' },
    ],
    [
      'a field of a field',
      z.object({ a: z.object({ b: z.boolean() }) }),
      z.object({ a: z.object({ b: z.string() }) }),
      { path: ['a', 'b'] },
    ],
    ['two enumerations without a value in common', z.enum(['a', 'b']), z.enum(['c']), { given: '"a" or "b"', taken: '"c"' }],
    ['a recursive schema with another leaf', Tree, z.object({ v: z.string(), kids: z.array(z.any()) }), { path: ['v'] }],
    [
      'no member of a discriminated union',
      z.object({ t: z.literal('x') }),
      z.discriminatedUnion('t', [z.object({ t: z.literal('a') }), z.object({ t: z.literal('b') })]),
      {},
    ],
  ])('refuses %s', (_what, from, to, wanted) => {
    expect(misfit(from, to)).toMatchObject(wanted);
  });

  test('F1: what a value shows to be possible is never refused', () => {
    const schemas = [
      z.string(), z.number(), z.int(), z.null(), z.boolean(), z.enum(['a', 'b']), z.literal(1), z.any(), z.array(z.number()), z.tuple([z.string(), z.number()]),
      z.object({ a: z.string() }), z.object({ a: z.number().optional(), b: z.any() }), z.strictObject({ a: z.string(), b: z.null() }), z.record(z.string(), z.number()),
      z.union([z.string(), z.object({ a: z.number() })]), z.nullable(z.array(z.string())), z.intersection(z.object({ a: z.string() }), z.object({ b: z.number().optional() })),
    ]; // biome-ignore format: a list of samples
    const deeper = [
      ...schemas,
      ...schemas.map((one) => z.object({ x: one, y: one.optional() })),
      ...schemas.map((one) => z.union([one, z.object({ x: one })])),
    ];
    const pick = fc.constantFrom(...deeper);
    const values = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('a', 'c', 1, 0.5, null, true),
        fc.array(tie('value'), { maxLength: 2 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'x', 'y'), tie('value')),
      ),
    })).value;
    let possible = 0;
    fc.assert(
      fc.property(pick, pick, values, (from, to, value) => {
        const out = from.safeParse(value);
        if (!out.success || !to.safeParse(out.data).success) return true;
        possible += 1;
        return misfit(from, to) === undefined;
      }),
      { numRuns: 20_000 },
    );
    expect(possible).toBeGreaterThan(150);
  });

  test('F2, F3, J1, J2: what is not understood, and what has no end, fits', () => {
    const loop = node({ $ref: '#' });
    expect(findMisfit([loop], [node({ type: 'number' })])).toBeUndefined();
    expect(findMisfit([node({ $ref: 'https://elsewhere' })], [node({ type: 'number' })])).toBeUndefined();
    expect(findMisfit([node({ $ref: '#/$defs/__proto__' })], [node({ type: 'number' })])).toBeUndefined();
    const bush = node({ anyOf: [{ $ref: '#' }, { $ref: '#' }, { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }] });
    expect(findMisfit([bush], [bush])).toBeUndefined();
    const deep = node({ $defs: { d: { type: 'object', required: ['a'], properties: { a: { $ref: '#/$defs/d' } } } }, $ref: '#/$defs/d' });
    expect(findMisfit([deep], [deep])).toBeUndefined();
    expect(findMisfit([node({ type: 7, properties: 5, required: 'a', anyOf: {} })], [node({ type: 'object' })])).toBeUndefined();
  });
});

describe('the part of a schema that a path leads to', () => {
  const row = z.object({ id: z.string(), tags: z.array(z.number()).optional(), best: z.object({ v: z.number() }).nullable() });

  test.each<[readonly (string | number)[], string | undefined]>([
    [['id'], 'a string'],
    [['tags', 0], 'a number'],
    [['tags', '3'], 'a number'],
    [['best', 'v'], 'a number'],
    [['best'], 'an object or null'],
    [['ids'], 'nothing'],
    [['id', 'length'], 'nothing'],
    [['tags', 'length'], 'nothing'],
  ])('%j is %s', (path, text) => {
    expect(schemaText(partsOf(given(row), path) ?? [])).toBe(text);
  });

  test('is not known in what is open, and in what says nothing', () => {
    expect(partsOf(taken(row), ['other'])).toBeUndefined();
    expect(partsOf(node(true), ['a'])).toBeUndefined();
    expect(partsOf(given(z.record(z.string(), z.number())), ['a'])?.length).toBe(1);
  });

  test('is any element of a list', () => {
    expect(schemaText(elementsOf([given(z.array(z.string()))]) ?? [])).toBe('a string');
    expect(schemaText(elementsOf([given(z.tuple([z.string(), z.number()]).rest(z.null()))]) ?? [])).toBe('a string, a number or null');
    expect(elementsOf([given(z.string())])).toEqual([]);
    expect(elementsOf([node({ type: 'array' })])).toBeUndefined();
  });
});
