/**
 * What a builder is given, as data: references become `$ref` and `$input`, everything else stays a literal.
 *
 * L1 a plain object that data would read as a reference is wrapped in `$literal`.
 * L2 a part without references is passed on as it is, not copied.
 * L3 only arrays and plain objects are searched, to the depth that a value may have.
 */

import type { Command, Reference, Shape } from './data.ts';
import { isPlain, type Report, typeName } from './fields.ts';
import type { HoleSource } from './record.ts';
import { findSource, isOfFlow, sourceText } from './ref.ts';
import { templateDepthMax as depthMax, isReserved } from './references.ts';

export interface LiteralContext {
  /** The builder run that its references must come from. */
  readonly flow: object;
  /** In the arguments of `each`: what its element and index belong to. */
  readonly each?: object | undefined;
  readonly report: Report;
}

/** An argument list with its references spelled out. */
export function argumentData(args: readonly unknown[], context: LiteralContext): readonly unknown[] {
  return args.map((arg) => valueData(arg, context, 1));
}

/** A failure policy; what looks like a reference in its fallback is a literal (parse.ts refuses real ones). */
export function failureData(policy: NonNullable<Command['onFailure']>, context: LiteralContext): NonNullable<Command['onFailure']> {
  if (!isPlain(policy) || !Object.hasOwn(policy, 'fallback')) return policy;
  if (holdsReference(policy['fallback'], 1)) context.report('a fallback is a value, and cannot refer to a step or the input');
  return { ...policy, fallback: valueData(policy['fallback'], context, 1) };
}

function valueData(value: unknown, context: LiteralContext, depth: number): unknown {
  const reference = referenceData(value, context);
  if (reference) return reference;
  if (depth > depthMax) return value; // too deep to be sent: the encoder says so, with the path
  if (Array.isArray(value)) return arrayData(value, context, depth);
  return isPlain(value) ? objectData(value, context, depth) : value;
}

function arrayData(list: readonly unknown[], context: LiteralContext, depth: number): readonly unknown[] {
  const parts = list.map((part) => valueData(part, context, depth + 1));
  return parts.every((part, at) => part === list[at]) ? list : parts;
}

function objectData(record: Readonly<Record<string, unknown>>, context: LiteralContext, depth: number): unknown {
  if (isReserved(record)) return reservedData(record, context, depth);
  const entries = Object.entries(record).map(([key, part]): [string, unknown] => [key, valueData(part, context, depth + 1)]);
  return entries.every(([key, part]) => part === record[key]) ? record : Object.fromEntries(entries);
}

/** `$literal` passes its content unsearched: nothing inside needs wrapping, and no reference inside would be seen. */
function reservedData(record: Readonly<Record<string, unknown>>, context: LiteralContext, depth: number): Reference {
  if (holdsReference(record, depth)) {
    context.report(`an object with the key "${dollarKey(record)}" cannot hold references: rename the key, or build it in a step`);
  }
  return { $literal: record };
}

function holdsReference(value: unknown, depth: number): boolean {
  if (findSource(value)) return true;
  if (depth > depthMax || typeof value !== 'object' || value === null) return false;
  const parts: readonly unknown[] = Array.isArray(value) ? value : isPlain(value) ? Object.values(value) : [];
  return parts.some((part) => holdsReference(part, depth + 1));
}

/** What a builder returned, as `returns`; undefined where it is nothing to return. */
export function shapeData(output: unknown, context: LiteralContext, depth = 1): Shape {
  const reference = referenceData(output, context);
  if (reference) return reference;
  if (depth <= depthMax && Array.isArray(output)) {
    const parts = output.map((part) => shapeData(part, context, depth + 1));
    return parts.length === 0 ? { $literal: [] } : parts;
  }
  if (depth <= depthMax && isPlain(output)) return recordShape(output, context, depth);
  context.report(`a builder returns references, in lists and objects; ${typeName(output)} is none${asyncHint(output)}`);
  return { $literal: null };
}

function recordShape(output: Readonly<Record<string, unknown>>, context: LiteralContext, depth: number): Shape {
  const keys = Object.keys(output);
  if (keys.length === 0) return { $literal: {} };
  if (isReserved(output)) context.report(`the returned object has the key "${dollarKey(output)}": rename it, it is kept for references`);
  return Object.fromEntries(keys.map((key) => [key, shapeData(output[key], context, depth + 1)]));
}

function strangerText(source: HoleSource): string {
  const isOfEach = source.kind === 'item' || source.kind === 'index';
  return isOfEach
    ? `${sourceText(source)} of an each stands in the arguments of that each alone; elsewhere take its result`
    : `the reference to "${sourceText(source)}" belongs to another workflow`;
}

function dollarKey(record: object): string {
  return Object.keys(record).find((key) => key.startsWith('$')) ?? '';
}

function asyncHint(output: unknown): string {
  return output instanceof Promise ? ': the builder must not be async, it only describes' : '';
}

function referenceData(value: unknown, context: LiteralContext): Reference | undefined {
  const source = findSource(value);
  if (!source) return undefined;
  if (!isOfFlow(value, context.flow) && !isOfFlow(value, context.each)) context.report(strangerText(source));
  const path = source.path.length === 0 ? {} : { path: source.path };
  switch (source.kind) {
    case 'step':
      return { $ref: source.step, ...path };
    case 'input':
      return { $input: true, ...path };
    case 'item':
      return { $item: true, ...path };
    case 'index':
      return { $index: true };
  }
}
