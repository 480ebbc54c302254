/**
 * Whether a value is plain JSON data, so that JSON.stringify alone will do: the fast walk, which most values take. It copies
 * nothing and never throws; what it doubts is for the careful walk (forms-writer.ts), which says what is wrong.
 */

export interface WriteLimits {
  readonly depthMax: number;
  /** Levels that do not count: those of the list in which the arguments of a call are. */
  readonly levelsAround: number;
  /** A walk stops when what it has seen cannot be encoded in fewer bytes. */
  readonly bytesMax: number;
  /** Bytes become base64 text, undefined becomes null. */
  readonly isJsonOnly: boolean;
}

/** `$`: a key that begins with it may need a form. */
export const dollar = 0x24;

/** Whether `value` is plain JSON data within the limits. False also for what toForms will refuse. Never throws. */
export function looksPlain(value: unknown, limits: WriteLimits): boolean {
  try {
    return new PlainWalk(limits.bytesMax).isPlain(value, limits.depthMax + limits.levelsAround);
  } catch {
    return false;
  }
}

class PlainWalk {
  #bytesLeft: number;

  constructor(bytesMax: number) {
    this.#bytesLeft = bytesMax;
  }

  isPlain(value: unknown, depthLeft: number): boolean {
    switch (typeof value) {
      case 'string':
        this.#bytesLeft -= value.length;
        return this.#bytesLeft >= 0;
      case 'number':
        return Number.isFinite(value) && !Object.is(value, -0);
      case 'boolean':
        return true;
      case 'object':
        if (value === null) return true;
        if (depthLeft === 0) return false;
        return Array.isArray(value) ? this.#isPlainArray(value, depthLeft - 1) : this.#isPlainObject(value, depthLeft - 1);
      default:
        return false;
    }
  }

  #isPlainArray(array: readonly unknown[], depthLeft: number): boolean {
    this.#bytesLeft -= array.length;
    if (this.#bytesLeft < 0) return false;
    for (let at = 0; at < array.length; at += 1) {
      if (!this.isPlain(array[at], depthLeft)) return false;
    }
    return true;
  }

  #isPlainObject(object: object, depthLeft: number): boolean {
    if (!isPlainPrototype(object)) return false;
    for (const key in object) {
      // A key that may need a form or is refused: the careful walk decides. So it does for keys that somebody gave to
      // Object.prototype and that are no plain data; asking every key whether it is an own one would double the time.
      if (key.charCodeAt(0) === dollar || key === '__proto__') return false;
      const value: unknown = (object as Record<string, unknown>)[key]; // a key of it
      if (value === undefined) continue;
      this.#bytesLeft -= key.length + 3;
      if (!this.isPlain(value, depthLeft)) return false;
    }
    return this.#bytesLeft >= 0;
  }
}

/** Object literals, objects without prototype, and the object literals of another realm. */
export function isPlainPrototype(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === Object.prototype || prototype === null || Object.getPrototypeOf(prototype) === null;
}
