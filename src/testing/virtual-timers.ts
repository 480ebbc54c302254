/**
 * Node's timers on the clock of the process that sets them.
 *
 * A timer keeps the asynchronous context in which it was set, as Node's do, and dies with its process.
 */

import { AsyncResource } from 'node:async_hooks';
import type { CancelTask, Clock } from '../base/clock.ts';

type Task = (...args: unknown[]) => void;

/** Node's bounds of a delay: below 1 and above this it is 1. */
const delayMsMax = 2 ** 31 - 1;

/** What `setTimeout` and its kin give: as much of NodeJS.Timeout and NodeJS.Immediate as code uses. */
class VirtualTimer {
  readonly #clock: Clock;
  readonly #run: () => void;
  readonly #delayMs: number;
  readonly #isRepeated: boolean;
  #cancel: CancelTask | undefined;

  constructor(clock: Clock, task: () => void, { delayMs, isRepeated }: { readonly delayMs: number; readonly isRepeated: boolean }) {
    this.#clock = clock;
    this.#run = AsyncResource.bind(task);
    this.#delayMs = delayMs;
    this.#isRepeated = isRepeated;
    this.#arm();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.close();
    this.#arm();
    return this;
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #arm(): void {
    this.#cancel = this.#clock.schedule(this.#delayMs, () => {
      this.#cancel = undefined;
      if (this.#isRepeated) this.#arm();
      this.#run();
    });
  }
}

export function setVirtual(
  clock: Clock,
  task: unknown,
  options: { delayMs: unknown; args: readonly unknown[]; isRepeated: boolean },
): VirtualTimer {
  if (typeof task !== 'function') throw new TypeError('The "callback" argument must be of type function.');
  const run = task as Task; // a function; what it does with its arguments is its own
  return new VirtualTimer(clock, () => run(...options.args), { delayMs: delayOf(options.delayMs), isRepeated: options.isRepeated });
}

/** At the end of this turn of the virtual time. */
export function setVirtualImmediate(clock: Clock, task: unknown, args: readonly unknown[]): VirtualTimer {
  if (typeof task !== 'function') throw new TypeError('The "callback" argument must be of type function.');
  const run = task as Task; // as above
  return new VirtualTimer(clock, () => run(...args), { delayMs: 0, isRepeated: false });
}

/** Cancels a timer that is virtual; false: it is Node's. */
export function clearVirtual(timer: unknown): boolean {
  if (!(timer instanceof VirtualTimer)) return false;
  timer.close();
  return true;
}

/** Resolves with `value`, or rejects as Node's do once `signal` aborts. */
export function waitVirtual<T>(
  clock: Clock,
  delayMs: unknown,
  { value, signal }: { value?: T; signal?: AbortSignal | undefined },
): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      cancel();
      reject(Object.assign(new Error('The operation was aborted', { cause: signal?.reason }), { name: 'AbortError', code: 'ABORT_ERR' }));
    };
    const cancel = clock.schedule(delayOf(delayMs), () => {
      signal?.removeEventListener('abort', abort);
      resolve(value as T); // absent only where T is undefined
    });
    if (signal?.aborted) abort();
    signal?.addEventListener('abort', abort, { once: true });
  });
}

function delayOf(delayMs: unknown): number {
  const ms = Number(delayMs);
  return ms >= 1 && ms <= delayMsMax ? Math.trunc(ms) : 1;
}
