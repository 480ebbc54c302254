import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Path } from '../../../src/core/payload.ts';
import type { Filling } from '../../../src/core/workflow/fill.ts';
import { fill, holesMax, walk } from '../../../src/core/workflow/fill.ts';
import { HeddleError } from '../../../src/errors.ts';

const filling = (at: Path, value: unknown, path: Path = []): Filling => ({ at, value, path, name: 'clean' });

function thrownBy(task: () => unknown): unknown {
  try {
    task();
  } catch (error) {
    return error;
  }
  return undefined;
}

describe('filling a template', () => {
  it('puts each value into its hole', () => {
    const template = [null, { rows: [1, null] }];
    expect(fill(template, [filling([0], 'x'), filling([1, 'rows', 1], { a: [7] }, ['a', 0])])).toEqual(['x', { rows: [1, 7] }]);
  });

  it('fills a template that is one hole', () => {
    expect(fill(null, [filling([], { n: 1 }, ['n'])])).toBe(1);
  });

  it('hands on values without fields whole: a Date, a Map, undefined', () => {
    const date = new Date(1);
    const map = new Map([['k', 1]]);
    expect(fill([null, null, null], [filling([0], date), filling([1], map), filling([2], undefined)])).toEqual([date, map, undefined]);
  });

  it('Z3: never looks for references in what it puts in', () => {
    expect(fill([null], [filling([0], { $ref: 'a' })])).toEqual([{ $ref: 'a' }]);
  });

  it('Z2, fault 22: a missing path is an error that names step and path, and nothing has run', () => {
    const error = thrownBy(() => fill([null], [filling([0], { rows: [1] }, ['rowz', 0])]));
    expect(error).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      detail: { path: [0], expected: '"clean.rowz.0"', found: 'no field "rowz" in an object with "rows"' },
    });
    expect(String(error)).toContain('[0]: expected "clean.rowz.0"');
  });

  it('Z2: in a result the code is bad_result, and it ran', () => {
    const error = thrownBy(() => fill(null, [filling([], [1], [1])], 'result'));
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { found: 'no element "1" in a list of 1' } });
  });

  it.each([
    [{}, ['toString']],
    [{}, ['constructor', 'prototype']],
    [{}, ['__proto__']],
    [JSON.parse('{"__proto__": 1}'), ['__proto__']],
    [[1], ['length']],
    [[1], [1]],
    [[1], ['00']],
    [new Map([['k', 1]]), ['k']],
    [new Date(0), ['getTime']],
    [new Uint8Array(2), [0]],
    ['text', [0]],
    [null, ['x']],
    [undefined, ['x']],
  ])('Z1, fault 24: %j has no %j', (value, path: Path) => {
    expect(walk(value, path).isFound).toBe(false);
  });

  it('follows own fields with any name', () => {
    expect(walk({ constructor: { toString: 1 } }, ['constructor', 'toString'])).toEqual({ isFound: true, value: 1 });
    expect(walk({ a: undefined }, ['a'])).toEqual({ isFound: true, value: undefined });
    expect(walk([['x']], ['0', 0])).toEqual({ isFound: true, value: 'x' });
  });

  it.each([[[0, 'x']], [[1]], [['length']], [['__proto__', 'polluted']], [['constructor', 'prototype', 'polluted']], [Array(65).fill(0)]])(
    'Z4: a hole at %j that the template has not is a protocol error',
    (at: Path) => {
      const error = thrownBy(() => fill([0], [filling(at, 'x')]));
      expect(error).toMatchObject({ code: 'protocol_error', executed: 'no' });
      expect(Reflect.get({}, 'polluted')).toBeUndefined();
    },
  );

  it('Z4: a place that is not null is no hole', () => {
    expect(
      HeddleError.is(
        thrownBy(() => fill(['kept'], [filling([0], 'x')])),
        'protocol_error',
      ),
    ).toBe(true);
    expect(
      HeddleError.is(
        thrownBy(() => fill('kept', [filling([], 'x')])),
        'protocol_error',
      ),
    ).toBe(true);
  });

  it('Z4: holes are counted', () => {
    const many = Array.from({ length: holesMax + 1 }, () => filling([0], 1));
    expect(
      HeddleError.is(
        thrownBy(() => fill([null], many)),
        'protocol_error',
      ),
    ).toBe(true);
  });

  it('Z4: whatever a peer sends, it fills or throws a HeddleError', () => {
    const keys = fc.oneof(fc.nat(3), fc.constantFrom('a', '__proto__', 'constructor', 'length', 'toString'));
    const values = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 3 },
        fc.constant(null),
        fc.string(),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'b', 'constructor'), tie('any')),
      ),
    })).any;
    fc.assert(
      fc.property(values, fc.array(keys, { maxLength: 4 }), values, fc.array(keys, { maxLength: 4 }), (template, at, value, path) => {
        const error = thrownBy(() => fill(structuredClone(template), [filling(at, value, path)]));
        return error === undefined || HeddleError.is(error, 'bad_argument', 'protocol_error');
      }),
    );
  });
});
