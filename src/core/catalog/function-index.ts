/**
 * Function name -> its offers, with what is known of the function as a whole.
 *
 * X1 functions are found by Map: no name can reach a prototype.
 * X2 a list of offers is replaced, never changed: whoever holds one holds a snapshot.
 * X3 a function that has lost its last offer is remembered for `vanishedMs`, at most `vanishedMax` of them.
 * X4 an offer that agrees with those of its version costs no look at them.
 */

import { type Effect, stricter } from './offer.ts';
import type { FunctionStats, Offer } from './server-state.ts';

interface FunctionEntry {
  readonly stats: FunctionStats;
  offers: readonly Offer[];
  /** The effect that all offers of a version announce; none where they differ, or were not compared yet. */
  agreed: ReadonlyMap<string, Effect>;
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

  /** Enters `appeared` and takes out `withdrawn`; copies the lists of the functions touched. */
  update(appeared: readonly Offer[], withdrawn: readonly Offer[], nowMs: number): void {
    const added = groupByName(appeared);
    const gone = groupByName(withdrawn);
    for (const name of new Set([...added.keys(), ...gone.keys()])) {
      const left = new Set(gone.get(name));
      const offers = this.offersOf(name);
      const kept = left.size === 0 ? offers : offers.filter((offer) => !left.has(offer));
      this.#replace(name, kept.concat(added.get(name) ?? []), nowMs);
    }
  }

  /**
   * Gives every offer of a version the strictest effect among them (once > idempotent > pure), after `touched`, which are offers of
   * this function, came, changed or went. Returns the versions whose offers disagree.
   */
  settleEffects(name: string, touched: readonly Offer[]): readonly string[] {
    const entry = this.#entries.get(name);
    if (!entry) return [];
    const { offers, agreed } = entry;
    if (touched.every(({ record }) => agreed.get(record.version) === record.effect)) {
      for (const offer of touched) offer.effect = offer.record.effect;
      return [];
    }
    const conflicted = agreeOnEffects(offers);
    const versions = offers.map((offer) => [offer.record.version, offer.effect] as const);
    entry.agreed = new Map(versions.filter(([version]) => !conflicted.includes(version)));
    return conflicted;
  }

  #replace(name: string, offers: readonly Offer[], nowMs: number): void {
    const [first] = offers;
    const entry = this.#entries.get(name);
    this.#vanished.delete(name);
    if (!first) {
      if (this.#entries.delete(name)) this.#noteVanished(name, nowMs);
    } else if (entry) entry.offers = offers;
    else this.#entries.set(name, { stats: first.stats, offers, agreed: new Map() });
  }

  #noteVanished(name: string, nowMs: number): void {
    this.#vanished.set(name, nowMs);
    for (const [oldest, atMs] of this.#vanished) {
      if (nowMs - atMs <= vanishedMs && this.#vanished.size <= vanishedMax) return;
      this.#vanished.delete(oldest);
    }
  }
}

function agreeOnEffects(offers: readonly Offer[]): readonly string[] {
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

/** By function. */
export function groupByName(offers: readonly Offer[]): ReadonlyMap<string, readonly Offer[]> {
  const groups = new Map<string, Offer[]>();
  for (const offer of offers) {
    const group = groups.get(offer.record.name);
    if (group) group.push(offer);
    else groups.set(offer.record.name, [offer]);
  }
  return groups;
}
