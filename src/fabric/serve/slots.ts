/**
 * Slots that functions of one server share, such as its GPUs: who may take them next.
 *
 * P1 a call takes all the slots that its function uses, or none: nobody holds one while it waits for another, so that
 *    nobody waits in a circle.
 * P2 one order for all functions that share: more urgent first, then who came first. Nobody takes a slot that an
 *    earlier one waits for, be it free just now: calls that use many get theirs, however many use one.
 * P3 whoever waits for a place of its own function only keeps no slot from others.
 * An operation costs as much as there are functions with calls that wait; nothing while there are none.
 */

import { assert } from '../../base/assert.ts';
import { noSlots, type SlotCounts } from '../api/slot-counts.ts';
import type { PlaceWaiter, Urgency } from './waiting-line.ts';

export interface Slot {
  readonly name: string;
  readonly total: number;
  held: number;
}

/** What each call of a function takes. */
export interface SlotUse {
  readonly slot: Slot;
  readonly count: number;
}

/** The places of one function that uses slots. */
export interface SlotUser {
  readonly uses: readonly SlotUse[];
  /** Whether its own limit leaves room. */
  readonly hasRoom: boolean;
  /** Who of its calls is next. */
  readonly first: PlaceWaiter | undefined;
  /** Lets the first in. */
  admitFirst(nowMs: number): void;
}

export class SlotPool {
  readonly #slots: ReadonlyMap<string, Slot>;
  /** Functions with calls that wait. */
  readonly #waiting = new Set<SlotUser>();
  #tickets = 0;
  #isAdmitting = false;
  #isAgain = false;

  /** `totals`: how many there are of each. */
  constructor(totals: SlotCounts = noSlots) {
    this.#slots = new Map([...totals].map(([name, total]) => [name, { name, total, held: 0 }]));
  }

  /** Names of all slots. */
  get names(): readonly string[] {
    return [...this.#slots.keys()];
  }

  find(name: string): Slot | undefined {
    return this.#slots.get(name);
  }

  /** What a call that uses these takes; every name is one of the pool. */
  usesOf(uses: SlotCounts): readonly SlotUse[] {
    return [...uses].flatMap(([name, count]) => {
      const slot = this.#slots.get(name);
      return slot ? [{ slot, count }] : [];
    });
  }

  /** Whether a newcomer of this urgency may take its slots at once. */
  allows(user: SlotUser, urgency: Urgency): boolean {
    if (!areFree(user.uses)) return false;
    for (const other of this.#waiting) {
      const { first, hasRoom } = other;
      if (first && hasRoom && first.urgency <= urgency && areShared(user.uses, other.uses)) return false;
    }
    return true;
  }

  take(uses: readonly SlotUse[]): void {
    for (const { slot, count } of uses) {
      slot.held += count;
      assert(slot.held <= slot.total, 'more slots are taken than there are');
    }
  }

  giveBack(uses: readonly SlotUse[]): void {
    for (const { slot, count } of uses) {
      slot.held -= count;
      assert(slot.held >= 0, 'a slot is given back that nobody holds');
    }
  }

  /** One more waits: its ticket. */
  joined(user: SlotUser): number {
    this.#waiting.add(user);
    this.#tickets += 1;
    return this.#tickets;
  }

  /** Lets in whoever may, after slots or places were given back or somebody gave up. */
  admit(nowMs: number): void {
    this.#isAgain = true;
    // A call that settles at once gives back while it is being admitted: the loop below goes on, not the recursion.
    if (this.#isAdmitting) return;
    this.#isAdmitting = true;
    while (this.#isAgain) {
      this.#isAgain = false;
      const next = this.#findNext();
      if (!next) continue;
      this.#isAgain = true;
      next.admitFirst(nowMs);
    }
    this.#isAdmitting = false;
  }

  /** The first in the order of P2 who can have all that it needs. */
  #findNext(): SlotUser | undefined {
    const claimed = new Set<Slot>();
    for (const user of this.#inOrder()) {
      if (!user.hasRoom) continue;
      if (areFree(user.uses) && !user.uses.some(({ slot }) => claimed.has(slot))) return user;
      for (const { slot } of user.uses) claimed.add(slot);
    }
    return undefined;
  }

  #inOrder(): readonly SlotUser[] {
    for (const user of this.#waiting) if (!user.first) this.#waiting.delete(user);
    return [...this.#waiting].sort(({ first: a }, { first: b }) => (a && b ? a.urgency - b.urgency || a.ticket - b.ticket : 0));
  }
}

/** How many more calls with these uses the slots are enough for, `givenBack` calls' worth of them counted as free. */
export function callsThatFit(uses: readonly SlotUse[], givenBack: number): number {
  return Math.min(...uses.map(({ slot, count }) => Math.floor((slot.total - slot.held) / count) + givenBack));
}

/** How many calls with these uses can run at once. */
export function callsAtOnce(uses: readonly SlotUse[]): number {
  return Math.min(...uses.map(({ slot, count }) => Math.floor(slot.total / count)));
}

function areFree(uses: readonly SlotUse[]): boolean {
  return uses.every(({ slot, count }) => slot.held + count <= slot.total);
}

function areShared(a: readonly SlotUse[], b: readonly SlotUse[]): boolean {
  return a.some(({ slot }) => b.some((other) => other.slot === slot));
}
