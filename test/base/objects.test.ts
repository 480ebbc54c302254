import { expect, test } from 'vitest';
import { isObject, isRecord } from '../../src/base/objects.ts';

const values: readonly (readonly [what: string, value: unknown, is: readonly [object: boolean, record: boolean]])[] = [
  ['an object', { a: 1 }, [true, true]],
  ['one without a prototype', Object.create(null), [true, true]],
  ['a class instance', new Map(), [true, true]],
  ['a list', [1], [true, false]],
  ['null', null, [false, false]],
  ['nothing', undefined, [false, false]],
  ['a function', () => 1, [false, false]],
  ['a text', 'a', [false, false]],
];

for (const [what, value, is] of values)
  test(`${what}: ${is[1] ? 'a record' : is[0] ? 'an object, no record' : 'no object'}`, () => {
    expect([isObject(value), isRecord(value)]).toEqual(is);
  });
