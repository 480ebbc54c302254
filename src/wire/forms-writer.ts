/**
 * From a value to a tree that JSON can hold, with the `$` forms for what it cannot (see json-forms.ts).
 *
 * The careful walk: it knows the path it is on, copies as it goes (so that a getter is believed once), and refuses what is no
 * value. Values that need none of it are found by plain-data.ts.
 */

import { dollar, isPlainPrototype, type WriteLimits } from './plain-data.ts';
import { ValueProblem } from './value-problem.ts';

/** Largest BigInt: 8,192 bits, so that reading its digits takes no time worth mentioning. */
const bigintMax = 1n << 8192n;

export interface Forms {
  /** What JSON.stringify takes. */
  readonly tree: unknown;
  /** The byte strings that `{"$bytes": n}` counts; absent when the tree needs no more than JSON has. */
  readonly attachments: readonly Uint8Array[] | undefined;
}

/** Copies `value` into a tree with forms. Throws ValueProblem. */
export function toForms(value: unknown, limits: WriteLimits): Forms {
  const walk = new FormsWalk(limits);
  const tree = walk.start(value);
  return { tree, attachments: walk.isRich ? walk.attachments : undefined };
}

class FormsWalk {
  readonly attachments: Uint8Array[] = [];
  /** Something was met that JSON lacks (a `$literal` is not such a thing). */
  isRich = false;
  readonly #limits: WriteLimits;
  /** Where the walk stands; what throws leaves it there. */
  readonly #path: (string | number)[] = [];
  /** The values that the one it stands at is part of, outermost first. */
  readonly #above: object[] = [];
  #bytesLeft: number;

  constructor(limits: WriteLimits) {
    this.#limits = limits;
    this.#bytesLeft = limits.bytesMax;
  }

  /** The whole walk. What a getter, a Proxy trap or an iterator of the value throws is a problem of the value. */
  start(value: unknown): unknown {
    try {
      return this.#write(value, -this.#limits.levelsAround);
    } catch (error) {
      if (error instanceof ValueProblem) throw error;
      throw this.#refuse('a getter or trap that throws');
    }
  }

  #write(value: unknown, depth: number): unknown {
    switch (typeof value) {
      case 'string':
        this.#spend(value.length + 2);
        return value;
      case 'boolean':
        this.#spend(4);
        return value;
      case 'number':
        return this.#number(value);
      case 'bigint':
        return this.#bigint(value);
      case 'undefined':
        this.#spend(4);
        return this.#rich(this.#limits.isJsonOnly ? null : { $undefined: true });
      case 'object':
        return value === null ? null : this.#object(value, depth);
      case 'function':
        throw this.#refuse('a function');
      default:
        throw this.#refuse('a symbol');
    }
  }

  #rich(form: unknown): unknown {
    this.isRich = true;
    return form;
  }

  #number(value: number): unknown {
    this.#spend(1);
    if (Object.is(value, -0)) return this.#rich({ $number: '-0' });
    return Number.isFinite(value) ? value : this.#rich({ $number: String(value) });
  }

  #bigint(value: bigint): unknown {
    if (value >= bigintMax || value <= -bigintMax) throw this.#problem('a BigInt of at most 8192 bits', 'a larger one');
    const digits = String(value);
    this.#spend(digits.length);
    return this.#rich({ $bigint: digits });
  }

  #object(value: object, depth: number): unknown {
    if (value instanceof Uint8Array) return this.#rich(this.#bytes(value));
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype === Date.prototype) return this.#rich(this.#date(value));
    if (depth >= this.#limits.depthMax) throw this.#tooDeep();
    this.#above.push(value);
    const copy = this.#parts(value, prototype, depth + 1);
    this.#above.pop();
    return copy;
  }

  #parts(value: object, prototype: unknown, depth: number): unknown {
    if (Array.isArray(value)) return this.#array(value, depth);
    if (value instanceof Map && prototype === Map.prototype) return this.#rich(this.#map(value, depth));
    if (value instanceof Set && prototype === Set.prototype) return this.#rich(this.#set(value, depth));
    if (!isPlainPrototype(value)) throw this.#refuse(classOf(value));
    return this.#plain(value, depth);
  }

  /** Of a value that contains itself the path leads to where it does so first. */
  #tooDeep(): ValueProblem {
    const expected = `at most ${this.#limits.depthMax} levels of nesting`;
    const again = this.#above.findIndex((value, at) => this.#above.indexOf(value) < at);
    if (again < 0) return this.#problem(expected, 'more');
    return new ValueProblem(this.#path.slice(0, again), expected, 'a value that contains itself');
  }

  #bytes(value: Uint8Array): unknown {
    if (this.#limits.isJsonOnly) {
      this.#spend(Math.ceil(value.length / 3) * 4);
      return { $bytes: Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64') };
    }
    this.#spend(value.length);
    this.attachments.push(value);
    return { $bytes: this.attachments.length - 1 };
  }

  /** Throws (and is refused) for an object that only inherits from Date. */
  #date(value: object): unknown {
    const time = Date.prototype.getTime.call(value);
    if (Number.isNaN(time)) throw this.#problem('a valid Date', 'an invalid one');
    this.#spend(24);
    return { $date: new Date(time).toISOString() };
  }

  #array(array: readonly unknown[], depth: number): unknown[] {
    this.#spend(array.length + 2);
    const copy: unknown[] = [];
    for (let at = 0; at < array.length; at += 1) {
      this.#path.push(at);
      const element = array[at];
      if (element === undefined && !(at in array)) throw this.#refuse('a hole in an array');
      copy.push(this.#write(element, depth));
      this.#path.pop();
    }
    return copy;
  }

  #map(map: ReadonlyMap<unknown, unknown>, depth: number): unknown {
    const entries: unknown[] = [];
    for (const [key, value] of map) {
      this.#spend(4);
      const at = entries.length;
      entries.push([this.#step(at, key, depth), this.#step(at, value, depth)]);
    }
    return { $map: entries };
  }

  #set(set: ReadonlySet<unknown>, depth: number): unknown {
    const elements: unknown[] = [];
    for (const element of set) {
      this.#spend(2);
      elements.push(this.#step(elements.length, element, depth));
    }
    return { $set: elements };
  }

  #step(at: number, value: unknown, depth: number): unknown {
    this.#path.push(at);
    const written = this.#write(value, depth);
    this.#path.pop();
    return written;
  }

  #plain(object: object, depth: number): unknown {
    const copy: Record<string, unknown> = {};
    let count = 0;
    let last = '';
    for (const key of Object.keys(object)) {
      this.#path.push(key);
      if (key === '__proto__') throw this.#refuse('a key that would be a prototype');
      const value: unknown = (object as Record<string, unknown>)[key]; // an own key
      if (value !== undefined) {
        this.#spend(key.length + 3);
        copy[key] = this.#write(value, depth);
        count += 1;
        last = key;
      }
      this.#path.pop();
    }
    return count === 1 && last.charCodeAt(0) === dollar ? { $literal: copy } : copy;
  }

  #spend(bytes: number): void {
    this.#bytesLeft -= bytes;
    if (this.#bytesLeft >= 0) return;
    throw ValueProblem.tooLarge([...this.#path], this.#limits.bytesMax);
  }

  #refuse(found: string): ValueProblem {
    return this.#problem('JSON data, bytes, Date, BigInt, Map or Set', found);
  }

  #problem(expected: string, found: string): ValueProblem {
    return new ValueProblem([...this.#path], expected, found);
  }
}

/** The kind of an object that is no value, by its class. */
function classOf(value: object): string {
  const made = value.constructor;
  const name = typeof made === 'function' ? made.name : '';
  return name === '' ? 'an object of an unnamed class' : `an instance of ${name}`;
}
