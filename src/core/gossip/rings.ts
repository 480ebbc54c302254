/**
 * The four rings of the overlay: ring i orders members by hash(i, name), the same in every member.
 *
 * G1 computed, never negotiated: two members that know the same members agree on every neighbour.
 * G2 the observers of a member are found by walking back from it on each ring in turn, past those already chosen.
 *    Cost: the steps walked, whatever the number of members.
 * The order is shared by all tables of an arena: each walk is told who counts.
 */

import type { Hash64 } from './hash64.ts';
import { Ring } from './ring.ts';

export const ringCount = 4;

/** Whether a slot counts, in the eyes of the member that walks. */
export type Counts = (slot: number) => boolean;

export class Rings {
  readonly #hash: Hash64;
  readonly #rings: readonly Ring[] = Array.from({ length: ringCount }, () => new Ring());
  /** The place on each ring of everybody who is on them, by name: a place takes a hash. */
  readonly #places = new Map<string, readonly number[]>();
  /** Tables in which a slot is a member. */
  readonly #uses: number[] = [];

  constructor(hash: Hash64) {
    this.#hash = hash;
  }

  /** A table holds a member at `slot`. */
  enter(slot: number, name: string): void {
    const uses = this.#uses[slot] ?? 0;
    this.#uses[slot] = uses + 1;
    if (uses > 0) return;
    const places = this.#placesOf(name);
    this.#places.set(name, places);
    for (const [ring, order] of this.#rings.entries()) order.insert(slot, places[ring] ?? 0);
  }

  leave(slot: number, name: string): void {
    const uses = (this.#uses[slot] ?? 0) - 1;
    this.#uses[slot] = uses;
    if (uses > 0) return;
    const places = this.#placesOf(name);
    this.#places.delete(name);
    for (const [ring, order] of this.#rings.entries()) order.remove(slot, places[ring] ?? 0);
  }

  /** The `count` observers of a member that is or was called `name`, nearest first; fewer where fewer count. */
  observersOf(name: string, count: number, counts: Counts): readonly number[] {
    const places = this.#placesOf(name);
    const walks = this.#rings.map((ring, at) => new Walk(ring, { place: places[at] ?? 0, step: -1, counts }));
    return takeInTurn(walks, count);
  }

  /** Everybody who stands at most so many places before a member on one ring or another. */
  near(name: string, places: number, counts: Counts): ReadonlySet<number> {
    const near = new Set<number>();
    for (const [at, place] of this.#placesOf(name).entries()) {
      const ring = this.#rings[at];
      const walk = ring && new Walk(ring, { place, step: -1, counts });
      for (let left = places; walk && left > 0; left -= 1) {
        const slot = walk.next([]);
        if (slot !== undefined) near.add(slot);
      }
    }
    return near;
  }

  /** The first `count` slots ahead of a member on one ring, nearest first. */
  ahead(name: string, ring: number, { count, counts }: { readonly count: number; readonly counts: Counts }): readonly number[] {
    const order = this.#rings[ring];
    if (!order) return [];
    return takeInTurn([new Walk(order, { place: this.#placesOf(name)[ring] ?? 0, step: 1, counts })], count);
  }

  #placesOf(name: string): readonly number[] {
    return this.#places.get(name) ?? this.#rings.map((_, ring) => placeOf(name, ring, this.#hash));
  }
}

/** One way round a ring, from a place on. */
class Walk {
  readonly #ring: Ring;
  readonly #step: 1 | -1;
  readonly #counts: Counts;
  #position: number;
  #left: number;

  constructor(ring: Ring, options: { readonly place: number; readonly step: 1 | -1; readonly counts: Counts }) {
    this.#ring = ring;
    this.#step = options.step;
    this.#counts = options.counts;
    const start = ring.find(options.place);
    this.#position = options.step === 1 ? start : start - 1;
    this.#left = ring.size;
  }

  /** The next slot that counts and is not yet chosen; undefined once round. */
  next(chosen: readonly number[]): number | undefined {
    while (this.#left > 0) {
      const slot = this.#ring.at(this.#position);
      this.#position += this.#step;
      this.#left -= 1;
      if (this.#counts(slot) && !chosen.includes(slot)) return slot;
    }
    return undefined;
  }
}

/** One slot of each walk in turn, each slot once. */
function takeInTurn(walks: readonly Walk[], count: number): readonly number[] {
  const chosen: number[] = [];
  for (;;) {
    const before = chosen.length;
    for (const walk of walks) {
      if (chosen.length === count) return chosen;
      const slot = walk.next(chosen);
      if (slot !== undefined) chosen.push(slot);
    }
    if (chosen.length === before) return chosen;
  }
}

/** 53 bits of hash(ring, name). */
function placeOf(name: string, ring: number, hash: Hash64): number {
  const { high, low } = hash(`ring ${ring} ${name}`);
  return high * 0x20_0000 + (low >>> 11);
}
