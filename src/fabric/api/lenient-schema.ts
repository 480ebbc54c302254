/**
 * Whether a schema takes more than its JSON Schema says.
 *
 * Some libraries describe what comes out where anything may go in: zod's `coerce`, `catch` and `preprocess`, valibot's
 * `fallback`. A check against such a text would refuse what is right, so the argument counts as not described.
 * N1 found by looking through the schema's own parts; one with more than `partsMax` of them counts as lenient.
 */
import { isObject } from '../../base/objects.ts';

const partsMax = 20_000;

/** Cost: linear in the parts of the schema. Never throws. */
export function isLenient(schema: object): boolean {
  const seen = new Set<object>([schema]);
  for (const part of seen) {
    if (isMarked(part) || seen.size > partsMax) return true;
    for (const value of ownValues(part)) if (isPart(value)) seen.add(value);
  }
  return false;
}

/** A schema may be a function (arktype); the methods of one are not looked into. */
function isPart(value: unknown): value is object {
  if (typeof value === 'function') return '~standard' in value;
  return isObject(value);
}

function isMarked(part: object): boolean {
  if (read(part, 'coerce') === true || read(part, 'fallback') !== undefined) return true;
  const type = read(part, 'type');
  return type === 'catch' || (type === 'pipe' && startsWithTransform(part));
}

/** zod: `preprocess(change, schema)`. */
function startsWithTransform(pipe: object): boolean {
  const def = inside(inside(read(pipe, 'in'), '_zod'), 'def');
  return inside(def, 'type') === 'transform';
}

function inside(value: unknown, key: string): unknown {
  return isObject(value) ? read(value, key) : undefined;
}

function ownValues(part: object): readonly unknown[] {
  return Object.getOwnPropertyNames(part).map((key) => read(part, key));
}

/** An own property, or what its getter gives. */
function read(part: object, key: string): unknown {
  try {
    return Object.hasOwn(part, key) ? Reflect.get(part, key) : undefined;
  } catch {
    return undefined;
  }
}
