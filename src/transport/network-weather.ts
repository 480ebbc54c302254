/**
 * The weather between simulated processes: how long a packet takes, and what gets through at all.
 *
 * X1 loss is what TCP makes of it: a lost segment comes later, never out of order and never not at all.
 * X2 with equal seeds and equal questions the answers are equal.
 * X3 a cut drops whatever crosses it, in one direction or both; who is told of that, and when, is the network's business.
 * Knows names of processes and nothing of links: memory.ts and the bare members of test/sim travel through the same one.
 */

import type { Random } from '../base/random.ts';

export interface WeatherOptions {
  /** One way, between any two processes; default 0. */
  readonly delayMs?: number | undefined;
  /** Added to it, uniform between 0 and this; default 0. */
  readonly jitterMs?: number | undefined;
  /** Share of segments that are lost, between 0 and 1; default 0. */
  readonly loss?: number | undefined;
  /** Needed for jitter and loss. */
  readonly random?: Random | undefined;
}

/**
 * First wait before a lost segment is sent again, doubled each time: the lower bound of Linux (RFC 6298 asks for a second).
 * A beat is the last segment of its flight, so nothing earlier tells the sender.
 */
const retransmitMs = 200;
/** The kernel gives up long after the keepalive of whoever uses it: so many losses in a row are counted. */
const lossesMax = 8;

export class NetworkWeather {
  #delayMs: number;
  #jitterMs: number;
  #loss: number;
  readonly #storms = new Map<symbol, number>();
  readonly #random: Random | undefined;
  readonly #delays = new Map<string, number>();
  readonly #cuts = new Set<string>();
  readonly #isolated = new Set<string>();
  #sides: ReadonlyMap<string, number> | undefined;
  readonly #paused = new Set<string>();
  readonly #listeners: (() => void)[] = [];

  constructor(options: WeatherOptions = {}) {
    this.#delayMs = options.delayMs ?? 0;
    this.#jitterMs = options.jitterMs ?? 0;
    this.#loss = options.loss ?? 0;
    this.#random = options.random;
  }

  /** Share of segments that are lost now. */
  get loss(): number {
    return Math.max(this.#loss, ...this.#storms.values());
  }

  /** Every link loses at least this share, until what is returned is called. */
  addLoss(share: number): () => void {
    const storm = Symbol('loss');
    this.#storms.set(storm, share);
    return () => void this.#storms.delete(storm);
  }

  /** Calls `listener` whenever something may get through that did not, or no longer. */
  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** How long the next packet takes. */
  delayMs(from: string, to: string): number {
    const own = this.#delays.size === 0 ? undefined : this.#delays.get(direction(from, to));
    const loss = this.#storms.size === 0 ? this.#loss : this.loss;
    const jitterMs = this.#jitterMs === 0 || !this.#random ? 0 : this.#random.next() * this.#jitterMs;
    return (own ?? this.#delayMs) + jitterMs + (loss === 0 ? 0 : this.#lateMs(loss));
  }

  /** Between two processes, in both directions. */
  setDelay(a: string, b: string, delayMs: number): void {
    this.#delays.set(direction(a, b), delayMs);
    this.#delays.set(direction(b, a), delayMs);
  }

  clearDelay(a: string, b: string): void {
    this.#delays.delete(direction(a, b));
    this.#delays.delete(direction(b, a));
  }

  /** Between any two processes from now on, in place of what it was made with. */
  setAll(options: Omit<WeatherOptions, 'random'>): void {
    this.#delayMs = options.delayMs ?? this.#delayMs;
    this.#jitterMs = options.jitterMs ?? this.#jitterMs;
    this.#loss = options.loss ?? this.#loss;
  }

  /** Nothing is cut, split or isolated. */
  get isClear(): boolean {
    return this.#cuts.size === 0 && this.#isolated.size === 0 && this.#sides === undefined;
  }

  isCut(from: string, to: string): boolean {
    if (from === to || this.isClear) return false;
    if (this.#cuts.size > 0 && this.#cuts.has(direction(from, to))) return true;
    if (this.#isolated.size > 0 && (this.#isolated.has(from) || this.#isolated.has(to))) return true;
    return this.#sides !== undefined && (this.#sides.get(from) ?? 0) !== (this.#sides.get(to) ?? 0);
  }

  /** Packets get through in both directions. */
  isWhole(a: string, b: string): boolean {
    return !this.isCut(a, b) && !this.isCut(b, a);
  }

  /** From now on no packet gets from `from` to `to`. (Both directions: call it twice.) */
  cut(from: string, to: string): void {
    this.#cuts.add(direction(from, to));
    this.#changed();
  }

  heal(from: string, to: string): void {
    this.#cuts.delete(direction(from, to));
    this.#changed();
  }

  /** These against all others, in both directions, in place of an earlier split. */
  split(side: readonly string[]): void {
    this.#sides = new Map(side.map((process) => [process, 1]));
    this.#changed();
  }

  /** No cut, no split, nobody isolated. */
  healAll(): void {
    this.#cuts.clear();
    this.#isolated.clear();
    this.#sides = undefined;
    this.#changed();
  }

  /** From now on no packet reaches or leaves the process: its host lost power, or its cable. */
  isolate(process: string): void {
    this.#isolated.add(process);
    this.#changed();
  }

  rejoin(process: string): void {
    this.#isolated.delete(process);
    this.#changed();
  }

  isPaused(process: string): boolean {
    return this.#paused.has(process);
  }

  pause(process: string): void {
    this.#paused.add(process);
  }

  resume(process: string): void {
    this.#paused.delete(process);
    this.#changed();
  }

  /** The delay that the losses of one segment add up to. */
  #lateMs(loss: number): number {
    let lateMs = 0;
    let waitMs = retransmitMs;
    for (let lost = 0; lost < lossesMax && (this.#random?.next() ?? 1) < loss; lost += 1) {
      lateMs += waitMs;
      waitMs *= 2;
    }
    return lateMs;
  }

  #changed(): void {
    for (const listener of this.#listeners) listener();
  }
}

function direction(from: string, to: string): string {
  return `${from}>${to}`;
}
