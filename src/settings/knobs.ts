/**
 * What a knob of the settings is made of: its schema with its facts, a maker for each kind.
 */

import * as v from 'valibot';

/** How a knob is written in the environment and described in messages. */
// An alias: metadata takes no interface.
export type KnobFacts = {
  readonly kind: 'text' | 'texts' | 'number' | 'port' | 'counts' | 'flag' | 'choice';
  readonly unit?: string;
  /** What a value must be, as a message says it. */
  readonly expected: string;
  /** One line: what it is for; for a number, what raising or lowering it buys. */
  readonly reason: string;
  /** What stands in settings.toml for a knob without a default. */
  readonly example?: string | number;
};

export const dayMs = 24 * 3_600_000;
export const word = v.pipe(v.string(), v.minLength(1));
export const portText = '"auto", a port such as 7420, or a range such as "7420-7440"';
export const port = v.union([
  v.literal('auto'),
  v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_535)),
  v.pipe(v.string(), v.regex(/^\d{1,5}-\d{1,5}$/)),
]);

/** Whether a value is a table of a settings file: neither a list nor a date. */
export function isTable(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

export function text(reason: string, example: string) {
  return v.pipe(v.optional(word), v.metadata({ ...facts('text', reason), example }));
}

export function texts(reason: string) {
  return v.pipe(v.optional(v.array(word), []), v.metadata(facts('texts', reason, 'a list of texts')));
}

export function flag(reason: string) {
  return v.pipe(v.optional(v.boolean(), false), v.metadata(facts('flag', reason, 'true or false')));
}

export function counts(reason: string) {
  const table = v.pipe(v.custom<object>(isTable), v.record(v.pipe(v.string(), v.regex(/^[^\s,=]+$/)), whole(1_000_000)));
  const expected = 'a table of whole numbers over 0, such as { gpu = 1 }';
  return v.pipe(v.optional(table, {}), v.metadata(facts('counts', reason, expected)));
}

export function milliseconds(byDefault: number, reason: string, max = dayMs) {
  return amount({ byDefault, max, unit: 'ms' }, 'milliseconds', reason);
}

export function bytes(byDefault: number, reason: string, max: number) {
  return amount({ byDefault, max, unit: 'bytes' }, 'bytes', reason);
}

export function members(byDefault: number, reason: string) {
  return amount({ byDefault, max: 10_000 }, 'servers', reason);
}

interface Amount {
  readonly byDefault: number;
  readonly max: number;
  readonly unit?: string;
}

export function amount({ byDefault, max, ...unit }: Amount, what: string, reason: string) {
  const expected = `a whole number of ${what} from 1 to ${max}`;
  return v.pipe(v.optional(whole(max), byDefault), v.metadata({ ...facts('number', reason, expected), ...unit }));
}

/** Without a default: there is no limit. */
export function perSecond(reason: string) {
  const max = 1_000_000;
  const about = facts('number', reason, `a whole number from 1 to ${max}`);
  return v.pipe(v.optional(whole(max)), v.metadata({ ...about, example: 1_000 }));
}

function whole(max: number) {
  return v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(max));
}

export function facts(kind: KnobFacts['kind'], reason: string, expected = 'a text'): KnobFacts {
  return { kind, reason, expected };
}
