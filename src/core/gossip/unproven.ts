/**
 * Records whose key is not known here yet: they wait until its statement has come.
 *
 * U1 of one key at most `unprovenPerKey` wait, of one link `unprovenPerLink`, and all together take `unprovenBytes`: what finds
 *    no room is dropped, and comes again when the roots are compared.
 * U2 none waits for longer than `patienceMs`.
 */

import type { OwnerRecord } from './record.ts';
import { meshLimits } from './settings.ts';

const patienceMs = 10_000;

/** A record that came, and how. */
export interface Arrived {
  readonly record: OwnerRecord;
  /** The link that it came over. */
  readonly from: number;
  /** We had asked for it. */
  readonly isAnswer: boolean;
}

export interface Unproved extends Arrived {
  readonly untilMs: number;
}

export class Unproven {
  /** By key, the one that has waited longest first. */
  readonly #waiting = new Map<string, Unproved[]>();
  readonly #perLink = new Map<number, number>();
  #bytes = 0;

  /** Some record waits for this key. */
  awaits(key: string): boolean {
    return this.#waiting.has(key);
  }

  /** Keeps a record until its key is known. False: there is no room. */
  hold(key: string, { record, from, isAnswer }: Arrived, nowMs: number): boolean {
    const waiting = this.#waiting.get(key) ?? [];
    const count = this.#perLink.get(from) ?? 0;
    const bytes = bytesOf(record);
    if (waiting.length >= meshLimits.unprovenPerKey || count >= meshLimits.unprovenPerLink) return false;
    if (this.#bytes + bytes > meshLimits.unprovenBytes) return false;
    waiting.push({ record, from, isAnswer, untilMs: nowMs + patienceMs });
    this.#waiting.set(key, waiting);
    this.#perLink.set(from, count + 1);
    this.#bytes += bytes;
    return true;
  }

  /** What waits for this key; it does no more. */
  take(key: string): readonly Unproved[] {
    const waiting = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const one of waiting) this.#forget(one);
    return waiting;
  }

  /** What has waited for too long; it does no more. */
  takeOverdue(nowMs: number): readonly Unproved[] {
    const overdue: Unproved[] = [];
    for (const [key, [first]] of this.#waiting) if (first && first.untilMs <= nowMs) overdue.push(...this.take(key));
    return overdue;
  }

  #forget({ record, from }: Unproved): void {
    this.#bytes -= bytesOf(record);
    const count = (this.#perLink.get(from) ?? 0) - 1;
    if (count > 0) this.#perLink.set(from, count);
    else this.#perLink.delete(from);
  }
}

function bytesOf({ raw }: OwnerRecord): number {
  return raw?.length ?? 0;
}
