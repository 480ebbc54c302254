/**
 * Those who wait until a peer takes another conversation, in order and bounded.
 */

import type { RoomWaiter } from './conversation.ts';

/** Conversations that one process keeps open towards one peer before later ones wait. */
export const callsInFlightMax = 1024;
/** Calls that may wait for room before further ones are refused. */
export const waitersMax = 16_384;

export class RoomQueue {
  readonly #waiters = new Set<RoomWaiter>();
  /** Goes on where it stopped: a new one would pass again over the places of all that have been let in (2 us a call, with 3,000 waiting). */
  #next: Iterator<RoomWaiter, undefined> | undefined;

  get size(): number {
    return this.#waiters.size;
  }

  /** False when too many wait already. */
  add(waiter: RoomWaiter): boolean {
    if (this.#waiters.size >= waitersMax) return false;
    this.#waiters.add(waiter);
    return true;
  }

  leave(waiter: RoomWaiter): void {
    this.#waiters.delete(waiter);
    // An iterator that stands still keeps all that has left since: 1.4 kB a call.
    this.#next = undefined;
  }

  /** Lets the first ones in, while there is room. */
  admit(hasRoom: () => boolean): void {
    while (this.#waiters.size > 0 && hasRoom()) {
      this.#next ??= this.#waiters.values();
      const { value: waiter } = this.#next.next();
      if (waiter === undefined) {
        // It had come to the end before the last ones came.
        this.#next = undefined;
        continue;
      }
      this.#waiters.delete(waiter);
      waiter.onRoom();
    }
  }

  takeAll(): readonly RoomWaiter[] {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    this.#next = undefined;
    return waiters;
  }
}
