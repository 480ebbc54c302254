/**
 * The clock of one simulated process, over the virtual clock of its world.
 *
 * K1 while the process is paused nothing of it runs; when it goes on, its late timers run first, in the order of their
 *    time, then what was delivered to it meanwhile, as in Node.
 * K2 once it is killed nothing of it runs any more.
 * K3 its time goes at `rate`, and its wall clock takes steps; its monotonic time never goes back.
 * K4 while a timer runs it is not before the time that the timer was set for, at any rate.
 */

import type { CancelTask, Clock } from '../base/clock.ts';

interface Timer {
  /** In the time of this process. */
  readonly dueMs: number;
  readonly task: () => void;
  cancel: CancelTask;
}

/** Rounding of a rate may wake a timer so much early. */
const earlyMsMax = 1e-6;

export class ProcessClock implements Clock {
  readonly #world: Clock;
  readonly #enter: (task: () => void) => void;
  readonly #timers = new Set<Timer>();
  readonly #late: Timer[] = [];
  readonly #inbox: (() => void)[] = [];
  #state: 'running' | 'paused' | 'dead' = 'running';
  #rate = 1;
  /** Its own time and the world's when the rate was last set. */
  #ownMs: number;
  #sinceMs: number;
  #stepMs = 0;
  /** The time of the last timer that ran: rounding must not take it back, or a machine would wait for it for ever. */
  #reachedMs = Number.NEGATIVE_INFINITY;

  /** `enter` wraps everything that the process does, for whoever wants to know in whose name code runs. */
  constructor(world: Clock, enter: (task: () => void) => void = (task) => task()) {
    this.#world = world;
    this.#enter = enter;
    this.#ownMs = world.nowMs();
    this.#sinceMs = this.#ownMs;
  }

  get isAlive(): boolean {
    return this.#state !== 'dead';
  }

  get isPaused(): boolean {
    return this.#state === 'paused';
  }

  /** How many of its timers have neither run nor been cancelled. */
  get armed(): number {
    return this.#timers.size;
  }

  nowMs(): number {
    return Math.max(this.#reachedMs, this.#ownMs + (this.#world.nowMs() - this.#sinceMs) * this.#rate);
  }

  wallMs(): number {
    return this.#world.wallMs() - this.#world.nowMs() + this.nowMs() + this.#stepMs;
  }

  schedule(delayMs: number, task: () => void): CancelTask {
    const timer: Timer = { dueMs: this.nowMs() + Math.max(delayMs, 0), task, cancel: nothing };
    this.#timers.add(timer);
    this.#arm(timer);
    return () => {
      this.#timers.delete(timer);
      timer.cancel();
    };
  }

  /** Something reaches the process from outside: now, after a pause, or never. */
  deliver(task: () => void): void {
    if (this.#state === 'paused') this.#inbox.push(task);
    else if (this.#state === 'running') this.#enter(task);
  }

  pause(): void {
    if (this.#state === 'running') this.#state = 'paused';
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'running';
    for (const timer of this.#late.splice(0)) this.#fire(timer);
    for (const task of this.#inbox.splice(0)) this.deliver(task);
  }

  kill(): void {
    this.#state = 'dead';
    for (const timer of this.#timers) timer.cancel();
    for (const list of [this.#late, this.#inbox]) list.length = 0;
    this.#timers.clear();
  }

  /** From now on a second of the world is `rate` seconds here. */
  setRate(rate: number): void {
    this.#ownMs = this.nowMs();
    this.#sinceMs = this.#world.nowMs();
    this.#rate = rate;
    for (const timer of this.#timers) {
      timer.cancel();
      this.#arm(timer);
    }
  }

  /** Moves the wall clock, as an administrator or a time server would. */
  step(ms: number): void {
    this.#stepMs += ms;
  }

  #arm(timer: Timer): void {
    timer.cancel = this.#world.schedule((timer.dueMs - this.nowMs()) / this.#rate, () => this.#fire(timer));
  }

  #fire(timer: Timer): void {
    if (!this.#timers.has(timer)) return;
    if (this.#state === 'paused') return void this.#late.push(timer);
    if (timer.dueMs - this.nowMs() > earlyMsMax) return this.#arm(timer);
    this.#timers.delete(timer);
    this.#reachedMs = Math.max(this.#reachedMs, timer.dueMs);
    this.#enter(timer.task);
  }
}

const nothing = (): void => {};
