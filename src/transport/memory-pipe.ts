/**
 * One direction of a link in memory: packets under way, in order.
 *
 * Q1 packets arrive in the order in which they were sent, whatever happens to delays, cuts and pauses meanwhile.
 * Q2 a packet that cannot arrive is held, as TCP would send it again, and arrives once it can.
 */

import type { Clock } from '../base/clock.ts';

/** What travels between the two ends of a link. */
export type Packet =
  | { readonly kind: 'hello'; readonly bytes: Uint8Array }
  | { readonly kind: 'answer'; readonly isAccepted: boolean; readonly bytes: Uint8Array }
  | { readonly kind: 'frame'; readonly bytes: Uint8Array }
  | { readonly kind: 'large'; readonly transfer: number; readonly value: Uint8Array }
  | { readonly kind: 'close' }
  | { readonly kind: 'reset' };

/** The process at one end, as far as a network must know it. */
export interface PipeProcess {
  /** Its own time: what its timers run by. */
  readonly clock: Clock;
  /** Something reaches it from outside: run in its name, once it can. */
  deliver(task: () => void): void;
}

/** The weather that pipes travel through. */
export interface Weather {
  readonly clock: Clock;
  process(name: string): PipeProcess;
  /** A packet reaches its end; for whoever keeps a record. */
  onArrival(from: string, to: string, packet: Packet): void;
  delayMs(from: string, to: string): number;
  /** Nothing leaves `from`: it is paused. */
  isPaused(process: string): boolean;
  isCut(from: string, to: string): boolean;
  /** The pipe holds packets: `release` it when the weather changes. */
  hold(pipe: MemoryPipe): void;
}

export interface Ends {
  readonly from: string;
  readonly to: string;
}

export class MemoryPipe {
  readonly #weather: Weather;
  readonly #ends: Ends;
  readonly #deliver: (packet: Packet) => void;
  /** One scheduled arrival each; a queue, because real timers of different lengths may swap. */
  readonly #underWay: (Packet | undefined)[] = [];
  /** Written by a paused process' timers: they leave when it goes on. */
  #unsent: Packet[] = [];
  /** Came to a cut or to a paused process. */
  #held: Packet[] = [];
  #lastArrivalMs = 0;

  constructor(weather: Weather, ends: Ends, deliver: (packet: Packet) => void) {
    this.#weather = weather;
    this.#ends = ends;
    this.#deliver = deliver;
  }

  send(packet: Packet): void {
    if (this.#weather.isPaused(this.#ends.from)) {
      this.#unsent.push(packet);
      return this.#weather.hold(this);
    }
    const { clock } = this.#weather;
    const nowMs = clock.nowMs();
    const arrivalMs = Math.max(this.#lastArrivalMs, nowMs + this.#weather.delayMs(this.#ends.from, this.#ends.to));
    this.#lastArrivalMs = arrivalMs;
    this.#underWay.push(packet);
    clock.schedule(arrivalMs - nowMs, () => this.#arrive());
  }

  /** Loses what is under way. */
  drop(): void {
    this.#underWay.fill(undefined);
    this.#held = [];
    this.#unsent = [];
  }

  /** Lets go of what is held, as far as the weather allows now; asks to be held again for the rest. */
  release(): void {
    const unsent = this.#unsent;
    this.#unsent = [];
    for (const packet of unsent) this.send(packet);
    if (this.#held.length > 0) this.#weather.clock.schedule(0, () => this.#deliverHeld());
  }

  get #isOpen(): boolean {
    return !this.#weather.isCut(this.#ends.from, this.#ends.to) && !this.#weather.isPaused(this.#ends.to);
  }

  #arrive(): void {
    const packet = this.#underWay.shift();
    if (!packet) return;
    if (this.#held.length === 0 && this.#isOpen) return this.#hand(packet);
    this.#held.push(packet);
    this.#weather.hold(this);
  }

  #deliverHeld(): void {
    while (this.#isOpen) {
      const packet = this.#held.shift();
      if (!packet) return;
      this.#hand(packet);
    }
    if (this.#held.length > 0) this.#weather.hold(this);
  }

  #hand(packet: Packet): void {
    const { from, to } = this.#ends;
    this.#weather.process(to).deliver(() => {
      this.#weather.onArrival(from, to, packet);
      this.#deliver(packet);
    });
  }
}
