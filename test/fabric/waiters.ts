/**
 * Someone who waits for a place, and remembers what became of it.
 */

import type { PlaceWaiter, Urgency } from '../../src/fabric/serve/waiting-line.ts';

interface WaiterOptions {
  readonly urgency: Urgency;
  readonly name: string;
  readonly atMs: number;
  readonly isRetry: boolean;
  readonly onAdmitted: () => void;
}

export class Waiter implements PlaceWaiter {
  lineNext: PlaceWaiter | undefined = undefined;
  linePrevious: PlaceWaiter | undefined = undefined;
  ticket = 0;
  readonly urgency: Urgency;
  readonly name: string;
  readonly arrivedAtMs: number;
  readonly isRetry: boolean;
  isAdmitted = false;
  isDisplaced = false;
  readonly #onAdmitted: () => void;

  constructor({ urgency = 1, name = '', atMs = 0, isRetry = false, onAdmitted = () => {} }: Partial<WaiterOptions> = {}) {
    this.arrivedAtMs = atMs;
    this.isRetry = isRetry;
    this.urgency = urgency;
    this.name = name;
    this.#onAdmitted = onAdmitted;
  }

  admitted(): void {
    this.isAdmitted = true;
    this.#onAdmitted();
  }

  displaced(): void {
    this.isDisplaced = true;
  }
}

export function waiters(count: number, urgency: Urgency = 1): Waiter[] {
  return Array.from({ length: count }, (_, at) => new Waiter({ urgency, name: `${at}` }));
}
