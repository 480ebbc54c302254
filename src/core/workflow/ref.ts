/**
 * References to results that do not exist yet, as types and as the objects that a builder hands out.
 *
 * R1 a Ref is never a value: string conversion and JSON.stringify throw, awaiting it gives itself.
 * R2 it is accepted wherever its type is, also inside arrays and plain objects, never inside a Map or Set.
 * R3 `get` asserts that the field is there; a missing one fails the consuming step before its handler starts.
 */

import { HeddleError } from '../../errors.ts';
import type { HoleSource } from './record.ts';

/** A step's result that does not exist yet. It can only be passed on. */
export interface Ref<out T> {
  readonly '~ref': T;
  /** The result's field or element; a missing one fails the consuming step, so `undefined` is taken off the type. */
  get<R extends Ref<unknown>, const K extends Key<R['~ref']>>(this: R, key: K): Ref<Field<R['~ref'], K>>;
  /** Trust me: a result that came back `unknown`. */
  as<U>(): Ref<U>;
}

type Leaf =
  | string
  | number
  | bigint
  | boolean
  | symbol
  | null
  | undefined
  | Date
  | Uint8Array
  | ReadonlyMap<unknown, unknown>
  | ReadonlySet<unknown>
  | Error
  | ((...args: never) => unknown);

/** Keys that exist as data: fields of objects, positions of arrays; of any member of a union, because a missing one is a run-time error. */
type Key<T> = unknown extends T
  ? string | number
  : T extends Leaf
    ? never
    : T extends readonly unknown[]
      ? Position<T>
      : keyof T & (string | number);
type Position<T extends readonly unknown[]> = number extends T['length']
  ? number
  : { [K in keyof T]-?: K extends `${infer N extends number}` ? N : never }[number];
type Field<T, K> = unknown extends T ? unknown : T extends Leaf ? never : K extends keyof T ? Exclude<T[K], undefined> : never;

/** What an argument of type T may be given as: T, a reference to T, or T with references inside its arrays and plain objects. */
export type Arg<T> = T | Ref<T> | Nested<T>;
/** Objects map lazily, arrays must be spelled out and tuples become tuple-like objects: a plain mapped type is eager there and JSON-like types end in TS2589. */
type Nested<T> = T extends Leaf
  ? never
  : T extends readonly unknown[]
    ? number extends T['length']
      ? readonly Arg<T[number]>[]
      : { readonly [K in keyof T as K extends `${number}` | 'length' ? K : never]: K extends 'length' ? T[K] : Arg<T[K]> }
    : T extends object
      ? { readonly [K in keyof T]: Arg<T[K]> }
      : never;
export type StepArgs<A extends readonly unknown[]> = { readonly [K in keyof A]: Arg<A[K]> };

/** What a builder may return: a reference, or references inside arrays and plain objects. */
export type Output = Ref<unknown> | readonly Output[] | { readonly [name: string]: Output } | void;
/** What a run gives of a result: of a stream of bytes, the bytes. */
type Whole<T> = T extends AsyncIterable<Uint8Array> ? Uint8Array<ArrayBuffer> : T;
/** The result that such a return stands for. */
export type Resolved<O> =
  O extends Ref<infer T> ? Whole<T> : O extends void ? Record<string, unknown> : { -readonly [K in keyof O]: Resolved<O[K]> };

/** Across two copies of the package, too. */
const brand = Symbol.for('heddle.ref');

class SourceRef {
  readonly [brand] = true;
  readonly '~source': HoleSource;
  /** The builder run that made it. */
  readonly '~flow': object;

  constructor(source: HoleSource, flow: object) {
    this['~source'] = source;
    this['~flow'] = flow;
    Object.freeze(this);
  }

  get(key: string | number): SourceRef {
    const source = this['~source'];
    return new SourceRef({ ...source, path: [...source.path, key] }, this['~flow']);
  }

  as(): SourceRef {
    return this;
  }

  [Symbol.toPrimitive](): never {
    return refuse(this['~source'], 'was turned into text or a number');
  }

  toString(): never {
    return refuse(this['~source'], 'was turned into text');
  }

  toJSON(): never {
    return refuse(this['~source'], 'was turned into JSON');
  }
}

/** A reference as builders hand it out; `flow` is the builder run it belongs to. */
export function makeRef<T>(source: HoleSource, flow: object): Ref<T> {
  // R1: the phantom `~ref` is the only member it lacks, and nobody reads it.
  return new SourceRef(source, flow) as unknown as Ref<T>;
}

/** Where a reference leads; undefined for anything else. */
export function findSource(value: unknown): HoleSource | undefined {
  return isSourceRef(value) ? value['~source'] : undefined;
}

/** Whether it is a reference that this builder run handed out. */
export function isOfFlow(value: unknown, flow: object | undefined): boolean {
  return isSourceRef(value) && value['~flow'] === flow;
}

function isSourceRef(value: unknown): value is SourceRef {
  return typeof value === 'object' && value !== null && brand in value;
}

/** `clean.rows.0`, as messages and bare references write it. */
export function sourceText(source: HoleSource): string {
  return [rootText(source), ...source.path].join('.');
}

function rootText(source: HoleSource): string {
  switch (source.kind) {
    case 'step':
      return source.step;
    case 'input':
      return 'the input';
    case 'item':
      return 'the element';
    case 'index':
      return 'the index';
  }
}

function refuse(source: HoleSource, what: string): never {
  const message = `the reference to "${sourceText(source)}" ${what}; it holds no value yet: pass it to a step and do it there`;
  throw new HeddleError('bad_workflow', { problems: [{ message }] });
}
