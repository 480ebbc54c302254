/**
 * The event loop of one busy server in virtual time: reads its sockets, gives frames their turns, runs timers, in Node's order.
 */

import { Inbox } from '../../src/transport/inbox.ts';
import { Turns } from '../../src/transport/turns.ts';
import type { BusyClock } from './busy-clock.ts';

/** Nothing happens in one turn of the loop for less than this, in milliseconds. */
const turnMsMin = 0.02;

interface Socket {
  readonly inbox: Inbox;
  /** What comes, and when, in that order; read up to `next`. */
  readonly frames: { readonly atMs: number; readonly frame: Uint8Array }[];
  next: number;
}

export class BusyLoop {
  readonly #clock: BusyClock;
  readonly #nextTurn: (() => void)[] = [];
  readonly #turns: Turns;
  readonly #sockets: Socket[] = [];
  /** Longest turn so far, in milliseconds. */
  longestMs = 0;

  constructor(clock: BusyClock) {
    this.#clock = clock;
    this.#turns = new Turns({ nowMs: () => clock.nowMs(), inNextTurn: (task) => this.#nextTurn.push(task) });
  }

  /** A link whose frames `deliver` gets, with how long they are known to have waited; gives what the other end sends by. */
  link(deliver: (frame: Uint8Array, waitedMs: number) => void): (frame: Uint8Array, atMs: number) => void {
    const inbox = new Inbox({
      nowMs: () => this.#clock.nowMs(),
      turns: this.#turns,
      deliver: (frame) => deliver(frame, inbox.waitedMs),
      pause: () => {},
      resume: () => {},
    });
    const socket: Socket = { inbox, frames: [], next: 0 };
    this.#sockets.push(socket);
    return (frame, atMs) => socket.frames.push({ frame, atMs });
  }

  /** Turns of the loop until then; `written` after each of them, when what was answered leaves. */
  runUntil(untilMs: number, written: () => void): void {
    while (this.#clock.nowMs() < untilMs) {
      const beganAtMs = this.#clock.nowMs();
      this.#clock.runUntil(beganAtMs);
      for (const socket of this.#sockets) this.#read(socket, beganAtMs);
      for (const task of this.#nextTurn.splice(0)) task();
      written();
      this.longestMs = Math.max(this.longestMs, this.#clock.nowMs() - beganAtMs);
      this.#clock.burn(turnMsMin);
      if (this.#nextTurn.length === 0) this.#clock.burn(Math.max(0, Math.min(this.#nextMs(), untilMs) - this.#clock.nowMs()));
    }
  }

  /** When something comes, or a timer is due. */
  #nextMs(): number {
    const comesAtMs = this.#sockets.map(({ frames, next }) => frames[next]?.atMs ?? Number.POSITIVE_INFINITY);
    return Math.min(this.#clock.nextMs(), ...comesAtMs);
  }

  #read(socket: Socket, nowMs: number): void {
    if ((socket.frames[socket.next]?.atMs ?? Number.POSITIVE_INFINITY) > nowMs) return;
    socket.inbox.begin();
    for (let came = socket.frames[socket.next]; came && came.atMs <= nowMs; came = socket.frames[socket.next]) {
      socket.next += 1;
      socket.inbox.push(came.frame);
    }
  }
}
