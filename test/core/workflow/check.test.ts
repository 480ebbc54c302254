import { describe, expect, it } from 'vitest';
import { Catalog } from '../../../src/core/catalog/catalog.ts';
import { vanishedMs } from '../../../src/core/catalog/function-index.ts';
import type { FunctionRecord } from '../../../src/core/catalog/offer.ts';
import { checkOffers } from '../../../src/core/workflow/check.ts';
import { parseWorkflow } from '../../../src/core/workflow/parse.ts';
import { HeddleError } from '../../../src/errors.ts';
import { encode } from './codec.ts';

function offered(name: string, version = '1.0.0', fields: Partial<FunctionRecord> = {}): FunctionRecord {
  return { name, version, effect: 'once', kind: 'call', resources: [], ...fields };
}

function catalog(): Catalog {
  const made = new Catalog();
  made.setOffers(
    { name: 'one', instance: 'i1', resources: ['cpu'] },
    { functions: [offered('clean'), offered('clean', '1.2.0'), offered('rows', '1.0.0', { kind: 'stream' })] },
    0,
  );
  made.setOffers({ name: 'two', instance: 'i2', resources: ['gpu'] }, { functions: [offered('train')] }, 0);
  return made;
}

function problemsOf(...commands: readonly object[]): readonly string[] {
  return problemsIn(catalog(), 0, commands);
}

function problemsIn(offers: Catalog, nowMs: number, commands: readonly object[]): readonly string[] {
  const { checked } = parseWorkflow(commands, { hasInput: false, encode });
  try {
    checkOffers(checked, offers, nowMs);
  } catch (error) {
    if (!HeddleError.is(error, 'bad_workflow')) throw error;
    return error.detail.problems.map((problem) => `${problem.command}: ${problem.message}`);
  }
  return [];
}

describe('a workflow against the catalog', () => {
  it('passes when every command has an offer', () => {
    expect(problemsOf({ name: 'a', fun: 'clean', version: '>=1.1' }, { name: 'b', fun: 'train', need: ['gpu'], target: 'two' })).toEqual(
      [],
    );
  });

  it('M3: passes with a function that has just lost its last offer, and not any later', () => {
    const offers = catalog();
    offers.remove('i2', 1_000);
    const train = [{ name: 'a', fun: 'train', need: ['gpu'] }];
    expect(problemsIn(offers, 1_000 + vanishedMs, train)).toEqual([]);
    expect(problemsIn(offers, 1_001 + vanishedMs, train)).toEqual(['a: no server offers "train"']);
  });

  it('M1: the function that undoes a command must be there, too', () => {
    expect(problemsOf({ name: 'a', fun: 'clean', compensate: { fun: 'dirty' } })).toEqual(['a: compensate: no server offers "dirty"']);
    expect(problemsOf({ name: 'a', fun: 'clean', compensate: { fun: 'train', need: ['gpu'] } })).toEqual([]);
  });

  it('M1, case 10: an unknown function in the last command is named with its nearest', () => {
    expect(problemsOf({ name: 'a', fun: 'clean' }, { name: 'z', fun: 'claen' })).toEqual([
      'z: no server offers "claen"; the nearest names are "clean"',
    ]);
  });

  it('M1, cases 10 and 13: a version that nobody offers is refused with those that exist', () => {
    const [problem] = problemsOf({ name: 'a', fun: 'clean', version: '^2' });
    expect(problem).toContain('version ^2');
    expect(problem).toContain('1.0.0');
    expect(problem).toContain('1.2.0');
  });

  it('M1, case 8: a need that no offer meets says what is missing, for every command', () => {
    const problems = problemsOf({ name: 'a', fun: 'train', need: ['tpu'] }, { name: 'b', fun: 'train', need: ['tpu'] });
    expect(problems).toHaveLength(2);
    expect(problems[0]).toContain('two: lacks tpu');
  });

  it('M5: a step on a stream passes unless its items are known not to be bytes; for elements and undos no stream does', () => {
    expect(problemsOf({ name: 'a', fun: 'rows' })).toEqual([]);
    const typedRows = offered('typed', '1.0.0', { kind: 'stream', outputSchema: '{"type":"object","required":["id"]}' });
    const numbers = offered('numbers', '1.0.0', { kind: 'stream', outputSchema: '{"type":["number","null"]}' });
    const text = offered('base64', '1.0.0', { kind: 'stream', outputSchema: '{"type":"string","contentEncoding":"base64"}' });
    const known = [typedRows, numbers, text, offered('anything', '1.0.0', { kind: 'stream', outputSchema: '{}' })];
    expect(edgesOf(known, { name: 'a', fun: 'base64' }, { name: 'b', fun: 'anything' })).toEqual([]);
    const refused = edgesOf(known, { name: 'a', fun: 'typed' }, { name: 'b', fun: 'numbers' });
    expect(refused[0]).toMatch(/each item is an object, and a step takes one result or a stream of bytes/);
    expect(refused[1]).toMatch(/each item is a number or null/);
    const each = { name: 'a', fun: 'rows', each: { $literal: [1] } };
    const undone = { name: 'b', fun: 'train', compensate: { fun: 'rows' } };
    for (const problem of problemsOf(each, undone)) expect(problem).toMatch(/yields a stream, and what undoes a step or is called/);
    expect(problemsOf(each, undone)).toHaveLength(2);
  });

  it('S1: what a stream of bytes can never be is refused where it is referred to', () => {
    const takes = (name: string, argument: string) => offered(name, '1.0.0', { inputSchema: `[${argument}]` });
    const functions = [
      offered('dump', '1.0.0', { kind: 'stream' }),
      takes('count', '{"type":"integer"}'),
      takes('loose', '{}'),
      offered('silent'),
    ];
    const edge = (name: string, fun: string, ref: object, more: object = {}) => ({ name, fun, args: [ref], ...more });
    const all = { $ref: 'bytes' };
    const refused = edgesOf(
      functions,
      { name: 'bytes', fun: 'dump' },
      edge('a', 'count', all),
      edge('b', 'loose', all),
      edge('c', 'silent', all),
      edge('d', 'silent', { ...all, path: ['rows', 0] }),
      edge('e', 'silent', { $item: true }, { each: all }),
    );
    expect(refused).toEqual([
      'a: args[0]: "bytes" does not fit: dump 1.0.0 gives a stream of bytes, count 1.0.0 takes a whole number',
      'd: args[0]: "bytes.rows.0" is never there: dump 1.0.0 gives a stream of bytes',
      'e: each: "bytes" is never a list: dump 1.0.0 gives a stream of bytes',
    ]);
  });

  it('refuses an unknown target', () => {
    expect(problemsOf({ name: 'b', fun: 'train', target: 'nobody' })[0]).toContain('nobody');
  });
});

const text = JSON.stringify;
const rows = {
  type: 'object',
  properties: { rows: { type: 'array', items: { type: 'string' } } },
  required: ['rows'],
  additionalProperties: false,
};
const typed = (name: string, version: string, input: unknown, output: unknown): FunctionRecord =>
  offered(name, version, { ...(input ? { inputSchema: text(input) } : {}), ...(output ? { outputSchema: text(output) } : {}) });

function edgesOf(functions: readonly FunctionRecord[], ...commands: readonly object[]): readonly string[] {
  const made = new Catalog();
  for (const [at, record] of functions.entries()) {
    made.setOffers({ name: `s${at}`, instance: `i${at}`, resources: [] }, { functions: [record] }, 0);
  }
  return problemsIn(made, 0, commands);
}

describe('the edges of a workflow against the schemas of the catalog', () => {
  const load = typed('load', '1.0.0', [], rows);
  const count = typed(
    'count',
    '2.0.0',
    [
      { type: 'array', items: {} },
      { type: 'object', properties: { n: { type: 'number' } } },
    ],
    { type: 'number' },
  );
  const a = { name: 'a', fun: 'load' };

  it('pass where a value may fit, and where one end is not known', () => {
    const known = [load, count, offered('plain')];
    expect(edgesOf(known, a, { name: 'b', fun: 'count', args: [{ $ref: 'a', path: ['rows'] }] })).toEqual([]);
    expect(edgesOf(known, a, { name: 'b', fun: 'plain', args: [{ $ref: 'a' }] })).toEqual([]);
    expect(edgesOf(known, { name: 'a', fun: 'plain' }, { name: 'b', fun: 'count', args: [{ $ref: 'a', path: ['x', 'y'] }] })).toEqual([]);
    expect(
      edgesOf([load, typed('count', '1.0.0', [true, { type: 'null' }], undefined)], a, { name: 'b', fun: 'count', args: [{ $ref: 'a' }] }),
    ).toEqual([]);
  });

  it('S2: are refused with both ends', () => {
    expect(edgesOf([load, count], a, { name: 'b', fun: 'count', args: [{ $ref: 'a' }] })).toEqual([
      'b: args[0]: "a" does not fit: load 1.0.0 gives an object, count 2.0.0 takes a list',
    ]);
    expect(edgesOf([load, count], a, { name: 'b', fun: 'count', args: [[], { n: { $ref: 'a', path: ['rows', 3] } }] })).toEqual([
      'b: args[1].n: "a.rows.3" does not fit: load 1.0.0 gives a string, count 2.0.0 takes a number',
    ]);
  });

  it('S2: are refused where the part is never there, whoever takes it', () => {
    expect(edgesOf([load, offered('plain')], a, { name: 'b', fun: 'plain', args: [{ deep: [{ $ref: 'a', path: ['rowz'] }] }] })).toEqual([
      'b: args[0].deep[0]: "a.rowz" is never there: no result of load 1.0.0 has it',
    ]);
  });

  it('S2: of an each: its list, its elements and the list of its results', () => {
    const size = typed('size', '1.0.0', [{ type: 'string' }], { type: 'number' });
    const b = { name: 'b', fun: 'size', each: { $ref: 'a', path: ['rows'] }, args: [{ $item: true }] };
    const known = [load, count, size];
    expect(edgesOf(known, a, b, { name: 'c', fun: 'count', args: [{ $ref: 'b' }, { n: { $ref: 'b', path: [0] } }] })).toEqual([]);
    expect(edgesOf(known, a, { ...b, each: { $ref: 'a' } })).toEqual(['b: each: "a" is never a list: load 1.0.0 gives an object']);
    expect(edgesOf(known, a, { ...b, each: { $ref: 'a', path: ['rowz'] } })).toEqual([
      'b: each: "a.rowz" is never there: no result of load 1.0.0 has it',
    ]);
    expect(edgesOf(known, a, { ...b, fun: 'count' })).toEqual([
      'b: args[0]: "a.rows.*" does not fit: load 1.0.0 gives a string, count 2.0.0 takes a list',
    ]);
    expect(edgesOf(known, a, b, { name: 'c', fun: 'size', args: [{ $ref: 'b' }] })).toEqual([
      'c: args[0]: "b" does not fit: size 1.0.0 gives a list, size 1.0.0 takes a string',
    ]);
    expect(edgesOf(known, a, b, { name: 'c', fun: 'count', args: [{ $ref: 'b', path: ['total'] }] })).toEqual([
      'c: args[0]: "b.total" is never there: no result of size 1.0.0 has it',
    ]);
  });

  it('S1: pass where one offer fits, and are refused where the version leaves none that does', () => {
    const newer = typed('count', '3.0.0', [rows], { type: 'number' });
    const asked = (version?: string): object => ({ name: 'b', fun: 'count', args: [{ $ref: 'a' }], ...(version ? { version } : {}) });
    expect(edgesOf([load, count, newer], a, asked())).toEqual([]);
    expect(edgesOf([load, count, newer], a, asked('^2'))).toHaveLength(1);
    expect(edgesOf([load, load, typed('load', '1.1.0', [], undefined), count], a, asked())).toEqual([]);
  });
});
