/**
 * References in arguments: `{ $ref, path? }`, `{ $input: true, path? }`, `{ $item: true, path? }`, `{ $index: true }`,
 * `{ $literal: x }`, and, where asked for, bare strings. Parsing cuts them out: the template keeps null in each hole, the hole says what belongs there.
 *
 * P1 arrays and plain objects are searched, nothing else; what `$literal` holds is passed on unsearched.
 * P2 an object that looks like a reference and is none is refused, never passed on in silence.
 * P3 a part without references is passed on as it is, not copied; the user's values are never changed.
 * P4 bare: the longest command name that begins the text, at a dot or at its end, wins.
 * Filling the holes is fill.ts; whether the steps exist is workflow.ts.
 */

import type { Path } from '../payload.ts';
import { checkKeys, isPlain, type KeySet, type Report, typeName } from './fields.ts';
import type { Hole, HoleSource } from './record.ts';

/** The nesting that a value may have (wire/value.ts refuses more). */
export const templateDepthMax = 64;
/** Parts of one argument list that are looked at: beyond it no value could be sent anyway. */
const partsMax = 2 ** 25;
/** Longer than any command name. */
const bareNameMax = 512;

export interface ReferenceContext {
  /** The names of all commands. */
  readonly names: ReadonlySet<string>;
  /** Whether strings that begin with a command's name are references. */
  readonly isBare: boolean;
  readonly report: Report;
  /** Told of a string that equals a command's name and is taken literally. */
  readonly onLooksBare?: ((text: string) => void) | undefined;
}

/** A template before it is encoded. */
export interface ParsedTemplate {
  readonly value: unknown;
  readonly holes: readonly Hole[];
}

/** Keys by which an object is known as a reference, or as one that a later version may know. */
const referenceWords: ReadonlySet<string> = new Set(['$ref', '$input', '$literal', '$item', '$index']);

/** Whether data in which this object stands would not take it literally. */
export function isReserved(record: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(record);
  return (keys.length === 1 && keys[0]?.startsWith('$') === true) || keys.some((key) => referenceWords.has(key));
}

/** Cuts the references out of `value`; what is wrong goes to `context.report`. Cost: linear in the parts of `value`. */
export function parseTemplate(value: unknown, context: ReferenceContext): ParsedTemplate {
  const search = new Search(context);
  return { value: search.part(value, 0), holes: search.holes };
}

class Search {
  readonly holes: Hole[] = [];
  readonly #context: ReferenceContext;
  readonly #at: (string | number)[] = [];
  #parts = 0;

  constructor(context: ReferenceContext) {
    this.#context = context;
  }

  part(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (typeof value !== 'object' || value === null) return value;
    this.#parts += 1;
    // Too deep or too many: passed on unsearched, and the encoder refuses the value, with its path.
    if (depth > templateDepthMax || this.#parts > partsMax) return value;
    if (Array.isArray(value)) return this.#list(value, depth);
    if (!isPlain(value)) return value;
    const step = stepOf(value);
    if (step !== undefined) return this.#hole({ kind: 'step', step, path: wholeResult });
    return isReserved(value) ? this.#reference(value) : this.#record(value, depth);
  }

  #list(list: readonly unknown[], depth: number): readonly unknown[] {
    let changed: unknown[] | undefined;
    for (let at = 0; at < list.length; at += 1) {
      this.#at.push(at);
      const part = this.part(list[at], depth + 1);
      this.#at.pop();
      if (part === list[at]) continue;
      changed ??= [...list];
      changed[at] = part;
    }
    return changed ?? list;
  }

  #record(record: Readonly<Record<string, unknown>>, depth: number): unknown {
    let isChanged = false;
    const entries = Object.entries(record).map(([key, before]): [string, unknown] => {
      this.#at.push(key);
      const part = this.part(before, depth + 1);
      this.#at.pop();
      isChanged ||= part !== before;
      return [key, part];
    });
    return isChanged ? Object.fromEntries(entries) : record;
  }

  #text(text: string): unknown {
    if (!this.#context.isBare) {
      if (this.#context.onLooksBare && this.#context.names.has(text)) this.#context.onLooksBare(text);
      return text;
    }
    const source = findBare(text, this.#context.names);
    return source ? this.#hole(source) : text;
  }

  #reference(record: Readonly<Record<string, unknown>>): unknown {
    const report = (message: string): void => this.#context.report(`${this.#place()}: ${message}`);
    if (Object.hasOwn(record, '$literal')) {
      checkKeys(record, literalKeys, report);
      return record['$literal'];
    }
    const source = readReference(record, report);
    return source ? this.#hole(source) : null;
  }

  #hole(source: HoleSource): null {
    this.holes.push({ at: [...this.#at], source });
    return null;
  }

  #place(): string {
    return this.#at.length === 0 ? 'the value' : this.#at.map((key) => (typeof key === 'number' ? `[${key}]` : `.${key}`)).join('');
  }
}

const wholeResult: Path = [];

/** The step of a plain `{ $ref }` without a path, as nearly all are: 100,000 of them are read without a further look. */
function stepOf(record: Readonly<Record<string, unknown>>): string | undefined {
  const step = record['$ref'];
  if (typeof step !== 'string') return undefined;
  for (const key in record) if (key !== '$ref') return undefined;
  return step;
}

const literalKeys: KeySet = { what: 'field beside $literal', names: ['$literal'] };
const refKeys: KeySet = { what: 'reference field', names: ['$ref', 'path'] };
const inputKeys: KeySet = { what: 'reference field', names: ['$input', 'path'] };
const itemKeys: KeySet = { what: 'reference field', names: ['$item', 'path'] };
const indexKeys: KeySet = { what: 'reference field', names: ['$index'] };

function readReference(record: Readonly<Record<string, unknown>>, report: Report): HoleSource | undefined {
  const path = readPath(record['path'], report);
  if (!path) return undefined;
  if (Object.hasOwn(record, '$ref')) {
    checkKeys(record, refKeys, report);
    const step = record['$ref'];
    if (typeof step === 'string') return { kind: 'step', step, path };
    report(`$ref takes the name of a command, found ${typeName(step)}`);
  } else if (Object.hasOwn(record, '$input')) {
    checkKeys(record, inputKeys, report);
    if (isTrue(record, '$input', report)) return { kind: 'input', path };
  } else if (Object.hasOwn(record, '$item')) {
    checkKeys(record, itemKeys, report);
    if (isTrue(record, '$item', report)) return { kind: 'item', path };
  } else if (Object.hasOwn(record, '$index')) {
    checkKeys(record, indexKeys, report);
    if (isTrue(record, '$index', report)) return { kind: 'index', path: [] };
  } else {
    const key = Object.keys(record).find((name) => name.startsWith('$')) ?? '';
    report(
      `there is no reference "${key}" (known: $ref, $input, $item, $index, $literal); to pass this object as it is, write { "$literal": ... } around it`,
    );
  }
  return undefined;
}

function isTrue(record: Readonly<Record<string, unknown>>, key: string, report: Report): boolean {
  if (record[key] === true) return true;
  report(`${key} takes true, found ${typeName(record[key])}`);
  return false;
}

/** A path from outside, checked; undefined after a report. */
function readPath(path: unknown, report: Report): Path | undefined {
  if (path === undefined) return [];
  if (!Array.isArray(path)) return void report(`path takes a list of fields and positions, found ${typeName(path)}`);
  if (path.length > templateDepthMax) return void report(`path is longer than ${templateDepthMax}`);
  const keys: readonly unknown[] = path;
  for (const key of keys) {
    if (key === '__proto__') return void report('"__proto__" is no field');
    const isKey = typeof key === 'string' || (typeof key === 'number' && Number.isSafeInteger(key) && key >= 0);
    if (!isKey) return void report(`path takes fields (text) and positions (whole numbers from 0), found ${typeName(key)}`);
  }
  return [...(path as Path)]; // every part was just checked
}

/** The reference that a bare string stands for: `name`, or `name.field.0.path`. */
export function findBare(text: string, names: ReadonlySet<string>): HoleSource | undefined {
  if (names.has(text)) return { kind: 'step', step: text, path: [] };
  for (let dot = text.lastIndexOf('.', bareNameMax); dot > 0; dot = text.lastIndexOf('.', dot - 1)) {
    const step = text.slice(0, dot);
    if (!names.has(step)) continue;
    const keys = text.slice(dot + 1).split('.');
    const isPath = keys.length <= templateDepthMax && keys.every((key) => key !== '' && key !== '__proto__');
    return isPath ? { kind: 'step', step, path: keys.map(bareKey) } : undefined;
  }
  return undefined;
}

function bareKey(key: string): string | number {
  return /^(?:0|[1-9]\d{0,14})$/.test(key) ? Number(key) : key;
}
