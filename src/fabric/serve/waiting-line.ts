/**
 * Calls that wait for a place of one function: the more urgent before the less, equals in the order in which they came.
 *
 * Q1 adding, removing, and finding either end cost O(1) and allocate nothing: a call is its own list node.
 */

import type { CallTerms } from '../../wire/frame.ts';

/** 0: critical. 1: default. 2: batch. */
export type Urgency = 0 | 1 | 2;

/** Someone who waits for a place. */
export interface PlaceWaiter {
  readonly urgency: Urgency;
  readonly arrivedAtMs: number;
  /** It was tried before, and has paused since. */
  readonly isRetry: boolean;
  /** Written by the line that it stands in. */
  lineNext: PlaceWaiter | undefined;
  linePrevious: PlaceWaiter | undefined;
  /** When it came, counted over all that wait for the same slots; 0: it stands in no line. */
  ticket: number;
  /** A place is held in its name from now on; it must be given back. */
  admitted(nowMs: number): void;
  /** Someone more urgent has its place in the line: it will not be admitted. */
  displaced(): void;
}

export function urgencyOf(priority: CallTerms['priority']): Urgency {
  if (priority === undefined) return 1;
  return priority === 'critical' ? 0 : 2;
}

const mostUrgentFirst = [0, 1, 2] as const;

export class WaitingLine {
  readonly #first: [PlaceWaiter | undefined, PlaceWaiter | undefined, PlaceWaiter | undefined] = [undefined, undefined, undefined];
  readonly #last: [PlaceWaiter | undefined, PlaceWaiter | undefined, PlaceWaiter | undefined] = [undefined, undefined, undefined];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Who is next. */
  get first(): PlaceWaiter | undefined {
    return this.#first[0] ?? this.#first[1] ?? this.#first[2];
  }

  /** The last who came of the least urgent; undefined unless they are less urgent than `urgency`. */
  lastBehind(urgency: Urgency): PlaceWaiter | undefined {
    if (urgency < 2 && this.#last[2]) return this.#last[2];
    return urgency < 1 ? this.#last[1] : undefined;
  }

  /** Whether somebody waits whom a newcomer of this urgency may not overtake. */
  isAhead(urgency: Urgency): boolean {
    return mostUrgentFirst.some((other) => other <= urgency && this.#first[other] !== undefined);
  }

  /** `ticket` is over 0. */
  append(waiter: PlaceWaiter, ticket: number): void {
    const { urgency } = waiter;
    const last = this.#last[urgency];
    waiter.ticket = ticket;
    waiter.linePrevious = last;
    if (last) last.lineNext = waiter;
    else this.#first[urgency] = waiter;
    this.#last[urgency] = waiter;
    this.#size += 1;
  }

  /** False for whoever stands in no line. */
  remove(waiter: PlaceWaiter): boolean {
    if (waiter.ticket === 0) return false;
    const { urgency, lineNext, linePrevious } = waiter;
    if (linePrevious) linePrevious.lineNext = lineNext;
    else this.#first[urgency] = lineNext;
    if (lineNext) lineNext.linePrevious = linePrevious;
    else this.#last[urgency] = linePrevious;
    waiter.lineNext = undefined;
    waiter.linePrevious = undefined;
    waiter.ticket = 0;
    this.#size -= 1;
    return true;
  }
}
