/**
 * The edges of the types: generics, unions, brands, recursion, variance. Compiled, never run.
 */

import {
  type Builder,
  type Caller,
  type Client,
  connect,
  defineFunction,
  type HeddleFunction,
  type Ref,
  remote,
  startServer,
  type Workflow,
  workflow,
} from 'heddle';
import type * as shapes from './module.ts';
import * as real from './module.ts';
import { same } from './same.ts';

const client = await connect('x');
// E1 generic handler
// @ts-expect-error a generic handler has no meaning on the wire: write the types
const firstOf = defineFunction({ name: 'first', handler: <T>(_c: unknown, xs: T[]): T | undefined => xs[0] });
void firstOf;
const plain = { first: <T>(xs: T[]) => xs[0], over: over, id: <T extends { id: string }>(x: T) => x };
function over(a: string): string;
function over(a: number): number;
function over(a: unknown): unknown {
  return a;
}
const pc = await connect<typeof plain>('x');
const g2 = await pc.call('first', [[1, 2]]);
same<typeof g2, unknown>(true);
const g3 = await pc.call('over', [1]);
same<typeof g3, number>(true); // the last overload only
// @ts-expect-error the first overload is lost
await pc.call('over', ['a']);
const g4 = await pc.call('id', [{ id: 'a' }]);
same<typeof g4, { id: string }>(true);
// E2 builtins, brands, unions inside args
type UserId = string & { readonly '~brand': 'UserId' };
interface Big {
  at: Date;
  blob: Uint8Array;
  map: Map<string, number>;
  set: Set<string>;
  id: UserId;
  n: bigint;
  u: { t: 'a'; x: number } | { t: 'b'; y: string };
  lit: 'p' | 'q';
  tup: [a: string, b?: number];
  ro: readonly number[];
  rec: Record<string, number>;
  nul: number | null;
  opt?: string;
  re: RegExp;
  any: ReturnType<typeof JSON.parse>;
  unk: unknown;
  fn?: () => void;
  arr2: number[][];
}
const big = defineFunction({ name: 'big', handler: (_c, b: Big): Big => b });
declare const B: Big;
declare const uid: UserId;
const num = defineFunction({ name: 'num', handler: (_c, n: number) => n });
const str = defineFunction({ name: 'str', handler: (_c, s: string) => s });
const mk = defineFunction({ name: 'mk', handler: (_c) => new Date() });
const dyn = defineFunction({ name: 'dyn', handler: (_c): unknown => 1 });
const anyf = defineFunction({ name: 'anyf', handler: (_c): ReturnType<typeof JSON.parse> => 1 });
const weak = defineFunction({ name: 'weak', handler: (_c, o: { limit?: number; name?: string }) => o });
const bag = defineFunction({ name: 'bag', handler: (_c, o: Record<string, unknown>) => o });
const obj = defineFunction({ name: 'obj', handler: (_c, o: object) => o });
const unk = defineFunction({ name: 'unk', handler: (_c, o: unknown) => o });
const maybe = defineFunction({ name: 'maybe', handler: (_c, o: { id: string } | null) => o });
const uni = defineFunction({ name: 'uni', handler: (_c, o: string | number[]) => o });
const animal = defineFunction({ name: 'animal', handler: (_c, a: { legs: number }) => a });
const dog = defineFunction({ name: 'dog', handler: (_c) => ({ legs: 4, bark: 'w' }) });
type Json = string | number | boolean | null | Json[] | { [k: string]: Json };
const json = defineFunction({ name: 'json', handler: (_c, j: Json): Json => j });
type Expr = ['+', Expr, Expr] | number;
const expr = defineFunction({ name: 'expr', handler: (_c, e: Expr) => typeof e });
class Money {
  readonly #cents: bigint;
  constructor(cents: bigint) {
    this.#cents = cents;
  }
  get cents() {
    return this.#cents;
  }
  add(m: Money) {
    return new Money(this.cents + m.cents);
  }
}
const money = defineFunction({ name: 'money', handler: (_c, m: Money) => m });
workflow('w', ({ step }) => {
  const n = step('n', num, [1]);
  const s = step('s', str, ['a']);
  const d = step('d', mk, []);
  const u = step('u', dyn, []);
  const an = step('an', anyf, []);
  const dg = step('dg', dog, []);
  const bg = step('bg', big, [B]);
  step('b1', big, [bg]);
  step('b2', big, [
    {
      ...B,
      at: d,
      id: bg.get('id'),
      n: bg.get('n'),
      u: { t: 'a', x: n },
      lit: bg.get('lit'),
      tup: [s, n],
      ro: [n, 1],
      rec: { k: n },
      nul: n,
      opt: s,
      map: bg.get('map'),
      arr2: [[n], [1, 2]],
      unk: n,
      any: n,
    },
  ]);
  // @ts-expect-error a plain string is no UserId, also by reference
  step('b3', big, [{ ...B, id: s }]);
  // @ts-expect-error a Ref<number> is no Date
  step('b4', big, [{ ...B, at: n }]);
  // @ts-expect-error references are not followed inside a Map: build it in a step
  step('b5', big, [{ ...B, map: new Map([['a', n]]) }]);
  // @ts-expect-error wrong member of the union
  step('b6', big, [{ ...B, u: { t: 'a', y: s } }]);
  step('a1', animal, [dg]); // covariance: Ref<Dog> where Animal is asked
  // @ts-expect-error the other way round
  step('a2', defineFunction({ name: 'q', handler: (_c, d: { legs: number; bark: string }) => d }), [step('a3', animal, [dg])]);
  // @ts-expect-error unknown results must be asserted
  step('u1', num, [u]);
  step('u2', num, [u.as<number>()]);
  step('u3', num, [u.get('a').get(0).as<number>()]);
  step('u4', num, [an]);
  // @ts-expect-error weak type: a Ref<string> is not an options object
  step('w1', weak, [s]);
  step('w2', weak, [{ limit: n }]);
  // @ts-expect-error record: Ref<number> is not a record
  step('r1', bag, [n]);
  step('r2', bag, [{ a: n, b: { c: s } }]);
  step('o1', obj, [n]); // HOLE: `object` takes any Ref
  step('k1', unk, [n]);
  step('k2', unk, [{ deep: [n] }]);
  step('m1', maybe, [null]);
  const m = step('m2', maybe, [{ id: s }]);
  step('m3', str, [m.get('id')]);
  step('x1', uni, [s]);
  step('x2', uni, [[n, 2]]);
  // @ts-expect-error a list of another type
  step('x3', uni, [[s]]);
  step('j1', json, [{ a: [1, n, { b: s }] }]);
  step('j2', json, [step('j3', json, [1])]);
  // @ts-expect-error Date is not Json
  step('j4', json, [{ a: d }]);
  step('e1', expr, [['+', n, ['+', 1, n]]]);
  step('mo', money, [new Money(1n)]);
  bg.get('tup').get(0);
  bg.get('tup').get(1);
  bg.get('rec').get('k');
  bg.get('arr2').get(0).get(0);
  same<ReturnType<typeof tget>, Ref<string>>(true);
  function tget() {
    return bg.get('tup').get(0);
  }
  // @ts-expect-error a Date has no fields on the wire
  bg.get('at').get('getTime');
  // @ts-expect-error length is not data
  bg.get('ro').get('length');
  step('gx', num, [bg.get('u').get('x')]); // asserts the member
  // @ts-expect-error no member has it
  bg.get('u').get('z');
  // @ts-expect-error no third position
  bg.get('tup').get(2);
  // @ts-expect-error the wrong type at a position
  step('tp', big, [{ ...B, tup: [n, n] }]);
  step('tq', big, [{ ...B, tup: [s] }]);
});
// E3 variance of handles: pass a function where its supertype is wanted
const wide: HeddleFunction<[number], unknown> = num;
// @ts-expect-error contravariant arguments
const bad: HeddleFunction<[number | string], number> = num;
// E4 stored in variables and helper functions
function first(b: Builder<unknown>, rows: Ref<number[]>) {
  return b.step('s', num, [rows.get(0)]);
}
workflow('h', (b: Builder<number[]>) => first(b, b.input));
const flows: Workflow<never, unknown>[] = [
  workflow('a', ({ step }) => step('n', num, [1])),
  workflow('b', ({ step, input }: Builder<number>) => step('n', num, [input])),
];
// E5 method shorthand; AsyncIterable arrow
defineFunction({
  name: 'ms',
  handler(_ctx, a: number) {
    return a;
  },
});
const arrow = defineFunction({
  name: 'it',
  handler: (_c, q: string): AsyncIterable<string> => ({
    async *[Symbol.asyncIterator]() {
      yield q;
    },
  }),
});
// @ts-expect-error a handler that yields cannot be called
await client.call(arrow, ['q']);
// E6 optional arg in the middle, default parameter, rest after fixed
const opt = defineFunction({ name: 'opt', handler: (_c, a: string, b: number = 2, ...rest: boolean[]) => `${a}${b}${rest.length}` });
await client.call(opt, ['a']);
await client.call(opt, ['a', 1, true, false]);
// @ts-expect-error the wrong type in the middle
await client.call(opt, ['a', true]);

// @ts-expect-error a default value alone does not type a handler's parameter (ctx makes it context-sensitive)
defineFunction({ name: 'opt2', handler: (_c, a: string, b = 2) => [a, b] });
const thrower = defineFunction({
  name: 'thrower',
  handler: (_c): never => {
    throw new Error('always');
  },
});
const tr = await client.call(thrower, []);
same<typeof tr, never>(true);
// E7 a step written inline in the returned object keeps its type (contextual return inference must not reach F)
const inline = workflow('inline', ({ step }) => ({
  n: step('n', num, [1]),
  deep: { s: step('s', str, ['a']) },
  list: [step('m', num, [1])],
  soft: step('f', num, [1], { onFailure: { fallback: { none: true } } }),
}));
const inl = await client.run(inline).result;
same<typeof inl, { n: number; deep: { s: string }; list: number[]; soft: number | { none: boolean } }>(true);
const tuple = workflow('tuple', ({ step }) => [step('n', num, [1]), step('s', str, ['a'])] as const);
const tup = await client.run(tuple).result;
same<typeof tup, [number, string]>(true);

// E8 a module namespace as the type of a fabric
const byModule = await connect<typeof shapes>('x');
same<number, Awaited<ReturnType<typeof addByModule>>>(true);
async function addByModule() {
  return byModule.call('add', [1, 2]);
}
await byModule.call('image.resize', [new Uint8Array(), 1]);
// @ts-expect-error constants and classes are left out
await byModule.call('LIMIT', []);
const viaImport = await connect<typeof import('./module.ts')>('x');
await viaImport.call('add', [1, 2]);
// @ts-expect-error LIMIT is no function
await startServer({ functions: real });
await startServer({ functions: { resize: real.resize, add: real.add } });
// E9 helpers that take any client
interface Fabric {
  resize: typeof real.resize;
  add: typeof real.add;
}
interface More extends Fabric {
  extra(a: string): void;
}
async function ping(caller: Caller) {
  return caller.call('ping', []);
}
async function total(caller: Caller<Fabric>) {
  return caller.call('add', [1, 2]);
}
async function byDefinition(caller: Caller) {
  return caller.call(num, [1]);
}
declare const more: Client<More>;
await ping(more);
await total(more);
await byDefinition(more);
// E10 a handle can be exported and declared
export const fn = remote<Fabric>();
export { bad, flows, inl, tr, tup, wide };
