import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseJson, parseWorkflowJson, stringifyJson } from '../../src/wire/json-forms.ts';
import { ValueProblem } from '../../src/wire/value-problem.ts';
import { value } from './arbitraries.ts';

describe('the forms of JSON', () => {
  it.each<[unknown, string]>([
    [Uint8Array.from([97, 98, 99]), '{"$bytes":"YWJj"}'],
    [new Date(0), '{"$date":"1970-01-01T00:00:00.000Z"}'],
    [12345678901234567890n, '{"$bigint":"12345678901234567890"}'],
    [new Map([[1, 'a']]), '{"$map":[[1,"a"]]}'],
    [new Set([1, 2]), '{"$set":[1,2]}'],
    [Number.NaN, '{"$number":"NaN"}'],
    [Number.POSITIVE_INFINITY, '{"$number":"Infinity"}'],
    [Number.NEGATIVE_INFINITY, '{"$number":"-Infinity"}'],
    [-0, '{"$number":"-0"}'],
    [{ $date: 1 }, '{"$literal":{"$date":1}}'],
    [{ $any: new Date(0) }, '{"$literal":{"$any":{"$date":"1970-01-01T00:00:00.000Z"}}}'],
    [{ $a: 1, b: 2 }, '{"$a":1,"b":2}'],
  ])('write %o as %s and read it back (J1)', (sent, text) => {
    expect(stringifyJson(sent)).toBe(text);
    expect(isDeepStrictEqual(parseJson(text), sent)).toBe(true);
  });

  it('read what they wrote, and write the same again', () => {
    fc.assert(
      fc.property(value, (sent) => {
        // Once through: two keys of a Map may both become null.
        const text = stringifyJson(parseJson(stringifyJson(sent)));
        expect(stringifyJson(parseJson(text))).toBe(text);
      }),
    );
  });

  it('refuse an object that is no form, with its path and what to do (J2)', () => {
    expect(() => parseJson('{"a": [{"$ref": "x"}]}')).toThrow(ValueProblem);
    expect(() => parseJson('{"a": [{"$ref": "x"}]}')).toThrow('{"$literal": ...}');
  });

  it('take bytes in the alphabet of URLs, too', () => {
    expect(parseJson('{"$bytes":"-_8="}')).toEqual(Uint8Array.from([0xfb, 0xff]));
  });
});

describe('workflow data', () => {
  it('keeps its references and literals, and reads the forms around and inside them (J3)', () => {
    const text = JSON.stringify([
      { $ref: 'a' },
      { $ref: 'a', path: ['rows', 0] },
      { $input: true },
      { $item: true },
      { $index: true },
      { $literal: { $ref: 'a' } },
      { $literal: { $date: 'x' } },
      { $literal: { at: { $date: '1970-01-01T00:00:00.000Z' } } },
      { at: { $date: '1970-01-01T00:00:00.000Z' } },
    ]);
    expect(parseWorkflowJson(text)).toEqual([
      { $ref: 'a' },
      { $ref: 'a', path: ['rows', 0] },
      { $input: true },
      { $item: true },
      { $index: true },
      { $literal: { $ref: 'a' } },
      { $literal: { $date: 'x' } },
      { $literal: { at: new Date(0) } },
      { at: new Date(0) },
    ]);
  });

  it('is refused when it is no JSON, holds an unknown form or a prototype', () => {
    for (const text of ['[', '{"$when": 1}', '{"__proto__": 1}', '['.repeat(10_000)])
      expect(() => parseWorkflowJson(text)).toThrow(ValueProblem);
  });
});
