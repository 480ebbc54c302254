/**
 * Many deadlines, one timer: a hashed timing wheel (Varghese and Lauck, SOSP 1987, scheme 6).
 *
 * D1 arming and disarming cost O(1) and allocate nothing: the entry is its own list node.
 * D2 an entry expires once, never early, and at most one tick late while the event loop is free.
 * D3 with no entry armed there is no timer, a tick after the last was disarmed at the latest.
 */

import { assert } from './assert.ts';
import type { CancelTask, Clock } from './clock.ts';

/** What can be armed. Extend it by composition: make one object per call and give it these fields. */
export interface WheelEntry {
  /** Owned by the wheel while armed. */
  wheelNext: WheelEntry | undefined;
  wheelPrevious: WheelEntry | undefined;
  /** When it expires, by the wheel's clock; the wheel writes it. */
  expiresAtMs: number;
  /** Called once, disarmed. Must not throw. */
  expire(nowMs: number): void;
}

const tickMs = 10;
const slots = 1024;

export class DeadlineWheel {
  readonly #clock: Clock;
  readonly #onLate: ((lateMs: number) => void) | undefined;
  /** Ring heads: each slot is a circular list through a sentinel. */
  readonly #slots: WheelEntry[] = Array.from({ length: slots }, sentinel);
  #armed = 0;
  #turnedTick = 0;
  #cancel: CancelTask | undefined;

  /** When the timer is to run; infinity while there is none. */
  #dueMs = Number.POSITIVE_INFINITY;

  /** `onLate` is told by how much each turn came late. */
  constructor(clock: Clock, onLate?: (lateMs: number) => void) {
    this.#clock = clock;
    this.#onLate = onLate;
  }

  /** When its timer is to run; infinity while there is none. */
  get dueMs(): number {
    return this.#dueMs;
  }

  /** How many entries are armed. */
  get armed(): number {
    return this.#armed;
  }

  /** Arms `entry`, which must not be armed, to expire at `atMs` (by the clock given to the wheel). */
  arm(entry: WheelEntry, atMs: number): void {
    assert(entry.wheelNext === undefined, 'a wheel entry is armed twice');
    if (this.#armed === 0) this.#turnedTick = Math.floor(this.#clock.nowMs() / tickMs);
    entry.expiresAtMs = atMs;
    const tick = Math.max(Math.ceil(atMs / tickMs), this.#turnedTick + 1);
    const head = this.#slots[tick % slots];
    assert(head, 'a slot is missing');
    insertBefore(head, entry);
    this.#armed += 1;
    if (!this.#cancel) this.#schedule();
  }

  /** Disarms; harmless when the entry is not armed. */
  disarm(entry: WheelEntry): void {
    if (entry.wheelNext === undefined) return;
    unlink(entry);
    this.#armed -= 1;
  }

  /** Drops the timer. Entries still armed never expire. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  #schedule(): void {
    const nowMs = this.#clock.nowMs();
    // To the boundary of the next tick: a whole tick from here could pass a boundary by almost another one (D2).
    const untilBoundaryMs = tickMs - (nowMs % tickMs);
    this.#dueMs = nowMs + untilBoundaryMs;
    this.#cancel = this.#clock.schedule(untilBoundaryMs, () => {
      this.#onLate?.(this.#clock.nowMs() - this.#dueMs);
      this.#cancel = undefined;
      this.#dueMs = Number.POSITIVE_INFINITY;
      this.#turn();
      if (this.#armed > 0 && !this.#cancel) this.#schedule();
    });
  }

  #turn(): void {
    const nowMs = this.#clock.nowMs();
    const nowTick = Math.floor(nowMs / tickMs);
    const first = Math.max(this.#turnedTick + 1, nowTick - slots + 1);
    this.#turnedTick = nowTick;
    for (let tick = first; tick <= nowTick; tick += 1) this.#expireSlot(tick % slots, nowMs);
  }

  #expireSlot(slot: number, nowMs: number): void {
    const head = this.#slots[slot];
    assert(head, 'a slot is missing');
    const due: WheelEntry[] = [];
    for (let entry = head.wheelNext; entry && entry !== head; entry = entry.wheelNext) {
      if (entry.expiresAtMs <= nowMs) due.push(entry);
    }
    for (const entry of due) {
      // An earlier one of this slot may have disarmed it, or armed it anew for later.
      if (entry.wheelNext === undefined || entry.expiresAtMs > nowMs) continue;
      this.disarm(entry);
      entry.expire(nowMs);
    }
  }
}

function sentinel(): WheelEntry {
  const head: WheelEntry = { wheelNext: undefined, wheelPrevious: undefined, expiresAtMs: 0, expire: () => {} };
  head.wheelNext = head;
  head.wheelPrevious = head;
  return head;
}

function insertBefore(head: WheelEntry, entry: WheelEntry): void {
  const last = head.wheelPrevious ?? head;
  entry.wheelNext = head;
  entry.wheelPrevious = last;
  last.wheelNext = entry;
  head.wheelPrevious = entry;
}

function unlink(entry: WheelEntry): void {
  if (entry.wheelPrevious) entry.wheelPrevious.wheelNext = entry.wheelNext;
  if (entry.wheelNext) entry.wheelNext.wheelPrevious = entry.wheelPrevious;
  entry.wheelNext = undefined;
  entry.wheelPrevious = undefined;
}
