import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Payload } from '../../src/core/payload.ts';
import { decodeArguments, decodeValue, encodeArguments, encodeValue, valueDepthMax } from '../../src/wire/value.ts';
import { ValueProblem } from '../../src/wire/value-problem.ts';
import { plainValue, value } from './arbitraries.ts';

/** What a value is on arrival: undefined properties gone, bytes as Uint8Array. */
function arrived(sent: unknown, lacksUndefined = false): unknown {
  if (sent === undefined) return lacksUndefined ? null : undefined;
  if (Array.isArray(sent)) return sent.map((element) => arrived(element, lacksUndefined));
  if (sent instanceof Map)
    return new Map([...sent].map(([key, element]) => [arrived(key, lacksUndefined), arrived(element, lacksUndefined)]));
  if (sent instanceof Set) return new Set([...sent].map((element) => arrived(element, lacksUndefined)));
  if (sent instanceof Uint8Array) return new Uint8Array(sent);
  if (typeof sent !== 'object' || sent === null || sent instanceof Date) return sent;
  return Object.fromEntries(
    Object.entries(sent)
      .filter(([, element]) => element !== undefined)
      .map(([key, element]) => [key, arrived(element, lacksUndefined)]),
  );
}

function nested(levels: number, make: (inner: unknown) => unknown): unknown {
  let inner: unknown = 1;
  for (let level = 0; level < levels; level += 1) inner = make(inner);
  return inner;
}

function problemOf(action: () => unknown): ValueProblem {
  try {
    action();
  } catch (problem) {
    if (problem instanceof ValueProblem) return problem;
    throw problem;
  }
  throw new Error('nothing was refused');
}

const json = (text: string): Payload => ({ encoding: 'json', bytes: Buffer.from(text) });

describe('a value', () => {
  it('comes back equal, whatever it is made of (V1)', () => {
    fc.assert(
      fc.property(value, (sent) => {
        expect(isDeepStrictEqual(decodeValue(encodeValue(sent)), arrived(sent))).toBe(true);
        expect(isDeepStrictEqual(decodeArguments(encodeArguments([sent, 1])), [arrived(sent), 1])).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('comes back equal for a reader of JSON only, undefined being null', () => {
    fc.assert(
      fc.property(value, (sent) => {
        const payload = encodeValue(sent, { isJsonOnly: true });
        expect(payload.encoding).toBe('json');
        expect(isDeepStrictEqual(decodeValue(payload), arrived(sent, true))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is plain JSON text when it holds nothing else', () => {
    fc.assert(
      fc.property(plainValue, (sent) => {
        const payload = encodeValue(sent);
        expect(payload.encoding).toBe('json');
        expect(isDeepStrictEqual(decodeValue(payload), sent)).toBe(true);
      }),
    );
  });

  it('keeps bytes as bytes, and a Buffer arrives as Uint8Array', () => {
    const bytes = encodeValue(Buffer.from('abc'));
    expect(bytes.encoding).toBe('bytes');
    const back = decodeValue(bytes);
    expect(Buffer.isBuffer(back)).toBe(false);
    expect(back).toStrictEqual(Uint8Array.from([97, 98, 99]));
    const inside = decodeValue(encodeValue({ image: Buffer.from('abc') }));
    expect(inside).toStrictEqual({ image: Uint8Array.from([97, 98, 99]) });
  });

  it('leaves out undefined properties and keeps undefined elements', () => {
    expect(decodeValue(encodeValue({ a: undefined, b: [undefined, 1] }))).toStrictEqual({ b: [undefined, 1] });
    expect(encodeValue(undefined).encoding).toBe('undefined');
    expect(Buffer.from(encodeValue([undefined], { isJsonOnly: true }).bytes).toString()).toBe('[null]');
  });

  it('may have keys that other objects inherit, and keys that look like forms', () => {
    for (const sent of [
      { constructor: 1, toString: 2 },
      { $date: 'x' },
      { $literal: { $literal: 1 } },
      { $: null },
      [{ $bytes: new Date(0) }],
    ]) {
      expect(decodeValue(encodeValue(sent))).toStrictEqual(sent);
    }
  });

  it('may be an object without prototype or of another realm', () => {
    expect(decodeValue(encodeValue(Object.assign(Object.create(null), { a: 1 })))).toStrictEqual({ a: 1 });
  });
});

describe('what is no value', () => {
  class Sensor {
    id = 1;
  }
  const hole: unknown[] = [];
  hole[3] = 1;
  const throwing = {
    get rows(): unknown {
      throw new Error('secret');
    },
  };
  const trap = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error('secret');
      },
    },
  );
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;

  it.each<[string, unknown, readonly (string | number)[], string]>([
    ['a function', { run: [() => 1] }, ['run', 0], 'a function'],
    ['a symbol', [Symbol('x')], [0], 'a symbol'],
    ['a class instance', { at: new Sensor() }, ['at'], 'an instance of Sensor'],
    ['an Error', [new TypeError('secret')], [0], 'an instance of TypeError'],
    ['a RegExp', [/x/], [0], 'an instance of RegExp'],
    ['a typed array that is not bytes', [new Float64Array(2)], [0], 'an instance of Float64Array'],
    ['a promise', { a: Promise.resolve(1) }, ['a'], 'an instance of Promise'],
    ['a hole in an array', { list: hole }, ['list', 0], 'a hole in an array'],
    ['a getter that throws', { a: throwing }, ['a', 'rows'], 'a getter or trap that throws'],
    ['a Proxy whose trap throws', [trap], [0], 'a getter or trap that throws'],
    ['an invalid Date', [new Date(Number.NaN)], [0], 'an invalid one'],
    ['a key that would be a prototype', [JSON.parse('{"__proto__": 1}')], [0, '__proto__'], 'a key that would be a prototype'],
    ['a subclass of Map', [new (class Cache extends Map {})()], [0], 'an instance of Cache'],
    ['a BigInt beyond 8,192 bits', [1n << 8192n], [0], 'a larger one'],
  ])('refuses %s with its path', (_title, sent, path, found) => {
    const problem = problemOf(() => encodeValue(sent));
    expect(problem.path).toEqual(path);
    expect(problem.found).toBe(found);
    expect(problem.message).not.toContain('secret');
  });

  it('refuses a value that contains itself', () => {
    const around = (made: Record<string, unknown>): unknown => Object.assign(made, { rows: [1, { of: made }] });
    const whole = problemOf(() => encodeValue(around({})));
    expect(whole).toMatchObject({
      path: ['rows', 1, 'of'],
      expected: 'at most 64 levels of nesting',
      found: 'a value that contains itself',
    });
    const argument = problemOf(() => encodeArguments([1, around({})]));
    expect(argument).toMatchObject({
      path: [1, 'rows', 1, 'of'],
      expected: 'at most 64 levels of nesting',
      found: 'a value that contains itself',
    });
    expect(problemOf(() => encodeValue(cyclic)).found).toContain('contains itself');
  });

  it('refuses 10,000 levels of nesting without overflowing the stack (V2)', () => {
    for (const make of [
      (inner: unknown) => [inner],
      (inner: unknown) => ({ a: inner }),
      (inner: unknown) => new Map([[1, inner]]),
      (inner: unknown) => new Set([inner]),
    ]) {
      expect(problemOf(() => encodeValue(nested(10_000, make))).expected).toContain('64 levels');
    }
    expect(problemOf(() => decodeValue(json('['.repeat(10_000) + ']'.repeat(10_000)))).expected).toContain('64 levels');
    expect(problemOf(() => decodeValue(json(`${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`))).expected).toContain('64 levels');
    expect(problemOf(() => decodeValue(json('{"$set":['.repeat(10_000) + ']}'.repeat(10_000)))).expected).toContain('64 levels');
    expect(problemOf(() => decodeValue(json(`${'{"$literal":'.repeat(10_000)}1${'}'.repeat(10_000)}`))).expected).toContain('64 levels');
  });

  it('takes 64 levels and refuses one more, both ways', () => {
    for (const make of [(inner: unknown) => [inner], (inner: unknown) => ({ a: inner }), (inner: unknown) => new Map([[1, inner]])]) {
      const deepest = nested(valueDepthMax, make);
      expect(decodeValue(encodeValue(deepest))).toStrictEqual(deepest);
      expect(decodeArguments(encodeArguments([deepest]))).toStrictEqual([deepest]);
      expect(problemOf(() => encodeValue(nested(valueDepthMax + 1, make))).expected).toContain('64 levels');
      expect(problemOf(() => encodeArguments([nested(valueDepthMax + 1, make)]))).toMatchObject({
        expected: 'at most 64 levels of nesting',
        found: 'more',
      });
    }
    expect(problemOf(() => decodeValue(json('['.repeat(65) + ']'.repeat(65)))).expected).toContain('64 levels');
    expect(problemOf(() => decodeArguments(json('['.repeat(66) + ']'.repeat(66)))).expected).toContain('64 levels');
  });
});

describe('the size of a value', () => {
  it('is refused beyond the limit and taken at it', () => {
    expect(encodeValue('x'.repeat(98), { bytesMax: 100 }).bytes.length).toBe(100);
    expect(problemOf(() => encodeValue('x'.repeat(99), { bytesMax: 100 })).limitBytes).toBe(100);
    expect(encodeValue(new Uint8Array(100), { bytesMax: 100 }).bytes.length).toBe(100);
    expect(problemOf(() => encodeValue(new Uint8Array(101), { bytesMax: 100 })).limitBytes).toBe(100);
    expect(problemOf(() => encodeValue('\u20ac'.repeat(40), { bytesMax: 100 })).limitBytes).toBe(100);
    expect(problemOf(() => encodeValue([new Uint8Array(60), new Uint8Array(60)], { bytesMax: 100 })).path).toEqual([1]);
  });

  it('is refused before copies are made: an argument of 100 MB costs nothing (fault 18)', () => {
    const large = 'x'.repeat(100_000_000);
    const before = process.memoryUsage();
    for (const sent of [[large], { a: { b: new Uint8Array(100_000_000) } }, [large, new Date()]]) {
      expect(problemOf(() => encodeValue(sent)).limitBytes).toBe(64 * 1024 * 1024);
    }
    const after = process.memoryUsage();
    // The bytes of the test's own arrays (100 MB) are in external memory and may be there or gone.
    expect(after.heapTotal - before.heapTotal).toBeLessThan(10_000_000);
    expect(after.external - before.external).toBeLessThan(110_000_000);
  });

  it('is refused for a small value that would expand without end', () => {
    let tree: unknown = 'x';
    for (let level = 0; level < 40; level += 1) tree = [tree, tree];
    expect(problemOf(() => encodeValue(tree, { bytesMax: 100_000 })).limitBytes).toBe(100_000);
  });
});

describe('a payload from outside', () => {
  it.each([
    ['text that is cut short', '[1, 2'],
    ['text that is not JSON', 'nonsense'],
    ['nothing at all', ''],
    ['a form that nobody knows', '{"$when": 1}'],
    ['bytes that are not base64', '{"$bytes": "?"}'],
    ['bytes by number, where there are none', '{"$bytes": 0}'],
    ['undefined, which JSON alone does not have', '{"$undefined": true}'],
    ['a date that is none', '{"$date": "yesterday"}'],
    ['a date by number', '{"$date": 5}'],
    ['a BigInt that is none', '{"$bigint": "0x10"}'],
    ['a BigInt that would take a minute to read', `{"$bigint": "${'9'.repeat(100_000)}"}`],
    ['a number that JSON has', '{"$number": "1"}'],
    ['a map without pairs', '{"$map": [[1]]}'],
    ['a map that is no list', '{"$map": {"length": 3}}'],
    ['a set that is no list', '{"$set": "abc"}'],
    ['a prototype', '{"a": {"__proto__": {"isAdmin": true}}}'],
    ['a prototype with an escape', '{"\\u005f_proto__": {"isAdmin": true}}'],
    ['a prototype inside $literal', '{"$literal": {"__proto__": 1}}'],
  ])('is refused when it holds %s, and prototypes stay as they are (faults 23, 24)', (_title, text) => {
    problemOf(() => decodeValue(json(text)));
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it('is refused when its text is not UTF-8', () => {
    expect(problemOf(() => decodeValue({ encoding: 'json', bytes: Uint8Array.from([0x22, 0xff, 0x22]) })).found).toContain('UTF-8');
  });

  it('may hold a replacement character that is really there', () => {
    expect(decodeValue(json('"\ufffd"'))).toBe('\ufffd');
  });

  it('finds an escaped form all the same', () => {
    expect(decodeValue(json('{"\\u0024date": "1970-01-01T00:00:00.000Z"}'))).toStrictEqual(new Date(0));
  });

  it('never quotes what it refuses', () => {
    expect(problemOf(() => decodeValue(json('{"password": hunter2}'))).message).not.toContain('hunter2');
  });

  it('is an argument list or refused as one', () => {
    expect(problemOf(() => decodeArguments(json('{"0": 1}'))).expected).toBe('a list of arguments');
    expect(problemOf(() => decodeArguments(json('null'))).found).toBe('null');
  });

  it('throws nothing but ValueProblem for any bytes in any encoding (V4)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('json', 'binary'),
        fc.oneof(
          fc.uint8Array({ maxLength: 60 }),
          fc.json().map((text) => Buffer.from(text)),
        ),
        (encoding, bytes) => {
          try {
            decodeValue({ encoding, bytes });
          } catch (problem) {
            expect(problem).toBeInstanceOf(ValueProblem);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});
