import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkNeed, needMismatch, needText, partsOf, preferenceOf } from '../../../src/core/catalog/needs.ts';
import type { Need } from '../../../src/core/catalog/offer.ts';
import { HeddleError } from '../../../src/errors.ts';

function mismatch(need: Need, ...resources: readonly string[]): string | undefined {
  return needMismatch(partsOf(need), new Set(resources));
}

describe('a need against resources', () => {
  test('a list means all of them', () => {
    expect(mismatch(['gpu', 'db'], 'gpu', 'db', 'ssd')).toBeUndefined();
    expect(mismatch(['gpu', 'db'], 'db')).toBe('lacks gpu');
    expect(mismatch(['gpu', 'db'])).toBe('lacks gpu, db');
  });

  test('any means at least one of them', () => {
    expect(mismatch({ any: ['gpu', 'tpu'] }, 'tpu')).toBeUndefined();
    expect(mismatch({ any: ['gpu', 'tpu'] }, 'cpu')).toBe('has none of gpu, tpu');
  });

  test('none means not a single one', () => {
    expect(mismatch({ none: ['spot', 'old'] }, 'gpu')).toBeUndefined();
    expect(mismatch({ none: ['spot', 'old'] }, 'gpu', 'old')).toBe('has old');
  });

  test('prefer refuses nobody and counts what is there', () => {
    expect(mismatch({ prefer: ['region=eu'] })).toBeUndefined();
    expect(preferenceOf(partsOf({ prefer: ['region=eu', 'ssd'] }), new Set(['ssd', 'gpu', 'region=eu']))).toBe(2);
    expect(preferenceOf(partsOf({ prefer: ['region=eu', 'ssd'] }), new Set(['region=us']))).toBe(0);
  });

  test('an empty list, an undefined part and no need at all demand nothing', () => {
    for (const need of [[], {}, { all: [], any: [], none: [] }, { any: undefined }] as const) expect(mismatch(need)).toBeUndefined();
    expect(needMismatch(partsOf(undefined), new Set())).toBeUndefined();
  });

  test('a tag that objects inherit is not there by itself', () => {
    expect(mismatch(['constructor'])).toBe('lacks constructor');
  });

  test('the hard parts are set algebra, whatever is preferred', () => {
    const tags = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    fc.assert(
      fc.property(fc.record({ all: tags, any: tags, none: tags, prefer: tags }), tags, (need, resources) => {
        const has = new Set(resources);
        const fits =
          need.all.every((tag) => has.has(tag)) &&
          (need.any.length === 0 || need.any.some((tag) => has.has(tag))) &&
          !need.none.some((tag) => has.has(tag));
        expect(mismatch(need, ...resources) === undefined).toBe(fits);
      }),
    );
  });

  test('the demands read as words', () => {
    expect(needText(partsOf({ all: ['gpu', 'db'], any: ['a', 'b'], none: ['spot'], prefer: ['x'] }))).toBe(
      'gpu and db, any of a, b, none of spot',
    );
    expect(needText(partsOf(undefined))).toBe('');
  });
});

describe('a need from outside', () => {
  function detailOf(value: unknown): unknown {
    try {
      checkNeed(value, ['need']);
    } catch (error) {
      return HeddleError.is(error, 'bad_argument') ? error.detail : error;
    }
    return undefined;
  }

  test('a good one arrives as it is', () => {
    expect(checkNeed(['gpu', 'gpu'], [])).toEqual(['gpu']);
    expect(checkNeed({ all: ['gpu'], none: undefined }, [])).toEqual({ all: ['gpu'] });
  });

  test('an unknown part is named with the known ones', () => {
    expect(detailOf({ al: ['gpu'] })).toEqual({ path: ['need', 'al'], expected: 'one of all, any, none, prefer', found: 'the key "al"' });
    expect(detailOf(JSON.parse('{"__proto__":["gpu"]}'))).toMatchObject({ path: ['need', '__proto__'] });
  });

  test('a part that is no list, or no need at all, is refused with its place', () => {
    expect(detailOf({ any: 'gpu' })).toMatchObject({ path: ['need', 'any'], expected: 'a list of resources', found: '"gpu"' });
    expect(detailOf({ any: ['ok', 3] })).toMatchObject({ path: ['need', 'any', 1], found: '3' });
    for (const value of ['gpu', 3, null, undefined, true]) expect(detailOf(value)).toMatchObject({ path: ['need'] });
  });
});
