/**
 * A growing list that can be looped over by many, each from its beginning, while it grows.
 *
 * L1 every loop sees every kept entry once, in order, and ends when the list does: quietly, or by throwing its error.
 * L2 beyond `entriesMax`, entries that a later one of the same key supersedes are dropped (those without a key never are).
 */

import { type Deferred, deferred } from './deferred.ts';
import { positionAfter } from './search.ts';

export interface ReplayLogOptions<T> {
  /** Entries of one key supersede one another; undefined: it is always kept. Default: every entry is. */
  readonly keyOf?: ((entry: T) => string | undefined) | undefined;
  /** Entries before superseded ones are dropped; default 40,000. */
  readonly entriesMax?: number | undefined;
}

export class ReplayLog<T extends object> implements AsyncIterable<T> {
  readonly #keyOf: (entry: T) => string | undefined;
  readonly #entriesMax: number;
  #entries: T[] = [];
  /** Of each entry: how many were added by then. */
  #numbers: number[] = [];
  #compactAt: number;
  #added = 0;
  /** While a loop waits for the next change. */
  #news: Deferred<void> | undefined;
  #end: { readonly error: unknown } | undefined;

  constructor({ keyOf = () => undefined, entriesMax = 40_000 }: ReplayLogOptions<T> = {}) {
    this.#keyOf = keyOf;
    this.#entriesMax = entriesMax;
    this.#compactAt = entriesMax;
  }

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Every entry that is kept so far: nothing is read before it is looped over. */
  *kept(): Generator<T> {
    yield* this.#entries;
  }

  /** Adds an entry; after the end it is dropped. Amortised constant. */
  push(entry: T): void {
    if (this.#end) return;
    this.#added += 1;
    this.#entries.push(entry);
    this.#numbers.push(this.#added);
    if (this.#entries.length > this.#compactAt) this.#compact();
    this.#tell();
  }

  /** No entry comes any more; with an error, loops end by throwing it. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#tell();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let last = 0; ; ) {
      const at = positionAfter(this.#numbers, last, (number) => number);
      const next = this.#entries[at];
      if (next) {
        last = this.#numbers[at] ?? last;
        yield next;
      } else if (!this.#end) await this.#change();
      else if (this.#end.error === undefined) return;
      else rethrow(this.#end.error);
    }
  }

  #compact(): void {
    const keys = this.#entries.map((entry) => this.#keyOf(entry));
    const lastAt = new Map(keys.map((key, at) => [key, at]));
    const isLatest = (_entry: unknown, at: number): boolean => keys[at] === undefined || lastAt.get(keys[at]) === at;
    this.#entries = this.#entries.filter(isLatest);
    this.#numbers = this.#numbers.filter(isLatest);
    this.#compactAt = Math.max(this.#entriesMax, 2 * this.#entries.length);
  }

  #change(): Promise<void> {
    this.#news ??= deferred();
    return this.#news.promise;
  }

  #tell(): void {
    this.#news?.resolve();
    this.#news = undefined;
  }
}

/** What ended the log is thrown as it is, whatever it is. */
function rethrow(error: unknown): never {
  throw error;
}
