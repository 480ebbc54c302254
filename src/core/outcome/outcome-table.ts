/**
 * What became of the calls that ran here: asked for by whoever lost the connection over which it would have been told.
 *
 * T1 an outcome is kept until its time is over, at most `perPeerMax` and `bytesPerPeerMax` for each peer they were meant for, and
 *    `keptMax` and `bytesMax` in all: of a peer that is gone after one call, the end of that call is kept.
 * T2 `never` is said only of a call that has not run here, and from then on it cannot (fences.ts). Of what was kept once and
 *    is not any more nobody hears it who can still ask (spent.ts).
 * T3 what is kept answers only those who know of its round: someone who asks in an older one has been overtaken.
 * A call that is running is found by whoever runs it; which outcomes need keeping, and when, is the fabric's.
 */

import { type CallId, keyOf } from './call-id.ts';
import { Fences, type FencesOptions } from './fences.ts';
import { Spent, type SpentOptions } from './spent.ts';

/** How one call ended. */
export interface KeptOutcome<T> {
  readonly id: CallId;
  readonly round: number;
  readonly outcome: T;
  readonly bytes: number;
  /** From then on nobody can ask any more. */
  readonly untilMs: number;
}

export type Standing<T> = { readonly state: 'done'; readonly outcome: T } | { readonly state: 'never' | 'forgotten' };

export interface OutcomeTableOptions extends FencesOptions, SpentOptions {
  readonly perPeerMax?: number | undefined;
  readonly bytesPerPeerMax?: number | undefined;
  readonly keptMax?: number | undefined;
  readonly bytesMax?: number | undefined;
}

/** Who asks, in which round. */
export interface Asked {
  readonly round: number;
  readonly asker: string;
}

interface PeerShelf<T> {
  /** Oldest first. */
  readonly kept: Map<string, KeptOutcome<T>>;
  bytes: number;
}

const perPeerMaxDefault = 10_000;
const bytesPerPeerMaxDefault = 16 * 1024 * 1024;
const keptMaxDefault = 100_000;
const bytesMaxDefault = 128 * 1024 * 1024;

export class OutcomeTable<T> {
  readonly #perPeerMax: number;
  readonly #bytesPerPeerMax: number;
  readonly #keptMax: number;
  readonly #bytesMax: number;
  #kept = 0;
  #bytes = 0;
  /** Of the peer that has had one for longest first. */
  readonly #shelves = new Map<string, PeerShelf<T>>();
  readonly #fences: Fences;
  readonly #spent: Spent;

  constructor(options: OutcomeTableOptions = {}) {
    this.#perPeerMax = options.perPeerMax ?? perPeerMaxDefault;
    this.#bytesPerPeerMax = options.bytesPerPeerMax ?? bytesPerPeerMaxDefault;
    this.#keptMax = options.keptMax ?? keptMaxDefault;
    this.#bytesMax = options.bytesMax ?? bytesMaxDefault;
    this.#fences = new Fences(options);
    this.#spent = new Spent(options);
  }

  get isEmpty(): boolean {
    return this.#shelves.size === 0;
  }

  /** Keeps an outcome that `peer` has not been told. */
  keep(peer: string, kept: KeptOutcome<T>): void {
    const shelf = this.#shelves.get(peer) ?? { kept: new Map<string, KeptOutcome<T>>(), bytes: 0 };
    this.#shelves.set(peer, shelf);
    const key = keyOf(kept.id);
    this.#drop(shelf, key);
    shelf.kept.set(key, kept);
    shelf.bytes += kept.bytes;
    this.#kept += 1;
    this.#bytes += kept.bytes;
    this.#evict(shelf, () => shelf.kept.size > this.#perPeerMax || shelf.bytes > this.#bytesPerPeerMax);
    this.#bound();
  }

  /** A call ran, and its outcome is not kept; nobody can ask for it from `untilMs` on. */
  spend(id: CallId, untilMs: number): void {
    this.#spent.add(id, untilMs);
  }

  /** The same of one for which nobody can ask any more. */
  spendLate(id: CallId, untilMs: number): void {
    this.#spent.addLate(id, untilMs);
  }

  /** Whether there is any call that must not run. */
  get hasFences(): boolean {
    return !this.#fences.isEmpty;
  }

  /** Whether a frame of the call in that round must not run. */
  refuses(id: CallId, round: number): boolean {
    return this.#fences.refuses(id, round);
  }

  /** The outcome of a call that is kept here. */
  find(id: CallId): KeptOutcome<T> | undefined {
    const key = keyOf(id);
    for (const { kept } of this.#shelves.values()) {
      const found = kept.get(key);
      if (found) return found;
    }
    return undefined;
  }

  /** What became of a call that is not running. Fences it when it has not run. */
  ask(id: CallId, { round, asker }: Asked, nowMs: number): Standing<T> {
    const found = this.find(id);
    if (found) return found.round <= round ? { state: 'done', outcome: found.outcome } : { state: 'forgotten' };
    if (this.#spent.has(id, nowMs)) return { state: 'forgotten' };
    return { state: this.#fences.raise(id, round, asker) ? 'never' : 'forgotten' };
  }

  /** Lets go of what nobody can ask for any more. Linear. */
  expire(nowMs: number): void {
    for (const [peer, shelf] of this.#shelves) {
      for (const [key, { id, untilMs }] of shelf.kept) {
        if (untilMs > nowMs) continue;
        this.#drop(shelf, key);
        this.#spent.addLate(id, untilMs);
      }
      if (shelf.kept.size === 0) this.#shelves.delete(peer);
    }
  }

  /** Of all. */
  #bound(): void {
    const isOverfull = (): boolean => this.#kept > this.#keptMax || this.#bytes > this.#bytesMax;
    for (const [peer, shelf] of this.#shelves) {
      if (!isOverfull()) return;
      this.#evict(shelf, isOverfull);
      if (shelf.kept.size === 0) this.#shelves.delete(peer);
    }
  }

  /** Oldest first. */
  #evict(shelf: PeerShelf<T>, isOverfull: () => boolean): void {
    for (const [key, { id, untilMs }] of shelf.kept) {
      if (!isOverfull()) return;
      this.#drop(shelf, key);
      this.#spent.add(id, untilMs);
    }
  }

  #drop(shelf: PeerShelf<T>, key: string): void {
    const kept = shelf.kept.get(key);
    if (!kept) return;
    shelf.kept.delete(key);
    shelf.bytes -= kept.bytes;
    this.#kept -= 1;
    this.#bytes -= kept.bytes;
  }
}
