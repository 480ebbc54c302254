/**
 * Where calls wait for a provider that is absent just now, until the catalog changes or their patience ends.
 *
 * Z1 who waits is told of every change, in the order of arrival; changes within `restMs` of one another are told as one.
 * Z2 at most `waitingMax` wait; while nobody does, a change costs a comparison and there is no timer.
 * Whether the change helps is for the call to find out: it chooses again.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';

/** Calls of one process that may wait for an absent provider; further ones do not wait. */
export const waitingMax = 10_000;

const restMs = 10;

interface Waiting {
  readonly tell: () => void;
  readonly cancelTimeout: CancelTask;
}

export class WaitingRoom {
  readonly #clock: Clock;
  readonly #waiting = new Set<Waiting>();
  #cancelTelling: CancelTask | undefined;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Calls `tell` once: at the next change, or after `patienceMs`. Gives what takes the wish back; undefined: no room. */
  enter(patienceMs: number, tell: () => void): CancelTask | undefined {
    if (this.#waiting.size >= waitingMax) return undefined;
    const leave = (): void => {
      waiting.cancelTimeout();
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#stopTelling();
    };
    const waiting: Waiting = {
      tell: () => {
        leave();
        tell();
      },
      cancelTimeout: this.#clock.schedule(patienceMs, () => waiting.tell()),
    };
    this.#waiting.add(waiting);
    return leave;
  }

  /** The catalog, or what it says of a server, is different. */
  changed(): void {
    if (this.#waiting.size === 0 || this.#cancelTelling) return;
    const delayMs = Math.max(0, this.#toldAtMs + restMs - this.#clock.nowMs());
    this.#cancelTelling = this.#clock.schedule(delayMs, () => {
      this.#cancelTelling = undefined;
      this.#toldAtMs = this.#clock.nowMs();
      // Whoever comes back waits for the next change; whoever an earlier one took along is gone.
      for (const waiting of [...this.#waiting]) if (this.#waiting.has(waiting)) waiting.tell();
    });
  }

  #stopTelling(): void {
    this.#cancelTelling?.();
    this.#cancelTelling = undefined;
  }
}
