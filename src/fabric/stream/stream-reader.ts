/**
 * The receiving side of one stream: keeps what has arrived and gives it out in order, one item at a time.
 *
 * R1 items come in the order in which they were sent; the end comes after all of them, an error as well, but for one of
 *    this side's own doing (`fail` with `isAtOnce`).
 * R2 credit is given back as items are taken: what is kept never exceeds the window by more than one item, and a sender
 *    that sends more has broken the protocol.
 * R3 several `next` may wait; they are answered in order.
 */

import { type Deferred, deferred } from '../../base/deferred.ts';
import type { Payload } from '../../core/payload.ts';
import { HeddleError } from '../../errors.ts';
import { decodeValue } from '../../wire/value.ts';
import { peerValueError, protocolError } from '../../wire/value-problem.ts';
import { costOf } from '../link/stream-port.ts';

export interface ReaderOptions {
  /** Bytes that the sender was granted at first. */
  readonly window: number;
  readonly grant: (bytes: number) => void;
  /** What an item is given out as; default: its value, decoded. A relay to somebody else takes the payload as it is. */
  readonly read?: ((value: Payload) => unknown) | undefined;
  /** Told once: whoever reads wants no more, and the sender has not ended yet. */
  readonly left: (reason: string) => void;
  /** What is thrown for a failure, given how many items were taken before it. */
  readonly thrown: (error: unknown, taken: number) => unknown;
}

type Ending = { readonly error?: unknown };
const over: IteratorResult<unknown> = { done: true, value: undefined };

export class StreamReader implements AsyncIterableIterator<unknown> {
  readonly #options: ReaderOptions;
  #kept: Payload[] = [];
  #head = 0;
  #taken = 0;
  /** What the sender may still send. */
  #open: number;
  /** Taken, and not given back yet. */
  #owed = 0;
  /** The sender said that nothing follows, or this side wants nothing more. */
  #ending: Ending | undefined = undefined;
  #waiting: Deferred<IteratorResult<unknown>>[] = [];

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#open = options.window;
  }

  /** Items that were taken. */
  get taken(): number {
    return this.#taken;
  }

  get isEnded(): boolean {
    return this.#ending !== undefined;
  }

  /** One item arrived. */
  put(value: Payload): void {
    if (this.#ending) return;
    if (this.#open <= 0) return this.#refuse(protocolError('a stream sent more than it was granted'));
    this.#open -= costOf(value);
    const waiter = this.#waiting.shift();
    if (!waiter) this.#kept.push(value);
    else settle(waiter, () => this.#take(value));
  }

  /** Nothing follows. */
  end(): void {
    this.#close({});
  }

  /** It broke off; `isAtOnce` drops what was not taken yet. */
  fail(error: unknown, isAtOnce = false): void {
    if (isAtOnce) this.#drop();
    this.#close({ error });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown>> {
    const value = this.#kept[this.#head];
    try {
      if (value !== undefined) {
        this.#advance();
        return Promise.resolve(this.#take(value));
      }
      if (this.#ending) return Promise.resolve(this.#finish());
    } catch (error) {
      return Promise.reject(error);
    }
    const waiter = deferred<IteratorResult<unknown>>();
    this.#waiting.push(waiter);
    return waiter.promise;
  }

  /** The loop was left. */
  return(): Promise<IteratorResult<unknown>> {
    this.#drop();
    const wasEnded = this.isEnded;
    this.#close({});
    this.#ending = {};
    if (!wasEnded) this.#options.left('the reader left the stream');
    return Promise.resolve(over);
  }

  /** Gives one item out, and its credit back. */
  #take(value: Payload): IteratorResult<unknown> {
    let item: unknown;
    try {
      item = (this.#options.read ?? decodeValue)(value);
    } catch (problem) {
      this.#refuse(peerValueError(problem));
      return this.#finish();
    }
    this.#taken += 1;
    this.#owed += costOf(value);
    // In halves of the window: two words a window, and the sender is never without.
    if (this.#owed >= this.#options.window / 2 && !this.#ending) {
      const bytes = this.#owed;
      this.#owed = 0;
      this.#open += bytes;
      this.#options.grant(bytes);
    }
    return { done: false, value: item };
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head * 2 < this.#kept.length) return;
    this.#kept = this.#kept.slice(this.#head);
    this.#head = 0;
  }

  #drop(): void {
    this.#kept = [];
    this.#head = 0;
  }

  /** What the sender did is not allowed. */
  #refuse(error: unknown): void {
    const wasEnded = this.isEnded;
    this.#drop();
    this.#ending = undefined;
    this.#close({ error });
    if (!wasEnded) this.#options.left(HeddleError.is(error) ? error.message : 'an item cannot be read');
  }

  #close(ending: Ending): void {
    if (this.#ending) return;
    this.#ending = ending;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const waiter of waiting) settle(waiter, () => this.#finish());
  }

  /** The end: an error is thrown once, after it the stream is over. */
  #finish(): IteratorResult<unknown> {
    const ending = this.#ending ?? {};
    if (!('error' in ending)) return over;
    this.#ending = {};
    throw this.#options.thrown(ending.error, this.#taken);
  }
}

function settle(waiter: Deferred<IteratorResult<unknown>>, result: () => IteratorResult<unknown>): void {
  try {
    waiter.resolve(result());
  } catch (error) {
    waiter.reject(error);
  }
}
