/**
 * A server's way out of work, once: announce, go on for one spread, refuse, wait, end what is left.
 *
 * D1 it ends: at the latest `graceMs` after it began to refuse, plus `lingerMs` for the others to let go.
 * D2 nothing is refused before everybody can have heard of it: servers by the mesh, clients by `Moving`.
 * D3 what had to be ended is counted, never hidden: the event, and whoever asked for the drain, are told.
 * How work is refused and ended is the rooms'; who may ask is drain-door.ts; leaving the mesh is `stop`.
 */

import { type CancelTask, type Clock, delay } from '../../base/clock.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Drained, Draining, HeldUp, UnderWay } from '../api/drain-port.ts';

/** How long a drain waits for what is in flight before it ends it, in milliseconds. */
export const drainGraceMs = 25_000;
/** How long clients may take to hang up, and servers to answer that they send no more, in milliseconds. */
const lingerMs = 1_000;
/** How often whoever asked for the drain hears what it waits for, in milliseconds. */
const reportMs = 500;
/** Functions that a report names, and runs. */
const heldUpMax = 20;

/** What a drain does to the rooms of its server. */
export interface DrainableRooms {
  readonly observer: Observer;
  readonly underWay: UnderWay;
  /** Whose calls these are, the most first. Linear in them. */
  heldUpBy(): readonly HeldUp[];
  /** Ids of the runs, the oldest first. Linear in those that are kept. */
  runsUnderWay(): readonly string[];
  /** Tells servers and clients; resolves when all can have heard it. */
  announceLeaving(): Promise<void>;
  /** From now on new work is refused with `draining`. Resolves when clients have hung up and servers send nothing more. */
  refuseWork(): Promise<void>;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
  /** Ends every call and run. */
  endWork(): void;
}

/** Who follows a drain. */
export interface DrainFollower {
  onWaiting(draining: Draining): void;
  onEnd(end: Drained): void;
}

export interface DrainOptions {
  readonly name: string;
  readonly clock: Clock;
  readonly rooms: DrainableRooms;
  readonly graceMs: number;
}

export class Drain {
  readonly #options: DrainOptions;
  readonly #followers = new Set<DrainFollower>();
  readonly #stopping = new AbortController();
  #startMs = 0;
  /** When the grace is over; undefined: it has not begun. */
  #graceEndsMs: number | undefined;
  #end: Drained | undefined;
  #cancelReport: CancelTask | undefined;
  #done: Promise<void> | undefined;

  constructor(options: DrainOptions) {
    this.#options = options;
  }

  get hasBegun(): boolean {
    return this.#done !== undefined;
  }

  /** Whether new work is refused. */
  get isRefusing(): boolean {
    return this.#graceEndsMs !== undefined;
  }

  /** Begins it, or gives the same promise again: resolves when it has ended, or the server was stopped. */
  run(): Promise<void> {
    this.#done ??= this.#run();
    return this.#done;
  }

  /** Tells what it waits for, now and then, and how it ended. Returns what takes the wish back. */
  follow(follower: DrainFollower): () => void {
    if (this.#end) {
      follower.onEnd(this.#end);
      return () => {};
    }
    this.#followers.add(follower);
    follower.onWaiting(this.#draining());
    this.#cancelReport ??= this.#options.clock.schedule(reportMs, () => this.#report());
    return () => this.#followers.delete(follower);
  }

  /** The server stops: nothing is waited for any longer. */
  stop(): void {
    this.#stopping.abort();
    this.#cancelReport?.();
    this.#followers.clear();
  }

  async #run(): Promise<void> {
    const { name, clock, rooms, graceMs } = this.#options;
    this.#startMs = clock.nowMs();
    const { signal } = this.#stopping;
    const { calls, sent, runs } = rooms.underWay;
    rooms.observer.emit({ kind: 'server.draining', name, inFlight: calls + sent + runs });
    await rooms.announceLeaving();
    if (signal.aborted) return;
    this.#graceEndsMs = clock.nowMs() + graceMs;
    const left = rooms.refuseWork();
    await this.#within(graceMs, rooms.idle());
    if (signal.aborted) return;
    const { underWay } = rooms;
    // Who asked for the drain hears of its end first: the end of work may be the end of their session.
    this.#tellEnd(underWay);
    rooms.endWork();
    // What is on its way to here is still told `draining`: where the connection is gone, it may have run.
    await this.#within(lingerMs, left);
  }

  #tellEnd(ended: UnderWay): void {
    const { name, rooms, clock } = this.#options;
    const end = { server: name, elapsedMs: Math.round(clock.nowMs() - this.#startMs), ended };
    this.#end = end;
    this.#cancelReport?.();
    for (const follower of this.#followers) follower.onEnd(end);
    this.#followers.clear();
    rooms.observer.emit({ kind: 'server.drained', name, elapsedMs: end.elapsedMs, ...ended });
  }

  #report(): void {
    this.#cancelReport = undefined;
    if (this.#followers.size === 0) return;
    this.#cancelReport = this.#options.clock.schedule(reportMs, () => this.#report());
    const draining = this.#draining();
    for (const follower of [...this.#followers]) follower.onWaiting(draining);
  }

  #draining(): Draining {
    const { clock, graceMs, rooms } = this.#options;
    const leftMs = this.#graceEndsMs === undefined ? graceMs : Math.max(0, Math.round(this.#graceEndsMs - clock.nowMs()));
    const functions = rooms.heldUpBy().slice(0, heldUpMax);
    return { ...rooms.underWay, graceMs, leftMs, functions, runIds: rooms.runsUnderWay().slice(0, heldUpMax) };
  }

  /** Waits for `quiet`, at most `boundMs`, and no longer than the server lives. */
  async #within(boundMs: number, quiet: Promise<void>): Promise<void> {
    const over = new AbortController();
    const stopped = delay(this.#options.clock, boundMs, AbortSignal.any([over.signal, this.#stopping.signal]));
    await Promise.race([quiet, stopped]);
    over.abort();
  }
}
