import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkName, checkResources, describeFound, type NameKind, nameProblem, nameRules, resourcesMax } from '../../src/core/names.ts';
import { HeddleError } from '../../src/errors.ts';

const kinds = Object.keys(nameRules) as readonly NameKind[];

function refusalOf(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return HeddleError.is(error, 'bad_argument') ? error.detail : error;
  }
  return undefined;
}

describe('names', () => {
  test.each(kinds)('a %s name may be a word that objects inherit', (kind) => {
    for (const name of ['constructor', 'toString', 'hasOwnProperty', 'valueOf']) expect(checkName(kind, name, [])).toBe(name);
  });

  test.each(kinds)('a %s name is refused when it is empty, reserved, ill-formed or no text (A1)', (kind) => {
    const bad = ['', '__proto__', '\ud800', 'a\u0000b', 'a\nb', ' a', 'a ', '\u00a0a', 7, null, undefined, {}, ['a'], Symbol('a'), 1n];
    for (const value of bad) expect(nameProblem(kind, value), String(value)).toBeDefined();
  });

  test.each(kinds)('a %s name fits up to its limit in bytes and not beyond', (kind) => {
    const { bytesMax } = nameRules[kind];
    expect(nameProblem(kind, 'a'.repeat(bytesMax))).toBeUndefined();
    expect(nameProblem(kind, 'a'.repeat(bytesMax + 1))?.expected).toContain(`${bytesMax} bytes`);
    expect(nameProblem(kind, 'é'.repeat(bytesMax / 2))).toBeUndefined();
    expect(nameProblem(kind, `${'é'.repeat(bytesMax / 2)}a`)).toBeDefined();
    expect(nameProblem(kind, '\u{1F9F5}'.repeat(bytesMax / 4))).toBeUndefined();
    expect(nameProblem(kind, '\u{1F9F5}'.repeat(bytesMax / 4 + 1))).toBeDefined();
  });

  test('a name of 1 MB is refused with a short message', () => {
    const problem = nameProblem('function', 'x'.repeat(1_000_000));
    expect(problem?.found).toContain('1000000 characters');
    expect(problem?.found.length).toBeLessThan(100);
  });

  test('the limit of servers and resources is the 64 bytes of the contract', () => {
    expect(nameRules.server.bytesMax).toBe(64);
    expect(nameRules.resource.bytesMax).toBe(64);
    expect(resourcesMax).toBe(64);
  });

  test('the error names the place, what was wanted and what was found', () => {
    expect(refusalOf(() => checkName('server', 'a\tb', ['name']))).toEqual({
      path: ['name'],
      expected: 'a server name',
      found: 'a text with control characters',
    });
  });

  test('nothing that is given makes the check throw anything but bad_argument (A2)', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.anything(), (kind, value) => {
        const problem = nameProblem(kind, value);
        const detail = refusalOf(() => checkName(kind, value, []));
        expect(detail).toEqual(problem === undefined ? undefined : { path: [], ...problem });
      }),
    );
  });

  test('a text that is taken is well formed, bounded and arrives unchanged', () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.string({ unit: 'binary' }), (kind, text) => {
        if (nameProblem(kind, text)) return;
        expect(checkName(kind, text, [])).toBe(text);
        expect(Buffer.from(text, 'utf8').toString('utf8')).toBe(text);
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(nameRules[kind].bytesMax);
      }),
    );
  });
});

describe('resources', () => {
  test('a tag is a word or two sides of an equals sign', () => {
    for (const tag of ['gpu', 'region=eu', 'a:b/c.d-e_f', 'zone=a=b']) expect(nameProblem('resource', tag)).toBeUndefined();
    for (const tag of ['two words', 'a,b', '=eu', 'region=']) expect(nameProblem('resource', tag)).toBeDefined();
  });

  test('a list keeps its order and drops what it says twice', () => {
    const given = ['gpu', 'db', 'gpu'];
    expect(checkResources(given, [])).toEqual(['gpu', 'db']);
    expect(given).toHaveLength(3);
  });

  test('a list of 64 fits, one of 65 does not', () => {
    const tags = Array.from({ length: 65 }, (_, at) => `r${at}`);
    expect(checkResources(tags.slice(0, 64), [])).toHaveLength(64);
    expect(refusalOf(() => checkResources(tags, ['resources']))).toEqual({
      path: ['resources'],
      expected: 'at most 64 resources',
      found: '65',
    });
  });

  test('the first wrong one is named by its place', () => {
    expect(refusalOf(() => checkResources(['gpu', 'x y'], ['resources']))).toMatchObject({ path: ['resources', 1], found: '"x y"' });
    expect(refusalOf(() => checkResources('gpu', ['resources']))).toMatchObject({ path: ['resources'], expected: 'a list of resources' });
  });
});

describe('found values in messages', () => {
  test.each([
    ['gpu', '"gpu"'],
    ['\ud800', '"\\ud800"'],
    [null, 'null'],
    [undefined, 'undefined'],
    [[1], 'a list'],
    [3, '3'],
    [true, 'true'],
    [{}, 'a value of type object'],
    [Symbol('x'), 'a value of type symbol'],
  ])('%o reads %s', (value, text) => {
    expect(describeFound(value)).toBe(text);
  });
});
