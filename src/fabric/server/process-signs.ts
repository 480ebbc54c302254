/**
 * How the process of a server is doing: its memory, its processor time, and how late its event loop is.
 *
 * P1 nothing is measured until `start`, nor after `stop`; meanwhile Node's own histogram ticks every `tickMs`.
 * P2 the delay is that of the last `windowMs` to twice that, however many ask and how often.
 */

import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';
import type { Clock } from '../../base/clock.ts';
import type { ProcessVitals } from '../../observe/vitals.ts';

const tickMs = 20;
const windowMs = 5_000;

export class ProcessSigns {
  readonly #clock: Clock;
  #histogram: IntervalHistogram | undefined;
  #sinceMs = 0;
  /** Of the window before. */
  #beforeMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  start(): void {
    this.stop();
    this.#histogram = monitorEventLoopDelay({ resolution: tickMs });
    this.#histogram.enable();
    this.#sinceMs = this.#clock.nowMs();
  }

  stop(): void {
    this.#histogram?.disable();
    this.#histogram = undefined;
    this.#beforeMs = 0;
  }

  read(): ProcessVitals {
    const { rss, heapUsed } = process.memoryUsage();
    const { user, system } = process.cpuUsage();
    return { residentBytes: rss, heapUsedBytes: heapUsed, cpuMs: (user + system) / 1_000, loopDelayMs: this.#loopDelayMs() };
  }

  #loopDelayMs(): number {
    const histogram = this.#histogram;
    if (!histogram) return 0;
    // What it has is the time from tick to tick.
    const nowMs = histogram.count === 0 ? 0 : Math.max(0, histogram.percentile(99) / 1e6 - tickMs);
    const worstMs = Math.max(nowMs, this.#beforeMs);
    if (this.#clock.nowMs() - this.#sinceMs >= windowMs) {
      histogram.reset();
      [this.#beforeMs, this.#sinceMs] = [nowMs, this.#clock.nowMs()];
    }
    return worstMs;
  }
}
