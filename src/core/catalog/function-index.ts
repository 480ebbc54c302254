/**
 * Function name -> its offers, with what is known of the function as a whole.
 *
 * X1 functions are found by Map: no name can reach a prototype.
 * X2 a list of offers is replaced, never changed: whoever holds one holds a snapshot.
 * X3 a function that has lost its last offer is remembered for `vanishedMs`, at most `vanishedMax` of them.
 */

import { type Effect, stricter } from './offer.ts';
import type { FunctionStats, Offer } from './server-state.ts';

interface FunctionEntry {
  readonly stats: FunctionStats;
  offers: readonly Offer[];
}

/** How long a vanished function counts as one that may come back. */
export const vanishedMs = 5_000;
const vanishedMax = 1_000;

const noOffers: readonly Offer[] = [];

export class FunctionIndex {
  readonly #entries = new Map<string, FunctionEntry>();
  /** Name -> when its last offer went, oldest first. */
  readonly #vanished = new Map<string, number>();

  /** Empty when there are none. */
  offersOf(name: string): readonly Offer[] {
    return this.#entries.get(name)?.offers ?? noOffers;
  }

  names(): Iterable<string> {
    return this.#entries.keys();
  }

  /** What all offers of a function share. */
  statsOf(name: string): FunctionStats {
    return this.#entries.get(name)?.stats ?? { typicalMs: 0, p95Ms: 0, attempts: 0, successes: 0 };
  }

  /** Whether the function lost its last offer within `vanishedMs`. */
  hasJustVanished(name: string, nowMs: number): boolean {
    const atMs = this.#vanished.get(name);
    return atMs !== undefined && nowMs - atMs <= vanishedMs;
  }

  /** Enters `appeared` and takes out `withdrawn`; linear in the offers of the functions touched. */
  update(appeared: readonly Offer[], withdrawn: readonly Offer[], nowMs: number): void {
    const gone = new Set(withdrawn);
    const added = groupByName(appeared);
    for (const name of new Set([...added.keys(), ...groupByName(withdrawn).keys()])) {
      const kept = this.offersOf(name).filter((offer) => !gone.has(offer));
      this.#replace(name, [...kept, ...(added.get(name) ?? [])], nowMs);
    }
  }

  #replace(name: string, offers: readonly Offer[], nowMs: number): void {
    const [first] = offers;
    this.#vanished.delete(name);
    if (first) {
      this.#entries.set(name, { stats: first.stats, offers });
      return;
    }
    if (this.#entries.delete(name)) this.#noteVanished(name, nowMs);
  }

  #noteVanished(name: string, nowMs: number): void {
    this.#vanished.set(name, nowMs);
    for (const [oldest, atMs] of this.#vanished) {
      if (nowMs - atMs <= vanishedMs && this.#vanished.size <= vanishedMax) return;
      this.#vanished.delete(oldest);
    }
  }
}

/**
 * Gives every offer of a version the strictest effect among them (once > idempotent > pure).
 * Returns the versions whose offers disagree.
 */
export function agreeOnEffects(offers: readonly Offer[]): readonly string[] {
  const strictest = new Map<string, Effect>();
  const conflicted = new Set<string>();
  for (const { record } of offers) {
    const known = strictest.get(record.version) ?? record.effect;
    if (known !== record.effect) conflicted.add(record.version);
    strictest.set(record.version, stricter(record.effect, known));
  }
  for (const offer of offers) offer.effect = strictest.get(offer.record.version) ?? offer.record.effect;
  return [...conflicted];
}

function groupByName(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const group = groups.get(offer.record.name);
    if (group) group.push(offer);
    else groups.set(offer.record.name, [offer]);
  }
  return groups;
}
