/**
 * Time, as something that is passed in. The only file that touches real clocks and timers.
 *
 * A `Clock` is made once (by `startServer`, `connect` or a test) and handed to every part that needs it;
 * `VirtualClock` in base/virtual-clock.ts is the other implementation.
 */

// As a global it is a getter, which was looked up and run at every look at the clock.
import { performance } from 'node:perf_hooks';

/** Cancels the task; harmless after it ran. */
export type CancelTask = () => void;

export interface Clock {
  /** Monotonic milliseconds from an arbitrary origin. */
  nowMs(): number;
  /** Milliseconds since the Unix epoch; for people and for records, never for measuring. */
  wallMs(): number;
  /** Runs `task` once, `delayMs` from now (at least the next turn of the event loop). */
  schedule(delayMs: number, task: () => void): CancelTask;
}

/** Longest delay that Node's timers take; a longer one fires at once there. */
const delayMsMax = 2 ** 31 - 1;

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  schedule(delayMs, task) {
    // Node cuts fractions off, which would run the task early.
    const timer = setTimeout(task, Math.min(Math.max(Math.ceil(delayMs), 0), delayMsMax));
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs`, or at once when `signal` aborts (which of the two, the caller reads off the signal). */
export function delay(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const settle = (): void => {
      cancel();
      signal?.removeEventListener('abort', settle);
      resolve();
    };
    const cancel = clock.schedule(delayMs, settle);
    signal?.addEventListener('abort', settle, { once: true });
  });
}

/**
 * Runs `task` at the end of this turn of the event loop, before anything else is read: a tick queued from a microtask runs
 * once all ticks and microtasks have, those of promises that they settle included. Real time only.
 */
export function atEndOfTurn(task: () => void): void {
  queueMicrotask(() => process.nextTick(task));
}

/** Runs `task` in the next turn of the event loop, once what this one wrote is on its way. Real time only. */
export function inNextTurn(task: () => void): void {
  setImmediate(task);
}

/** Resolves in the next turn of the event loop, after what has arrived meanwhile was read. Real time only. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
