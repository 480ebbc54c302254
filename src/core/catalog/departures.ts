/**
 * When offers of a function last went: one of them may have run a call of which nobody else knows (fabric/serve/witnesses.ts).
 *
 * D1 nothing that went is forgotten: of a function that there is no room to remember, and so of every other, it went when the last of
 *    those did.
 */

import type { FunctionRecord } from './offer.ts';

/** Functions that are remembered. */
const departedMax = 10_000;

/** Times of the last offer that went, and of the last that was `once`; long before any other where none did. */
export interface Departed {
  readonly lastMs: number;
  readonly onceMs: number;
}

const never: Departed = { lastMs: Number.NEGATIVE_INFINITY, onceMs: Number.NEGATIVE_INFINITY };

export class Departures {
  /** By function, oldest first. */
  readonly #last = new Map<string, Departed>();
  /** Of all functions that are not remembered. */
  #others = never;

  note(gone: readonly FunctionRecord[], nowMs: number): void {
    for (const { name, effect } of gone) {
      const before = this.of(name);
      this.#last.delete(name);
      this.#last.set(name, { lastMs: nowMs, onceMs: effect === 'once' ? nowMs : before.onceMs });
    }
    for (const [oldest, departed] of this.#last) {
      if (this.#last.size <= departedMax) return;
      this.#last.delete(oldest);
      this.#others = { lastMs: departed.lastMs, onceMs: Math.max(departed.onceMs, this.#others.onceMs) };
    }
  }

  of(name: string): Departed {
    const known = this.#last.get(name) ?? never;
    return this.#others === never ? known : latest(known, this.#others);
  }
}

function latest(one: Departed, other: Departed): Departed {
  return { lastMs: Math.max(one.lastMs, other.lastMs), onceMs: Math.max(one.onceMs, other.onceMs) };
}
