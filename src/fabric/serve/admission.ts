/**
 * How many calls of one function run at the same time here, and who waits for a place.
 *
 * A1 at most `limit` calls hold a place; the next 2 x `limit` wait, the more urgent first, equals in the order in which
 *    they came; once the line stands, `limit`: more would only wait longer. The least urgent beyond that is refused at once,
 *    with a hint when to come back. While most are refused, a retry does not wait.
 * A2 a place is held until the handler has returned, also past its deadline, unless it is given up for a stray: then the
 *    place is free, and with as many strays as the limit the function is `isOverrun` until one has returned.
 * A3 entering, leaving and giving up cost O(1); no timer is made here: whoever waits brings its own deadline.
 * A4 a declared limit stands; one that nobody declared is lowered while the calls get in one another's way
 *    (adaptive-limit.ts). Slots that functions share are slots.ts.
 */

import { assert } from '../../base/assert.ts';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { RefusedShare } from './refused-share.ts';
import { callsAtOnce, callsThatFit, type SlotPool, type SlotUse, type SlotUser } from './slots.ts';
import { type PlaceWaiter, type Urgency, urgencyOf, WaitingLine } from './waiting-line.ts';

/** Calls of a function without a declared `concurrency` that run at the same time: what one link may have in flight. */
export const concurrencyDefault = 1024;
/** Calls that wait for a place, per place; and while the line stands. */
export const queuedPerPlaceMax = 2;
export const queuedPerPlaceStanding = 1;
/** A line is a burst's until somebody has waited in it for so long; then the load is more than there are places for. In milliseconds. */
export const standingMs = 500;
/** A line that was empty for so long does not stand any more, in milliseconds: all of it may be let in within a moment. */
const lullMs = 20;
/** Longest wait for a place, in milliseconds. */
export const queueWaitMsMax = 100;
/** Bounds of the hint when to come back, in milliseconds. */
export const retryAfterMsBounds = { min: 1, max: 1000 } as const;
const usualUrgency = urgencyOf(undefined);
/** Weight of the newest handler time in the average behind the hint. */
const averageWeight = 0.2;

/** How long a call with `remainingMs` left may wait for a place. */
export function queueWaitMs(remainingMs: number): number {
  return Math.min(queueWaitMsMax, remainingMs / 3);
}

export interface PlacesOptions {
  /** The declared concurrency; default `concurrencyDefault`, or what the slots are enough for. */
  readonly limit?: number | undefined;
  /** Slots that each call takes, of `pool`. */
  readonly uses?: readonly SlotUse[] | undefined;
  readonly pool?: SlotPool | undefined;
}

/** How the places of a function are taken, and how a call of usual urgency would fare that came now. */
export interface PlacesNow {
  /** Calls that hold a place, and how many may. */
  readonly held: number;
  readonly limit: number;
  /** Calls that wait for one. */
  readonly waiting: number;
  /** `refused`: as many wait as may. */
  readonly next: 'runs' | 'waits' | 'refused';
  /** Slots that it uses, and of which there are not enough. */
  readonly lacks: readonly string[];
}

/** The places of one version of a function at one server. */
export interface PlacesAt extends PlacesNow {
  readonly server: string;
  readonly version: string;
}

/** The places of one function at one server. */
export class Places implements SlotUser {
  readonly uses: readonly SlotUse[];
  readonly #pool: SlotPool | undefined;
  /** The limit that stands; an adaptive one is never higher. */
  readonly #most: number;
  readonly #isDeclared: boolean;
  readonly #adaptive: AdaptiveLimit | undefined;
  readonly #line = new WaitingLine();
  #limit: number;
  #held = 0;
  #strays = 0;
  /** 0: no call has ended yet. */
  #averageMs = 0;
  #isAdmitting = false;
  /** Since when somebody waits, but for lulls; and since when nobody does. */
  #lineSinceMs = 0;
  #emptySinceMs = Number.NEGATIVE_INFINITY;
  /** Of the calls that found no free place, or others before them: those that were not let in at all. */
  readonly #refused = new RefusedShare();

  constructor({ limit, uses = [], pool }: PlacesOptions = {}) {
    this.uses = uses;
    this.#pool = uses.length > 0 ? pool : undefined;
    this.#isDeclared = limit !== undefined || uses.length > 0;
    this.#most = Math.min(limit ?? (uses.length > 0 ? Number.POSITIVE_INFINITY : concurrencyDefault), callsAtOnce(uses));
    this.#adaptive = this.#isDeclared ? undefined : new AdaptiveLimit(this.#most);
    this.#limit = this.#most;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#line.size;
  }

  /** Handlers that ran on after their places were given up. */
  get strays(): number {
    return this.#strays;
  }

  /** As many strays as the limit. */
  get isOverrun(): boolean {
    return this.#strays >= this.#most;
  }

  get limit(): number {
    return this.#limit;
  }

  get hasRoom(): boolean {
    return this.#held < this.#limit;
  }

  get first(): PlaceWaiter | undefined {
    return this.#line.first;
  }

  /** Places for further calls, were the caller's own given back already (`isLeaving`); undefined without a declared limit. */
  freeSlots(isLeaving: boolean): number | undefined {
    if (!this.#isDeclared) return undefined;
    const givenBack = isLeaving ? 1 : 0;
    const own = this.#limit - this.#held + givenBack;
    const free = this.#pool ? Math.min(own, callsThatFit(this.uses, givenBack)) : own;
    return Math.max(0, free - this.#line.size);
  }

  /** Changes nothing. */
  describe(nowMs: number): PlacesNow {
    const [held, limit, waiting] = [this.#held, this.#limit, this.#line.size];
    const next = this.#isFreeFor(usualUrgency) ? 'runs' : waiting < limit * this.#queuedPerPlace(nowMs) ? 'waits' : 'refused';
    const lacks = this.uses.flatMap(({ slot, count }) => (slot.held + count > slot.total ? [slot.name] : []));
    return { held, limit, waiting, next, lacks };
  }

  /** `admitted`: a place is held. `queued`: `waiter` is told, or gives up. `full`: neither. */
  enter(waiter: PlaceWaiter): 'admitted' | 'queued' | 'full' {
    if (this.#line.size === 0 && this.hasRoom && (!this.#pool || this.#pool.allows(this, waiter.urgency))) {
      this.#take();
      return 'admitted';
    }
    return this.#enterLine(waiter);
  }

  /** Gives up waiting; harmless for whoever does not wait. */
  giveUp(waiter: PlaceWaiter, nowMs: number): void {
    // What it kept free for itself may be what somebody else waits for.
    if (!this.#line.remove(waiter)) return;
    this.#refused.note(true);
    if (this.#line.size === 0) this.#emptySinceMs = nowMs;
    if (this.#pool) this.#pool.admit(nowMs);
  }

  /** Gives a place back after `elapsedMs` and admits those who wait. */
  leave(elapsedMs: number, nowMs: number): void {
    this.#averageMs += (elapsedMs - this.#averageMs) * (this.#averageMs === 0 ? 1 : averageWeight);
    if (this.#adaptive) this.#limit = this.#adaptive.ended(elapsedMs, nowMs, this.#held >= this.#limit);
    this.#giveBack(nowMs);
  }

  /** Gives the place of a handler back that ignores its signal. Pair it with `strayReturned`. */
  strayed(nowMs: number): void {
    this.#strays += 1;
    this.#giveBack(nowMs);
  }

  strayReturned(): void {
    assert(this.#strays > 0, 'a stray returns that nobody missed');
    this.#strays -= 1;
  }

  /** When a call that is refused now had better come back: the time until those ahead of it are through. */
  retryAfterMs(): number {
    if (this.#averageMs === 0) return queueWaitMsMax;
    const ahead = (this.#line.size + 1) / this.#limit;
    return Math.round(Math.min(retryAfterMsBounds.max, Math.max(retryAfterMsBounds.min, this.#averageMs * ahead)));
  }

  admitFirst(nowMs: number): void {
    const { first } = this.#line;
    assert(first, 'nobody waits for the place');
    this.#line.remove(first);
    this.#refused.note(false);
    if (this.#line.size === 0) this.#emptySinceMs = nowMs;
    this.#take();
    first.admitted(nowMs);
  }

  #enterLine(waiter: PlaceWaiter): 'admitted' | 'queued' | 'full' {
    const { urgency, arrivedAtMs } = waiter;
    if (this.#isFreeFor(urgency)) {
      this.#refused.note(false);
      this.#take();
      return 'admitted';
    }
    if (this.#isNewLine(arrivedAtMs)) {
      this.#lineSinceMs = arrivedAtMs;
      this.#refused.forget();
    }
    const isFull = this.#line.size >= this.#limit * this.#queuedPerPlace(arrivedAtMs);
    const behind = this.#line.lastBehind(urgency);
    // Most will be refused in any case: better those who have been under way for longest than those who have just come.
    if (waiter.isRetry && !behind && this.#refused.isMost) return 'full';
    if (isFull) this.#refused.note(true);
    if (isFull && !behind) return 'full';
    const last = isFull ? behind : undefined;
    if (last) this.#line.remove(last);
    this.#line.append(waiter, this.#pool?.joined(this) ?? 1);
    last?.displaced();
    return 'queued';
  }

  /** Whether one that comes now has a place at once. */
  #isFreeFor(urgency: Urgency): boolean {
    return this.hasRoom && !this.#line.isAhead(urgency) && (!this.#pool || this.#pool.allows(this, urgency));
  }

  #isNewLine(nowMs: number): boolean {
    return this.#line.size === 0 && nowMs - this.#emptySinceMs > lullMs;
  }

  #queuedPerPlace(nowMs: number): number {
    const isStanding = !this.#isNewLine(nowMs) && nowMs - this.#lineSinceMs > standingMs;
    return isStanding ? queuedPerPlaceStanding : queuedPerPlaceMax;
  }

  #take(): void {
    this.#held += 1;
    if (this.#pool) this.#pool.take(this.uses);
  }

  #giveBack(nowMs: number): void {
    assert(this.#held > 0, 'a place is given back that nobody holds');
    this.#held -= 1;
    if (this.#pool) {
      this.#pool.giveBack(this.uses);
      this.#pool.admit(nowMs);
    } else if (this.#line.size > 0 && !this.#isAdmitting) this.#admit(nowMs);
  }

  #admit(nowMs: number): void {
    // A call that settles at once leaves while it is being admitted: the loop goes on, not the recursion.
    this.#isAdmitting = true;
    while (this.#line.size > 0 && this.#held < this.#limit) this.admitFirst(nowMs);
    this.#isAdmitting = false;
  }
}
