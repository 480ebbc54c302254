import { describe, expect, test } from 'vitest';
import { ServingRig } from './serving-rig.ts';

describe('a result', () => {
  const cyclic: Record<string, unknown> = {};
  cyclic['self'] = cyclic;
  class Point {
    x = 1;
  }

  test.each([
    ['NaN', Number.NaN],
    ['-0', -0],
    ['infinities', [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]],
    ['a BigInt', 12345678901234567890n],
    ['a Date', new Date(86_400_000)],
    ['a Map', new Map([['a', new Set([1])]])],
    ['bytes', new Uint8Array([1, 2, 3])],
    ['undefined', undefined],
    ['a hole in a list', [1, undefined, 3]],
    ['null', null],
  ])('that is %s arrives as it was (fault 25)', (_what, value) => {
    expect(new ServingRig({ f: () => value }).send('f').value).toStrictEqual(value);
  });

  test('that holds an undefined property arrives without it', () => {
    expect(new ServingRig({ f: () => ({ a: 1, b: undefined }) }).send('f').value).toStrictEqual({ a: 1 });
  });

  test.each([
    ['a function', { rows: [{ f: () => 1 }] }, ['rows', 0, 'f']],
    ['a symbol', [Symbol('x')], [0]],
    ['a class instance', { point: new Point() }, ['point']],
    ['an invalid Date', new Date(Number.NaN), []],
    [
      'a getter that throws',
      {
        get boom(): never {
          throw new Error('inner secret');
        },
      },
      ['boom'],
    ],
    [
      'an iterator',
      (function* yields() {
        yield 1;
      })(),
      [],
    ],
    [
      'an asynchronous iterator',
      (async function* yields() {
        yield 1;
      })(),
      [],
    ],
  ])('that is or holds %s is an answer, not silence (case 12, fault 25)', (_what, value, path) => {
    const { error } = new ServingRig({ f: () => value }).send('f');
    expect(error).toMatchObject({ code: 'bad_result', executed: 'yes', detail: { path } });
    expect(error.message).not.toContain('secret');
  });

  test('that is cyclic or too deep is refused, and nothing overflows (faults 19 and 25)', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 10_000; level += 1) deep = [deep];
    const rig = new ServingRig({ cyclic: () => cyclic, deep: () => deep });
    for (const name of ['cyclic', 'deep']) expect(rig.send(name).error).toMatchObject({ code: 'bad_result', executed: 'yes' });
  });

  test('that is over the value limit is refused as soon as it is passed (fault 18)', () => {
    const rig = new ServingRig({ big: () => new Uint8Array(64 * 1024 * 1024 + 1) });
    expect(rig.send('big').error).toMatchObject({ code: 'bad_result', executed: 'yes' });
  });
});
