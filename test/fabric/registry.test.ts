import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { Functions } from '../../src/fabric/api/api.ts';
import { defineFunction } from '../../src/fabric/api/define.ts';
import { functionsMax, Registry } from '../../src/fabric/serve/registry.ts';
import { thrownBy } from './serving-rig.ts';

const at = (name: string, version: string) => defineFunction({ name, version, handler: (_ctx): string => version });
const add = (a: number, b: number) => a + b;

describe('a registry', () => {
  test('offers a definition under its own name and a plain function under its key', () => {
    const registry = new Registry({ anything: at('image.resize', '1.2.0'), add });
    expect(registry.body()).toEqual({
      functions: [
        { name: 'add', version: '1.0.0', effect: 'once', kind: 'call', resources: [] },
        { name: 'image.resize', version: '1.2.0', effect: 'once', kind: 'call', resources: [] },
      ],
    });
    expect(registry.find('anything')).toBeUndefined();
    expect(registry.find('add')?.definition.takesContext).toBe(false);
    expect(registry.find('image.resize')?.definition.takesContext).toBe(true);
  });

  test('announces what a definition says', () => {
    const registry = new Registry({
      f: defineFunction({
        name: 'f',
        effect: 'pure',
        resources: ['gpu', 'db'],
        timeoutMs: 500,
        concurrency: 4,
        input: [z.number()],
        output: z.string(),
        handler: (_ctx, n) => `${n}`,
      }),
    });
    const [record] = registry.body().functions;
    expect(record).toMatchObject({ effect: 'pure', resources: ['db', 'gpu'], timeoutMs: 500, concurrency: 4 });
    expect(JSON.parse(record?.inputSchema ?? '')).toMatchObject([{ type: 'number' }]);
    expect(JSON.parse(record?.outputSchema ?? '')).toMatchObject({ type: 'string' });
  });

  test('sorts its body by name, then version, whatever the order of the record', () => {
    const registry = new Registry({ z: at('b', '1.0.0'), y: at('a', '2.0.0'), x: at('a', '1.0.0') });
    expect(registry.body().functions.map(({ name, version }) => `${name}@${version}`)).toEqual(['a@1.0.0', 'a@2.0.0', 'b@1.0.0']);
  });

  test('takes a module namespace', async () => {
    const namespace = await import('./fixtures/functions.ts');
    expect(new Registry(namespace).body().functions.map(({ name }) => name)).toEqual(['add', 'text.upper']);
  });

  test.each([
    ['an array', [add], 'functions: expected one record, as in { functions: { resize, add } }, found a list'],
    ['a single definition', at('a', '1.0.0'), 'found a single definition'],
    ['nothing', null, 'found null'],
    ['a function', add, 'found a function'],
    ['a constant', { LIMIT: 5 }, 'functions.LIMIT: expected a definition or a function'],
    ['a list', { adds: [add] }, 'functions.adds: expected a definition or a function'],
    ['an object', { math: { add } }, 'functions.math: expected a definition or a function'],
    [
      'a class',
      { Helper: class Helper {} },
      'functions.Helper: expected a definition or a function; offer its methods one by one, found a class',
    ],
    [
      'a function*',
      {
        *rows() {
          yield 1;
        },
      },
      'functions.rows: expected a function, or an async function* to make a stream, found a function*',
    ],
    ['a default export', { default: add }, 'functions.default: expected a function with a name of its own'],
    ['a key that is no name', { ' add': add }, 'functions. add: expected a function name'],
  ])('refuses %s with its path', (_what, functions, message) => {
    const error = thrownBy(() => new Registry(functions as unknown as Functions));
    expect(error).toMatchObject({ code: 'bad_argument', executed: 'no' });
    expect(error.message).toContain(message);
  });

  test('refuses the same name and version twice, in one record and added later (case 13)', () => {
    const twice = thrownBy(() => new Registry({ one: at('f', '1.0.0'), two: at('f', '1.0.0') }));
    expect(twice.message).toContain('functions.two: expected one function of the name "f" and version 1.0.0');
    const registry = new Registry({ f: at('f', '1.0.0') });
    const again = thrownBy(() => registry.add({ again: at('f', '1.0.0') }));
    expect(again.message).toContain('found one that is offered already');
    expect(registry.add({ next: at('f', '1.2.0') })).toMatchObject([{ name: 'f', version: '1.2.0' }]);
  });

  test('adds nothing of a record of which one entry is refused', () => {
    const registry = new Registry({ f: at('f', '1.0.0') });
    thrownBy(() => registry.add({ g: at('g', '1.0.0'), f: at('f', '1.0.0') }));
    expect(registry.size).toBe(1);
    expect(registry.find('g')).toBeUndefined();
  });

  test('finds exact versions, and the one to prefer without a version', () => {
    const registry = new Registry({ a: at('f', '1.9.0'), b: at('f', '1.10.0'), c: at('f', '2.0.0-beta.1') });
    expect(registry.find('f', '1.9.0')?.definition.version).toBe('1.9.0');
    expect(registry.find('f', '1.9')).toBeUndefined();
    expect(registry.find('f')?.definition.version).toBe('1.10.0');
    expect(registry.find('constructor')).toBeUndefined();
    expect(registry.find('f', 'constructor')).toBeUndefined();
  });

  test('withdraws every version of a name and can offer it again', () => {
    const registry = new Registry({ a: at('f', '1.0.0'), b: at('f', '2.0.0'), c: at('g', '1.0.0') });
    expect(registry.withdraw(['f', 'f'])).toMatchObject([{ version: '1.0.0' }, { version: '2.0.0' }]);
    expect(registry.size).toBe(1);
    expect(registry.find('f')).toBeUndefined();
    registry.add({ a: at('f', '1.0.0') });
    expect(registry.find('f')?.definition.version).toBe('1.0.0');
  });

  test('R6: refuses to withdraw what it does not offer, with the nearest name, and then withdraws nothing', () => {
    const registry = new Registry({ resize: add, add });
    const detail = { path: ['names', 1], expected: 'a function that this server offers (resize, add)' };
    expect(thrownBy(() => registry.withdraw(['add', 'resise']))).toMatchObject({
      code: 'bad_argument',
      executed: 'no',
      detail: { ...detail, found: '"resise"; did you mean "resize"?' },
    });
    expect(thrownBy(() => registry.withdraw(['add', 'constructor']))).toMatchObject({ detail: { ...detail, found: '"constructor"' } });
    expect(registry.size).toBe(2);
    expect(thrownBy(() => new Registry().withdraw(['add'])).message).toContain('(none)');
    const many = Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`f${n}`, add]));
    expect(thrownBy(() => new Registry(many).withdraw(['g'])).message).toContain('(f0, f1, f2, f3, f4, f5, f6, f7 and 2 more)');
  });

  test(`offers ${functionsMax} functions and not one more`, () => {
    const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, add]));
    const registry = new Registry(many(functionsMax));
    expect(registry.size).toBe(functionsMax);
    expect(thrownBy(() => registry.add({ more: add }))).toMatchObject({
      code: 'bad_argument',
      detail: { path: ['functions'], found: `${functionsMax + 1}` },
    });
    expect(thrownBy(() => new Registry(many(functionsMax + 1))).code).toBe('bad_argument');
  });

  test('announces at most 256 KiB: schema texts are left out first, then functions are refused', () => {
    const wordy = z.object(Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`a field with a rather long name ${n}`, z.string()])));
    const define = (name: string, resources: readonly string[] = []) =>
      defineFunction({
        name,
        resources,
        output: wordy,
        handler: (_ctx): never => {
          throw new Error(name);
        },
      });
    const few = new Registry({ a: define('a') }).body();
    expect(few.functions[0]?.outputSchema).toContain('rather long name');
    const many = new Registry(Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`f${n}`, define(`f${n}`)])));
    expect(many.body().functions).toHaveLength(200);
    expect(many.body().functions[0]?.outputSchema).toBeUndefined();
    const tags = Array.from({ length: 64 }, (_, n) => `${n}`.padEnd(64, 'x'));
    const error = thrownBy(() => many.add(Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`g${n}`, define(`g${n}`, tags)]))));
    expect(error.message).toContain('functions: expected names and resources of at most 262144 bytes in all, found');
    expect(many.size).toBe(200);
  });

  test('leaves Object.prototype alone, whatever the names (fault 24)', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    const registry = new Registry({ toString: () => 'mine', constructor: () => 'mine', hasOwnProperty: () => 'mine' });
    expect(thrownBy(() => new Registry(JSON.parse('{"__proto__": 1}') as Functions)).code).toBe('bad_argument');
    expect(registry.size).toBe(3);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });
});
