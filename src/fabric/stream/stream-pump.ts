/**
 * The sending side of one stream: pulls items out of their source while there is credit for them.
 *
 * P1 the source is asked for an item only when that may go: a slow reader stops it.
 * P2 it is told once how the stream ended: the source ran out, or it failed, or (after `stop`) it has been left.
 * P3 a source that is left is told so (`return`), and it is over only when the source has returned.
 * P4 an item's bytes are its own: a source may write its buffer again as soon as it is asked for more.
 * P5 others get a turn of the event loop after at most `itemsPerTurn` items.
 */

import { nextTurn } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Payload } from '../../core/payload.ts';
import { costOf } from '../link/stream-port.ts';

/** How a stream ended at its sender. */
export type PumpEnd =
  | { readonly kind: 'done' }
  /** The source threw. */
  | { readonly kind: 'threw'; readonly thrown: unknown }
  /** An item could not be written. */
  | { readonly kind: 'unwritten'; readonly problem: unknown }
  /** It was stopped, and the source has returned. */
  | { readonly kind: 'left' };

export interface PumpOptions {
  readonly source: AsyncIterable<unknown>;
  /** Bytes that may go before the first `grant`. */
  readonly credit: number;
  /** Checks and encodes one item; may throw or reject. */
  readonly write: (item: unknown) => Payload | Promise<Payload>;
  /** Nobody writes to an item's bytes again: they need no copy (P4). */
  readonly isKept?: boolean | undefined;
  readonly send: (value: Payload) => void;
  readonly ended: (end: PumpEnd) => void;
}

/** Whether it can be a source. */
export function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  try {
    return Symbol.asyncIterator in value;
  } catch {
    // A proxy whose trap throws, or that is revoked: the encoder says where.
    return false;
  }
}

const itemsPerTurn = 256;

export class StreamPump {
  readonly #options: PumpOptions;
  #credit: number;
  #isStopped = false;
  #items = 0;
  /** Set while it waits for credit. */
  #granted: Deferred<void> | undefined = undefined;

  constructor(options: PumpOptions) {
    this.#options = options;
    this.#credit = options.credit;
  }

  /** Items sent so far. */
  get items(): number {
    return this.#items;
  }

  start(): void {
    void this.#run();
  }

  grant(bytes: number): void {
    this.#credit += bytes;
    if (this.#credit > 0) this.#granted?.resolve();
  }

  /** Nobody wants any more items. */
  stop(): void {
    this.#isStopped = true;
    this.#granted?.resolve();
  }

  async #run(): Promise<void> {
    const end = await this.#pull();
    this.#options.ended(this.#isStopped ? { kind: 'left' } : end);
  }

  /** Never rejects. */
  async #pull(): Promise<PumpEnd> {
    let iterator: AsyncIterator<unknown>;
    try {
      iterator = this.#options.source[Symbol.asyncIterator]();
      for (;;) {
        if (this.#credit <= 0 || this.#items % itemsPerTurn === itemsPerTurn - 1) await this.#pause();
        if (this.#isStopped) break;
        const step = await iterator.next();
        if (step.done === true) return { kind: 'done' };
        if (this.#isStopped) break;
        const passed = this.#pass(step.value);
        const end = passed instanceof Promise ? await passed : passed;
        if (end === undefined) continue;
        await leave(iterator);
        return end;
      }
    } catch (thrown) {
      return { kind: 'threw', thrown };
    }
    await leave(iterator);
    return { kind: 'left' };
  }

  /** P5, and the wait for credit. */
  async #pause(): Promise<void> {
    await nextTurn();
    if (this.#credit > 0 || this.#isStopped) return;
    this.#granted = deferred();
    await this.#granted.promise;
    this.#granted = undefined;
  }

  /** Writes and sends one item; gives the end that a problem makes. Without asynchronous schemas no promise is made. */
  #pass(item: unknown): PumpEnd | undefined | Promise<PumpEnd | undefined> {
    try {
      const written = this.#options.write(item);
      if (!(written instanceof Promise)) return this.#send(written);
      return written.then(
        (value) => this.#send(value),
        (problem: unknown) => ({ kind: 'unwritten', problem }),
      );
    } catch (problem) {
      return { kind: 'unwritten', problem };
    }
  }

  #send(value: Payload): undefined {
    if (this.#isStopped) return undefined;
    this.#credit -= costOf(value);
    this.#items += 1;
    this.#options.send(this.#options.isKept ? value : owned(value));
    return undefined;
  }
}

/** P4. */
function owned(value: Payload): Payload {
  return value.encoding === 'bytes' ? { encoding: 'bytes', bytes: new Uint8Array(value.bytes) } : value;
}

/** P3. What a source throws while it is left is nobody's any more. */
async function leave(iterator: AsyncIterator<unknown>): Promise<void> {
  try {
    await iterator.return?.();
  } catch {
    // The stream has its end already.
  }
}
