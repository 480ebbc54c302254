/**
 * Events of a run on their way to one reader: what it has not taken yet, and no more.
 *
 * E1 every event is given once, in order, but for progress: of one step only the latest waits.
 * E2 so a reader that does not read costs what the run itself costs, however much its steps have to say.
 */

import { type Deferred, deferred } from '../../base/deferred.ts';
import type { WireRunEvent } from '../../core/workflow/record.ts';

export class PendingEvents implements AsyncIterable<WireRunEvent> {
  readonly #waiting = new Map<string, WireRunEvent>();
  #pushed = 0;
  #news: Deferred<void> = deferred();
  #end: { readonly error: unknown } | undefined;

  /** How many wait. */
  get size(): number {
    return this.#waiting.size;
  }

  /** After the end it is dropped. */
  push(event: WireRunEvent): void {
    if (this.#end) return;
    this.#pushed += 1;
    const key = event.kind === 'step.progress' ? `progress ${event.step}` : `${this.#pushed}`;
    this.#waiting.delete(key);
    this.#waiting.set(key, event);
    this.#news.resolve();
  }

  /** What waits is given first; then the loop ends, or throws the error. */
  end(error?: unknown): void {
    this.#end ??= { error };
    this.#news.resolve();
  }

  /** For one loop. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WireRunEvent> {
    for (;;) {
      for (const [key, event] of this.#waiting) {
        this.#waiting.delete(key);
        yield event;
      }
      if (this.#waiting.size > 0) continue;
      if (this.#end) break;
      await this.#news.promise;
      this.#news = deferred();
    }
    if (this.#end.error !== undefined) rethrow(this.#end.error);
  }
}

/** What ended the run is thrown as it is. */
function rethrow(error: unknown): never {
  throw error;
}
