/**
 * What a turn of the event loop delivers of the frames that have arrived on all links of a process, and whose come first.
 *
 * T1 a turn ends `turnMs` after it began, with the delivery that is under way then: what was answered is sent, timers run and the
 *    sockets are read before the next. What is left waits in its inbox, where it is known for how long; not in a socket.
 * T2 turns begin by turns with a link that had nothing waiting, and with one that has had its turn and has more. So a link with
 *    few frames does not stand behind one with many, and neither starves the other.
 * T3 while turns are short, one in each `lookEveryMs` is timed; the others never look at the clock.
 */

import { turnMs } from './limits.ts';

/** Between two timed turns while they are short, in milliseconds. */
const lookEveryMs = 10;

/** What waits on one link. */
export interface Waiting {
  /** Delivers some of it, nothing once the turn `isOver`. Gives whether it wants a further turn. */
  takeTurn(): boolean;
}

export interface TurnsOptions {
  readonly nowMs: () => number;
  readonly inNextTurn: (task: () => void) => void;
}

/**
 * The fresh and the known are the new and old flows of FQ-CoDel (RFC 8290, 4.2), with time for bytes; what waits too long is
 * dropped by whoever it is delivered to.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #fresh: Waiting[] = [];
  readonly #known: Waiting[] = [];
  #isKnownFirst = false;
  #isArmed = false;
  #isTimed = false;
  #isOver = false;
  #endsAtMs = 0;
  #lookAtMs = Number.NEGATIVE_INFINITY;
  #number = 0;
  readonly #turn = (): void => this.#take();

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Of this turn. One is counted where something waited for it, was timed, or asked for that. */
  get number(): number {
    return this.#number;
  }

  /** A message has come; gives when. */
  begin(): number {
    const nowMs = this.#options.nowMs();
    if (this.#isTimed || nowMs < this.#lookAtMs) return nowMs;
    this.#time(nowMs);
    this.#arm();
    return nowMs;
  }

  /** The next turn is to have another number. */
  count(): void {
    this.#arm();
  }

  /** Whether nothing more is to be delivered before the next turn (T1). */
  isOver(): boolean {
    if (!this.#isTimed) return false;
    this.#isOver ||= this.#options.nowMs() >= this.#endsAtMs;
    return this.#isOver;
  }

  /** Something waits where nothing did; or, for which it is the same, a slice was used up. */
  add(waiting: Waiting): void {
    this.#fresh.push(waiting);
    this.#arm();
  }

  #take(): void {
    this.#isArmed = false;
    this.#number += 1;
    const nowMs = this.#options.nowMs();
    // After a turn that was long enough to be cut the next is timed too.
    if (this.#isOver || nowMs >= this.#lookAtMs) this.#time(nowMs);
    else this.#isTimed = false;
    this.#isKnownFirst = !this.#isKnownFirst;
    const first = this.#isKnownFirst ? this.#known.shift() : undefined;
    if (first) this.#serve(first);
    // Each at most once.
    for (let left = this.#fresh.length + this.#known.length; left > 0 && !this.isOver(); left -= 1) {
      const next = this.#fresh.shift() ?? this.#known.shift();
      if (next) this.#serve(next);
    }
    if (this.#isTimed || this.#fresh.length + this.#known.length > 0) this.#arm();
  }

  #time(nowMs: number): void {
    this.#isTimed = true;
    this.#isOver = false;
    this.#endsAtMs = nowMs + turnMs;
    this.#lookAtMs = nowMs + lookEveryMs;
  }

  #serve(waiting: Waiting): void {
    if (waiting.takeTurn()) this.#known.push(waiting);
  }

  #arm(): void {
    if (this.#isArmed) return;
    this.#isArmed = true;
    this.#options.inNextTurn(this.#turn);
  }
}
