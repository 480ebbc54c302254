/**
 * The time of one busy thread: what runs may take time (`burn`), and while it does, timers come late and in order.
 */

import type { CancelTask, Clock } from '../../src/base/clock.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';

export class BusyClock implements Clock {
  readonly #clock = new VirtualClock();
  #busyUntilMs = 0;

  nowMs(): number {
    return Math.max(this.#clock.nowMs(), this.#busyUntilMs);
  }

  wallMs(): number {
    return this.#clock.wallMs() + this.nowMs() - this.#clock.nowMs();
  }

  schedule(delayMs: number, task: () => void): CancelTask {
    return this.#clock.schedule(this.nowMs() + Math.max(delayMs, 0) - this.#clock.nowMs(), task);
  }

  /** The thread works for so long, and does nothing else. */
  burn(ms: number): void {
    this.#busyUntilMs = this.nowMs() + ms;
  }

  /** Runs what is due until then, each thing as soon as the thread is free; what the last one burns may go beyond. */
  runUntil(untilMs: number): void {
    while (this.nowMs() <= untilMs && this.#clock.nextMs() <= untilMs) this.#clock.step();
    this.burn(Math.max(0, untilMs - this.nowMs()));
  }

  /** When the next timer is due; `Infinity` when there is none. */
  nextMs(): number {
    return this.#clock.nextMs();
  }
}
