/**
 * Members that come and go: whoever changes between alive and suspect too often is ranked last for a while.
 *
 * D1 more than three changes within 60 s damp a member for 30 s, twice as long each further time, at most 5 min.
 * D2 damping says nothing about whether it lives: it is no evidence, and nobody else hears of it.
 * D3 a member that has been quiet for 5 min after its last damping begins anew.
 */

const changesMax = 3;
const windowMs = 60_000;
const dampMs = 30_000;
const dampMaxMs = 300_000;
const quietMs = 300_000;

interface Flapping {
  readonly instance: string;
  /** Times of its last changes. */
  changesMs: number[];
  /** How often it was damped. */
  times: number;
  dampedUntilMs: number;
}

export class Flaps {
  readonly #flapping = new Map<string, Flapping>();

  /** Members about which something is remembered. */
  get size(): number {
    return this.#flapping.size;
  }

  /** It has changed between alive and suspect. Gives how long it is damped from now on, if that begins here. */
  onChange({ name, instance }: { readonly name: string; readonly instance: string }, nowMs: number): number | undefined {
    const held = this.#flapping.get(name);
    const flapping = held?.instance === instance ? held : { instance, changesMs: [], times: 0, dampedUntilMs: 0 };
    this.#flapping.set(name, flapping);
    flapping.changesMs = [...flapping.changesMs.filter((atMs) => nowMs - atMs <= windowMs), nowMs];
    if (flapping.changesMs.length <= changesMax) return undefined;
    const forMs = Math.min(dampMs * 2 ** flapping.times, dampMaxMs);
    flapping.times += 1;
    flapping.changesMs = [];
    flapping.dampedUntilMs = nowMs + forMs;
    return forMs;
  }

  isDamped(name: string, instance: string, nowMs: number): boolean {
    if (this.#flapping.size === 0) return false;
    const held = this.#flapping.get(name);
    return held?.instance === instance && nowMs < held.dampedUntilMs;
  }

  /** Names whose damping may have ended; forgets those that have been quiet for long. Cost: those remembered. */
  tend(nowMs: number): readonly string[] {
    const rested: string[] = [];
    for (const [name, { changesMs, dampedUntilMs }] of this.#flapping) {
      if (dampedUntilMs > 0 && nowMs >= dampedUntilMs) rested.push(name);
      const lastMs = Math.max(dampedUntilMs, changesMs.at(-1) ?? 0);
      const restMs = dampedUntilMs > 0 ? quietMs : windowMs;
      if (nowMs - lastMs > restMs) this.#flapping.delete(name);
    }
    return rested;
  }
}
