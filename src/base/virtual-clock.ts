/**
 * A clock that moves only when told: the time of tests and simulations.
 *
 * V1 tasks run in the order of their time, equal times in the order in which they were scheduled.
 * V2 while a task runs, `nowMs` is exactly the time it was scheduled for.
 */

import type { CancelTask, Clock } from './clock.ts';

interface Task {
  readonly atMs: number;
  readonly sequence: number;
  /** Gone once cancelled; the task itself leaves the heap when it comes to the top. */
  run: (() => void) | undefined;
}

export class VirtualClock implements Clock {
  #nowMs = 0;
  #sequence = 0;
  readonly #epochMs: number;
  readonly #heap: Task[] = [];

  /** `epochMs` is the wall-clock time at virtual zero. */
  constructor(epochMs = 1_700_000_000_000) {
    this.#epochMs = epochMs;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  wallMs(): number {
    return this.#epochMs + this.#nowMs;
  }

  schedule(delayMs: number, run: () => void): CancelTask {
    const task: Task = { atMs: this.#nowMs + Math.max(delayMs, 0), sequence: this.#sequence++, run };
    push(this.#heap, task);
    return () => {
      task.run = undefined;
    };
  }

  /** When the next task is due; `Infinity` when there is none. */
  nextMs(): number {
    this.#dropCancelled();
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  /** Runs the next task, if it is due by `untilMs`; says whether there was one. */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    const atMs = this.nextMs();
    if (atMs > untilMs || atMs === Number.POSITIVE_INFINITY) return false;
    const run = pop(this.#heap)?.run;
    this.#nowMs = Math.max(this.#nowMs, atMs);
    run?.();
    return true;
  }

  /** Runs everything due within the next `ms`, synchronously, and ends exactly there. */
  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    while (this.step(untilMs));
    this.#nowMs = untilMs;
  }

  #dropCancelled(): void {
    for (let top = this.#heap[0]; top && !top.run; top = this.#heap[0]) pop(this.#heap);
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.sequence < b.sequence);
}

function push(heap: Task[], task: Task): void {
  let at = heap.length;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    const above = heap[parent];
    if (!above || !isBefore(task, above)) break;
    heap[at] = above;
    at = parent;
  }
  heap[at] = task;
}

function pop(heap: Task[]): Task | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    const left = heap[child];
    if (!left) break;
    const right = heap[child + 1];
    let least = left;
    if (right && isBefore(right, left)) {
      least = right;
      child += 1;
    }
    if (!isBefore(least, last)) break;
    heap[at] = least;
    at = child;
  }
  heap[at] = last;
  return top;
}
