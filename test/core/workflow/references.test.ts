import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ParsedTemplate } from '../../../src/core/workflow/references.ts';
import { findBare, parseTemplate } from '../../../src/core/workflow/references.ts';

const names = new Set(['a', 'a.b', 'step1', 'constructor']);

function parse(value: unknown, options: { isBare?: boolean } = {}): ParsedTemplate & { problems: string[]; bare: string[] } {
  const problems: string[] = [];
  const bare: string[] = [];
  const report = (message: string): void => void problems.push(message);
  const parsed = parseTemplate(value, { names, isBare: options.isBare ?? false, report, onLooksBare: (text) => bare.push(text) });
  return { ...parsed, problems, bare };
}

describe('references in arguments', () => {
  it('case 4: a reference nested in an object inside an array is cut out, everything around it unchanged', () => {
    const date = new Date(0);
    const { value, holes } = parse([1, { rows: [{ $ref: 'step1', path: ['rows', 0] }, date], keep: 'x' }]);
    expect(value).toEqual([1, { rows: [null, date], keep: 'x' }]);
    expect(holes).toEqual([{ at: [1, 'rows', 0], source: { kind: 'step', step: 'step1', path: ['rows', 0] } }]);
  });

  it('reads the input and several references at once', () => {
    const { value, holes } = parse([{ $input: true }, { $input: true, path: ['x'] }, { $ref: 'a' }]);
    expect(value).toEqual([null, null, null]);
    expect(holes.map((hole) => hole.source)).toEqual([
      { kind: 'input', path: [] },
      { kind: 'input', path: ['x'] },
      { kind: 'step', step: 'a', path: [] },
    ]);
  });

  it('P1: what $literal holds is passed on unsearched', () => {
    const inner = { $ref: 'a' };
    const { value, holes } = parse([{ $literal: inner }, { $literal: 'a' }]);
    expect(value).toEqual([inner, 'a']);
    expect(holes).toEqual([]);
  });

  it('P1: Map, Set, class instances and bytes are not searched', () => {
    const map = new Map([['k', { $ref: 'a' }]]);
    const args = [
      map,
      new Set([{ $ref: 'a' }]),
      new Uint8Array(2),
      new (class Box {
        readonly $ref = 'a';
      })(),
    ];
    expect(parse(args)).toMatchObject({ value: args, holes: [], problems: [] });
  });

  it.each([
    [{ $ref: 'a', pth: ['x'] }, 'did you mean "path"?'],
    [{ $ref: 1 }, '$ref takes the name of a command, found a number'],
    [{ $ref: 'a', path: 'x' }, 'path takes a list'],
    [{ $ref: 'a', path: [-1] }, 'positions (whole numbers from 0)'],
    [{ $ref: 'a', path: ['__proto__'] }, '"__proto__" is no field'],
    [{ $ref: 'a', path: Array(65).fill('x') }, 'longer than 64'],
    [{ $input: 'yes' }, '$input takes true'],
    [{ $item: 1 }, '$item takes true, found a number'],
    [{ $index: true, path: [0] }, 'there is no reference field "path"'],
    [{ $each: true, $ref: 'a' }, 'there is no reference field "$each"'],
    [{ $other: 1 }, '{ "$literal": ... }'],
    [{ $where: 1 }, 'there is no reference "$where"'],
    [{ $literal: 1, path: [] }, 'field beside $literal'],
  ])('P2: %j is refused with a hint', (value, hint) => {
    const { problems } = parse([value]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(hint);
    expect(problems[0]).toContain('[0]');
  });

  it('P3: a part without references is passed on as it is, and nothing the user holds is changed', () => {
    const inner = { deep: [1, 2] };
    const outer = [inner, { $ref: 'a' }];
    const { value } = parse(outer);
    expect((value as unknown[])[0]).toBe(inner);
    expect(outer).toEqual([{ deep: [1, 2] }, { $ref: 'a' }]);
  });

  it('P3: any value without $ keys comes back as the very same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        fc.pre(!JSON.stringify(value).includes('"$'));
        const parsed = parse(value);
        return parsed.value === value && parsed.holes.length === 0 && parsed.problems.length === 0;
      }),
    );
  });

  it('case 9: a string that equals a command is a literal, noted once per place', () => {
    const { value, holes, bare } = parse(['a', ['step1'], 'other']);
    expect(value).toEqual(['a', ['step1'], 'other']);
    expect(holes).toEqual([]);
    expect(bare).toEqual(['a', 'step1']);
  });

  it('case 9: in bare mode it is replaced, and $literal escapes it', () => {
    const { value, holes } = parse(['step1', { $literal: 'step1' }, 'step12'], { isBare: true });
    expect(value).toEqual([null, 'step1', 'step12']);
    expect(holes).toEqual([{ at: [0], source: { kind: 'step', step: 'step1', path: [] } }]);
  });

  it('survives a cyclic value and 10,000 levels: the encoder refuses them', () => {
    const cyclic: unknown[] = [];
    cyclic.push(cyclic);
    expect(parse(cyclic).problems).toEqual([]);
    const deep = Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], 0);
    expect(parse(deep).problems).toEqual([]);
  });

  it('keeps a key called __proto__ a plain key', () => {
    const { value } = parse([JSON.parse('{"__proto__": {"polluted": 1}, "x": {"$ref": "a"}}')]);
    expect(Object.hasOwn((value as object[])[0] ?? {}, '__proto__')).toBe(true);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('bare references', () => {
  it.each([
    ['a', { step: 'a', path: [] }],
    ['a.b', { step: 'a.b', path: [] }],
    ['a.b.c', { step: 'a.b', path: ['c'] }],
    ['a.c.0.d', { step: 'a', path: ['c', 0, 'd'] }],
    ['constructor.01', { step: 'constructor', path: ['01'] }],
  ])('P4: in %j the longest command name wins', (text, { step, path }) => {
    expect(findBare(text, names)).toEqual({ kind: 'step', step, path });
  });

  it.each(['b', 'a.', 'a..b', 'a. b.', 'ab', '.a', 'toString', 'a.__proto__', `${'x.'.repeat(10_000)}a`])('%j is text', (text) => {
    expect(findBare(text, names)).toBeUndefined();
  });
});
