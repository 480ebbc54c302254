/**
 * The sign of life of one end of a stream: speaks when it has long said nothing, and notices when the other side has.
 *
 * U1 this side is silent for at most `beatMs` (a tick of the wheel late).
 * U2 after `silenceMsMax` without a word the stream is given up, once; time in which this process itself stood still does
 *    not count.
 * U3 an item costs a stored number, no timer.
 */

import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel, WheelEntry } from '../../base/deadline-wheel.ts';
import { beatMs, silenceMsMax } from '../link/stream-port.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  /** Says that this side is alive. */
  readonly say: () => void;
  /** The other side is silent. */
  readonly silent: () => void;
}

/** A wheel that turns so late was held up by its own process, in milliseconds. */
const stallMs = 1_000;

export class StreamPulse implements WheelEntry {
  wheelNext: WheelEntry | undefined = undefined;
  wheelPrevious: WheelEntry | undefined = undefined;
  expiresAtMs = 0;
  readonly #options: PulseOptions;
  #heardMs: number;
  #saidMs: number;

  /** `patienceMs`: how much longer the first word may take. */
  constructor(options: PulseOptions, patienceMs = 0) {
    const nowMs = options.clock.nowMs();
    this.#options = options;
    this.#heardMs = nowMs + patienceMs;
    this.#saidMs = nowMs;
  }

  start(): this {
    this.#options.wheel.arm(this, this.#nextMs());
    return this;
  }

  /** A word came. */
  heard(): void {
    this.#heardMs = Math.max(this.#heardMs, this.#options.clock.nowMs());
  }

  /** This side said something else. */
  said(): void {
    this.#saidMs = this.#options.clock.nowMs();
  }

  stop(): void {
    this.#options.wheel.disarm(this);
  }

  expire(nowMs: number): void {
    const lateMs = nowMs - this.expiresAtMs;
    if (lateMs > stallMs) this.#heardMs = Math.min(nowMs, this.#heardMs + lateMs);
    if (nowMs - this.#heardMs >= silenceMsMax) return this.#options.silent();
    if (nowMs - this.#saidMs >= beatMs) {
      this.#saidMs = nowMs;
      this.#options.say();
    }
    this.start();
  }

  #nextMs(): number {
    return Math.min(this.#heardMs + silenceMsMax, this.#saidMs + beatMs);
  }
}
