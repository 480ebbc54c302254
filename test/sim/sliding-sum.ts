/** The sum of what was added in the last so many slots; slots are counted from any beginning and only ever go up. */
export class SlidingSum {
  readonly #ring: Float64Array;
  #slot = 0;
  #sum = 0;

  constructor(slots: number) {
    this.#ring = new Float64Array(slots);
  }

  /** Adds to a slot, none before an earlier one, and gives the sum with it. */
  add(amount: number, slot: number): number {
    const ring = this.#ring;
    for (let next = Math.max(this.#slot + 1, slot - ring.length + 1); next <= slot; next += 1) {
      this.#sum -= ring[next % ring.length] ?? 0;
      ring[next % ring.length] = 0;
    }
    this.#slot = Math.max(this.#slot, slot);
    ring[slot % ring.length] = (ring[slot % ring.length] ?? 0) + amount;
    this.#sum += amount;
    return this.#sum;
  }
}
