/**
 * From a tree that JSON.parse gave to the value it stands for: reads the `$` forms (see json-forms.ts), in place.
 *
 * The tree may come from anybody: nesting, `__proto__`, and the content of every form are checked.
 */

import { ValueProblem } from './value-problem.ts';

export interface ReadOptions {
  readonly depthMax: number;
  /** Levels that do not count, around the value; default 0. */
  readonly levelsAround?: number | undefined;
  /** What `{"$bytes": n}` counts, in the `binary` encoding; without it bytes are base64. */
  readonly attachments?: readonly Uint8Array[] | undefined;
  /** Forms that stay as they are: the references of workflow data. */
  readonly keeps?: ReadonlySet<string> | undefined;
}

/** Digits of the largest BigInt that is read: 8,192 bits. */
const bigintDigitsMax = 2467;

const numbers: ReadonlyMap<unknown, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
  ['-0', -0],
]);

/**
 * False for text that certainly holds no form, no `__proto__` and no nesting beyond the limit: what JSON.parse makes of it is the
 * value already. An escape may hide a `$`, so text with one is looked at.
 */
export function mayHoldForms(text: string, depthMax: number): boolean {
  if (text.includes('$') || text.includes('\\') || text.includes('__proto__')) return true;
  return hasMoreThan(text, '{', Math.floor(depthMax / 2)) || hasMoreThan(text, '[', Math.floor(depthMax / 2));
}

function hasMoreThan(text: string, character: string, count: number): boolean {
  let at = -1;
  for (let left = count; left >= 0; left -= 1) {
    at = text.indexOf(character, at + 1);
    if (at === -1) return false;
  }
  return true;
}

/** The value that `tree` stands for; the tree is used up. Throws ValueProblem. */
export function fromForms(tree: unknown, options: ReadOptions): unknown {
  return new FormsRead(options).read(tree, options.depthMax + (options.levelsAround ?? 0));
}

class FormsRead {
  readonly #options: ReadOptions;
  readonly #path: (string | number)[] = [];

  constructor(options: ReadOptions) {
    this.#options = options;
  }

  read(tree: unknown, depthLeft: number): unknown {
    if (typeof tree !== 'object' || tree === null) return tree;
    if (Array.isArray(tree)) return this.#array(tree, depthLeft);
    // What JSON.parse makes that is neither array nor primitive is an object with own string keys.
    const object = tree as Record<string, unknown>;
    const form = onlyKey(object);
    return form?.startsWith('$') ? this.#form(form, object, depthLeft) : this.#object(object, depthLeft);
  }

  #array(array: unknown[], depthLeft: number): unknown[] {
    this.#descend(depthLeft);
    for (let at = 0; at < array.length; at += 1) {
      const element = array[at];
      if (typeof element === 'object' && element !== null) array[at] = this.#step(at, element, depthLeft - 1);
    }
    return array;
  }

  #object(object: Record<string, unknown>, depthLeft: number): Record<string, unknown> {
    this.#descend(depthLeft);
    for (const key of Object.keys(object)) {
      if (key === '__proto__') throw this.#problem('data', 'the key "__proto__"');
      const value = object[key];
      if (typeof value === 'object' && value !== null) object[key] = this.#step(key, value, depthLeft - 1);
    }
    return object;
  }

  #descend(depthLeft: number): void {
    if (depthLeft === 0) throw this.#problem(`at most ${this.#options.depthMax} levels of nesting`, 'more');
  }

  #step(at: string | number, tree: unknown, depthLeft: number): unknown {
    this.#path.push(at);
    const value = this.read(tree, depthLeft);
    this.#path.pop();
    return value;
  }

  #form(form: string, object: Record<string, unknown>, depthLeft: number): unknown {
    const content = object[form];
    if (this.#options.keeps?.has(form)) {
      object[form] = this.#inside(content, depthLeft);
      return object;
    }
    switch (form) {
      case '$bytes':
        return this.#bytes(content);
      case '$date':
        return this.#date(content);
      case '$bigint':
        return this.#bigint(content);
      case '$number':
        return this.#number(content);
      case '$map':
        return this.#map(content, depthLeft);
      case '$set':
        return new Set(this.#array(this.#list(content), depthLeft));
      case '$literal':
        return this.#inside(content, depthLeft);
      case '$undefined':
        if (this.#options.attachments && content === true) return undefined;
        throw this.#unknown(form);
      default:
        throw this.#unknown(form);
    }
  }

  /** What is inside `$literal`: an object there is data whatever its keys, its values are read as ever. */
  #inside(content: unknown, depthLeft: number): unknown {
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return this.read(content, depthLeft);
    return this.#object(content as Record<string, unknown>, depthLeft); // read from JSON, so its keys are texts
  }

  #bytes(content: unknown): Uint8Array {
    const { attachments } = this.#options;
    if (!attachments) return this.#base64(content);
    const bytes = typeof content === 'number' ? attachments[content] : undefined;
    if (!bytes) throw this.#problem('the number of an attachment', 'something else');
    return bytes;
  }

  #base64(content: unknown): Uint8Array {
    if (typeof content !== 'string' || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(content)) throw this.#problem('base64 text', 'something else');
    return new Uint8Array(Buffer.from(content, 'base64'));
  }

  #date(content: unknown): Date {
    const date = new Date(typeof content === 'string' ? content : Number.NaN);
    if (Number.isNaN(date.getTime())) throw this.#problem('a date in ISO 8601', 'something else');
    return date;
  }

  #bigint(content: unknown): bigint {
    if (typeof content !== 'string' || content.length > bigintDigitsMax || !/^-?[0-9]+$/.test(content)) {
      throw this.#problem(`a text of at most ${bigintDigitsMax} decimal digits`, 'something else');
    }
    return BigInt(content);
  }

  #number(content: unknown): number {
    const number = numbers.get(content);
    if (number === undefined) throw this.#problem('"NaN", "Infinity", "-Infinity" or "-0"', 'something else');
    return number;
  }

  #map(content: unknown, depthLeft: number): Map<unknown, unknown> {
    this.#descend(depthLeft);
    const map = new Map<unknown, unknown>();
    for (const [at, entry] of this.#list(content).entries()) {
      if (!Array.isArray(entry) || entry.length !== 2) throw this.#problem('pairs of key and value', 'something else');
      map.set(this.#step(at, entry[0], depthLeft - 1), this.#step(at, entry[1], depthLeft - 1));
    }
    return map;
  }

  #list(content: unknown): unknown[] {
    if (!Array.isArray(content)) throw this.#problem('a list', 'something else');
    return content;
  }

  #unknown(form: string): ValueProblem {
    return this.#problem(
      'a form such as {"$date": ...}',
      `an object whose only key is "${form.slice(0, 40)}"; to pass it as data, put it into {"$literal": ...}`,
    );
  }

  #problem(expected: string, found: string): ValueProblem {
    return new ValueProblem([...this.#path], expected, found);
  }
}

/** The key of an object that has exactly one. */
function onlyKey(object: object): string | undefined {
  let only: string | undefined;
  for (const key in object) {
    if (only !== undefined) return undefined;
    only = key;
  }
  return only;
}
