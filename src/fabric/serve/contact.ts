/**
 * Whether this server has heard all that the others announced, or may have missed some: it stood still, its machine slept, or it was
 * cut off from others and has met them again a moment ago.
 *
 * C1 after a lapse, as from the start, `newsMsMax` pass before everything is known here again.
 * C2 of a server that has been doubted for as long as a lapse takes, what it was told meanwhile may be known to others alone.
 */

import type { Clock } from '../../base/clock.ts';
import type { MemberView } from '../../core/gossip/view.ts';
import { SleepWatch } from '../call/sleep-watch.ts';
import { newsMsMax } from '../call/told-runners.ts';

/** What is missed in less, in milliseconds, is heard in time: a silence that is noticed has lasted for up to 4 s before. */
export const lapseMsMin = 1_000;
/** Servers of which it is known that they were doubted: those that ended in doubt may come back. With more, the oldest counts as back. */
const doubtedMax = 1_000;

export class Contact {
  readonly #clock: Clock;
  readonly #sleep: SleepWatch;
  /** Since when, by instance; oldest first. */
  readonly #doubted = new Map<string, number>();
  #wholeSinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sleep = new SleepWatch(clock);
    this.#wholeSinceMs = clock.nowMs();
  }

  memberChanged({ instance, status }: Pick<MemberView, 'instance' | 'status'>): void {
    if (status === 'suspect' || status === 'unreachable') return this.#doubt(instance);
    if (status !== 'alive' || !this.#doubted.has(instance)) return;
    if (this.#isLapse(instance)) this.#wholeSinceMs = this.#clock.nowMs();
    this.#doubted.delete(instance);
  }

  /** This process stood still for so long. */
  stalled(forMs: number): void {
    if (forMs >= lapseMsMin) this.#wholeSinceMs = this.#clock.nowMs();
  }

  /** Whether everything is known here that a call can have gone to by way of that server. */
  isWhole(instance: string): boolean {
    const newsSinceMs = this.#clock.nowMs() - newsMsMax;
    return newsSinceMs >= this.#wholeSinceMs && !this.#isLapse(instance) && !this.#sleep.hasSlept(newsSinceMs);
  }

  #doubt(instance: string): void {
    if (this.#doubted.has(instance)) return;
    this.#doubted.set(instance, this.#clock.nowMs());
    const [oldest] = this.#doubted.keys();
    if (this.#doubted.size > doubtedMax && oldest !== undefined) this.memberChanged({ instance: oldest, status: 'alive' });
  }

  #isLapse(instance: string): boolean {
    const sinceMs = this.#doubted.get(instance);
    return sinceMs !== undefined && this.#clock.nowMs() - sinceMs >= lapseMsMin;
  }
}
