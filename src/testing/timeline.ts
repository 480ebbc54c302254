/**
 * Virtual time with promises in it: between two steps of the clock everything that was settled goes on.
 *
 * L1 nothing but the timeline moves time: what runs in it is as fast as its code, and the same every time.
 * L2 `check` is asked after every step; what it throws ends the wait that is moving time.
 */

import { nextTurn } from '../base/clock.ts';
import type { VirtualClock } from '../base/virtual-clock.ts';

/** How long a wait may take unless it says otherwise, in milliseconds of virtual time. */
const waitMsMax = 400_000;

export class Timeline {
  readonly #clock: VirtualClock;
  readonly #check: () => void;

  constructor(clock: VirtualClock, check: () => void = () => {}) {
    this.#clock = clock;
    this.#check = check;
  }

  /** Runs everything due within `ms`, promises included. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#clock.nowMs() + ms;
    await this.turn();
    while (this.#clock.nextMs() <= untilMs) await this.#tick();
    this.#clock.advance(untilMs - this.#clock.nowMs());
    await this.turn();
  }

  /** Moves time until the promise settles, at most `maxMs`. */
  async settle<T>(promise: Promise<T>, maxMs = waitMsMax): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await this.until('the promise settles', () => isSettled, maxMs);
    return promise;
  }

  /** Moves time until the condition holds, at most `maxMs`. */
  async until(what: string, condition: () => boolean | Promise<boolean>, maxMs = waitMsMax): Promise<void> {
    const untilMs = this.#clock.nowMs() + maxMs;
    await this.turn();
    while (!(await condition())) {
      if (this.#clock.nextMs() > untilMs) throw new Error(`${what}: not within ${maxMs} ms of virtual time`);
      await this.#tick();
    }
  }

  /** Lets promises go on without moving time: a turn of the real event loop. */
  async turn(): Promise<void> {
    await nextTurn();
    this.#check();
  }

  async #tick(): Promise<void> {
    this.#clock.step();
    await this.turn();
  }
}
