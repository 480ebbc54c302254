/**
 * A growing list that can be looped over by many, each from its beginning, while it grows.
 *
 * L1 every loop sees every entry once, in order, and ends when the list does: quietly, or by throwing its error.
 */

import { type Deferred, deferred } from './deferred.ts';

export class ReplayLog<T extends object> implements AsyncIterable<T> {
  readonly #entries: T[] = [];
  /** Resolved, and replaced, with every change. */
  #news: Deferred<void> = deferred();
  #end: { readonly error: unknown } | undefined;

  get isEnded(): boolean {
    return this.#end !== undefined;
  }

  /** Adds an entry; after the end it is dropped. */
  push(entry: T): void {
    if (this.#end) return;
    this.#entries.push(entry);
    this.#tell();
  }

  /** No entry comes any more; with an error, loops end by throwing it. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#tell();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (let at = 0; ; at += 1) {
      while (at >= this.#entries.length && !this.#end) await this.#news.promise;
      const entry = this.#entries[at];
      if (entry !== undefined) yield entry;
      else if (this.#end?.error === undefined) return;
      else rethrow(this.#end.error);
    }
  }

  #tell(): void {
    const news = this.#news;
    this.#news = deferred();
    news.resolve();
  }
}

/** What ended the log is thrown as it is, whatever it is. */
function rethrow(error: unknown): never {
  throw error;
}
