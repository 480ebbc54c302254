/**
 * One ring: slots in the order of their places on a circle of 2^53 steps.
 *
 * Insertion and removal move at most the whole array (40 KB at 10,000 members); finding a place is a binary search.
 */

const roomAtFirst = 16;

export class Ring {
  #slots = new Uint32Array(roomAtFirst);
  #places = new Float64Array(roomAtFirst);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The slot at a position; positions go round. */
  at(position: number): number {
    const size = this.#size;
    return this.#slots[((position % size) + size) % size] ?? 0;
  }

  /** Position of the first slot at this place or behind it. */
  find(place: number): number {
    let from = 0;
    let to = this.#size;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#places[middle] ?? 0) < place) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  insert(slot: number, place: number): void {
    if (this.#size === this.#slots.length) this.#grow();
    const position = this.find(place);
    this.#slots.copyWithin(position + 1, position, this.#size);
    this.#places.copyWithin(position + 1, position, this.#size);
    this.#slots[position] = slot;
    this.#places[position] = place;
    this.#size += 1;
  }

  remove(slot: number, place: number): void {
    let position = this.find(place);
    // Equal places are all but impossible.
    while (position < this.#size && this.#slots[position] !== slot) position += 1;
    if (position === this.#size) return;
    this.#slots.copyWithin(position, position + 1, this.#size);
    this.#places.copyWithin(position, position + 1, this.#size);
    this.#size -= 1;
  }

  #grow(): void {
    const slots = new Uint32Array(2 * this.#size);
    const places = new Float64Array(2 * this.#size);
    slots.set(this.#slots);
    places.set(this.#places);
    this.#slots = slots;
    this.#places = places;
  }
}
