/**
 * Whether this process keeps up with what it is sent: how late its event loop is, and whom to refuse while it is.
 *
 * E1 asking costs two comparisons while the loop is on time. There is one timer while calls come, none without.
 * E2 a burst is worked off, one long handler or pause is forgiven: only a loop that was late for all of `burstMs` makes
 *    a process overloaded, and it is so until its loop has been on time for as long.
 * E3 an overloaded process refuses a call that has waited to be read, or that comes once its turn of the loop is late: batch
 *    first, critical last. So a turn stays short, and so does the wait of whatever is let in.
 * E4 while it refuses most calls, it refuses those that come again however late it is: a retry that a timer of this very
 *    process makes comes at the beginning of a turn, before all that wait in the sockets. Critical ones are let in.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Observer } from '../../observe/observer.ts';
import { RefusedShare } from './refused-share.ts';
import type { PlaceWaiter, Urgency } from './waiting-line.ts';

/** Between two looks at the loop, in milliseconds. */
const probeMs = 10;
/** A loop less late than this is on time, in milliseconds. */
const timelyMs = 20;
/** How long the loop must have been late, in milliseconds, and on time again. */
const burstMs = 1_000;
/**
 * An overloaded process refuses calls for which it is later than this: critical, default, batch. Lower: what is let in is faster;
 * higher: fewer callers that send many calls at once are refused some.
 */
export const latenessMsMax = [400, 200, 100] as const satisfies Readonly<Record<Urgency, number>>;

/** What the load has to know of a call. */
export type LoadedCall = Pick<PlaceWaiter, 'urgency' | 'isRetry'>;

/**
 * Lateness is that of a timer which should have run by now, so that it is seen inside the turn that causes it (a histogram,
 * such as monitorEventLoopDelay's, knows it afterwards). Standing against passing queues: Nichols and Jacobson, Controlling
 * queue delay (CoDel, 2012), as used for requests by Maurer, Fail at scale (2015). The time that a request has waited as the
 * one signal, and priorities that move its bound: Zhou et al., Overload control for scaling WeChat microservices (2018).
 */
export class LoopLoad {
  readonly #clock: Clock;
  readonly #observer: Observer;
  /** How long the call that comes now has waited to be read; whoever reads it says so. */
  waitedMs = 0;
  #cancel: CancelTask | undefined;
  /** When the probe should run. */
  #dueMs = Number.POSITIVE_INFINITY;
  #seenMs = 0;
  #wasAsked = false;
  /** Since when the loop has not been on time; undefined: it is. */
  #lateSinceMs: number | undefined;
  /** What is forgiven of a late spell, and to calls that came before when. */
  #forgivenMs = 0;
  #forgivenUntilMs = 0;
  /** Longest wait of a call since the last look: in all, and what was not forgiven of it. */
  #waitedMostMs = 0;
  #heldUpMostMs = 0;
  #isOverloaded = false;
  /** Since the process is overloaded. */
  readonly #refused = new RefusedShare();
  #timelySinceMs = 0;

  constructor(clock: Clock, observer: Observer) {
    this.#clock = clock;
    this.#observer = observer;
  }

  get isOverloaded(): boolean {
    return this.#isOverloaded;
  }

  /** A call came at `nowMs`: how late the process is for it, in milliseconds, if that is a reason to refuse; else 0. */
  latenessAt(nowMs: number, { urgency, isRetry }: LoadedCall): number {
    const lateMs = this.#latenessAt(nowMs, urgency);
    if (!this.#isOverloaded) return lateMs;
    // What retries meet is no evidence for refusing them.
    if (isRetry && urgency > 0) return this.#refused.isMost ? Math.max(lateMs, latenessMsMax[urgency]) : lateMs;
    this.#refused.note(lateMs > 0);
    return lateMs;
  }

  #latenessAt(nowMs: number, urgency: Urgency): number {
    if (this.#cancel === undefined) this.#arm(nowMs);
    this.#wasAsked = true;
    if (this.waitedMs < timelyMs && nowMs < this.#dueMs + timelyMs) {
      this.#seenMs = nowMs;
      return 0;
    }
    const loopMs = this.#look(nowMs);
    const heldUpMs = this.#unforgivenMs(nowMs);
    this.#waitedMostMs = Math.max(this.#waitedMostMs, this.waitedMs);
    this.#heldUpMostMs = Math.max(this.#heldUpMostMs, heldUpMs);
    const lateMs = Math.max(loopMs, heldUpMs);
    if (lateMs >= timelyMs) this.#late(nowMs, lateMs);
    return this.#isOverloaded && lateMs > latenessMsMax[urgency] ? lateMs : 0;
  }

  /** Something of a call was done at `nowMs`: what took so long was no one thing. */
  saw(nowMs: number): void {
    if (nowMs < this.#dueMs + timelyMs) this.#seenMs = nowMs;
    else this.#look(nowMs);
  }

  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #arm(nowMs: number): void {
    this.#dueMs = nowMs + probeMs;
    this.#seenMs = nowMs;
    this.#wasAsked = false;
    this.#cancel = this.#clock.schedule(probeMs, () => this.#probe());
  }

  #probe(): void {
    const nowMs = this.#clock.nowMs();
    this.#cancel = undefined;
    const lateMs = Math.max(this.#look(nowMs), this.#heldUpMostMs);
    this.#dueMs = Number.POSITIVE_INFINITY;
    if (lateMs < timelyMs || !this.#wasAsked) this.#onTime(nowMs);
    this.#waitedMostMs = 0;
    this.#heldUpMostMs = 0;
    if (this.#wasAsked || this.#isOverloaded) this.#arm(nowMs);
  }

  /** What the call that comes now has waited, but for what it waited through the forgiven pause. */
  #unforgivenMs(nowMs: number): number {
    const pausedMs = this.#forgivenUntilMs - (nowMs - this.waitedMs);
    return this.waitedMs - Math.min(Math.max(pausedMs, 0), this.#forgivenMs);
  }

  /** How late the loop is; the first long pause of a late spell does not count. */
  #look(nowMs: number): number {
    const pausedMs = nowMs - Math.max(this.#seenMs, this.#dueMs);
    this.#seenMs = nowMs;
    if (pausedMs >= timelyMs && this.#forgivenMs === 0) {
      this.#forgivenMs = pausedMs;
      this.#forgivenUntilMs = nowMs;
      this.#dueMs += pausedMs;
    }
    const lateMs = nowMs - this.#dueMs;
    if (lateMs >= timelyMs) this.#late(nowMs, lateMs);
    return lateMs;
  }

  #late(nowMs: number, lateMs: number): void {
    this.#timelySinceMs = Number.POSITIVE_INFINITY;
    this.#lateSinceMs ??= nowMs - lateMs;
    if (this.#isOverloaded || nowMs - this.#lateSinceMs < burstMs) return;
    this.#isOverloaded = true;
    this.#refused.forget();
    this.#observer.emit({ kind: 'loop.overloaded', lateMs: Math.round(lateMs) });
  }

  #onTime(nowMs: number): void {
    this.#lateSinceMs = undefined;
    // Calls that came before the pause may still be read after it.
    if (this.#waitedMostMs < timelyMs) this.#forgivenMs = 0;
    if (!this.#isOverloaded) return;
    this.#timelySinceMs = Math.min(this.#timelySinceMs, nowMs);
    if (nowMs - this.#timelySinceMs < burstMs) return;
    this.#isOverloaded = false;
    this.#observer.emit({ kind: 'loop.recovered' });
  }
}
