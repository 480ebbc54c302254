/**
 * What `stream` gives: a call that starts with the loop over it, and ends with it.
 *
 * L1 one loop: a second one would run the function a second time.
 * L2 whatever goes wrong is thrown by the loop, after the items that came before it; `detail.lastItem` is the number of
 *    the last one, from 1 (0: none came).
 * L3 leaving the loop cancels the call: the handler's signal fires and its generator is told to return.
 */

import type { Payload } from '../../core/payload.ts';
import { type ErrorCode, type ErrorDetails, type Executed, errorTable, HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import type { Invocation, Settlement } from '../link/invocation.ts';
import type { ParentCall } from '../serve/serving.ts';
import { StreamReader } from '../stream/stream-reader.ts';
import type { StreamWindows } from '../stream/stream-windows.ts';
import { Leash } from './call-ending.ts';
import { CallerStreams, type CallerStreamsOptions, type StreamedCallSink } from './caller-streams.ts';

/** A call that was found good. */
export interface AskedCall {
  readonly invocation: Invocation;
  /** The last argument, where that is a stream. */
  readonly source: AsyncIterable<unknown> | undefined;
  readonly signal: AbortSignal | undefined;
}

export interface StreamCallOptions extends CallerStreamsOptions {
  readonly windows: StreamWindows;
  readonly parent: ParentCall | undefined;
  /** What items are given out as (`ReaderOptions.read`). */
  readonly read?: ((value: Payload) => unknown) | undefined;
  /** Checks what was asked, and makes the call of it. Throws a HeddleError. */
  readonly ask: (window: number) => AskedCall;
}

export class StreamCall implements AsyncIterable<unknown> {
  readonly #options: StreamCallOptions;
  #isRead = false;

  constructor(options: StreamCallOptions) {
    this.#options = options;
  }

  /** Starts the call. Throws `bad_argument` the second time (L1). */
  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    if (this.#isRead)
      throw new HeddleError('bad_argument', { path: ['stream'], expected: 'one loop: ask for another stream', found: 'two' });
    this.#isRead = true;
    return new ReadCall(this.#options).start();
  }
}

/** The call while it is read. */
class ReadCall implements StreamedCallSink {
  readonly #options: StreamCallOptions;
  readonly #window: number;
  readonly #reader: StreamReader;
  readonly #leash = new Leash();
  #streams: CallerStreams | undefined;

  constructor(options: StreamCallOptions) {
    this.#options = options;
    this.#window = options.windows.open();
    this.#reader = new StreamReader({
      window: this.#window,
      read: options.read,
      grant: (bytes) => this.#streams?.grant(bytes),
      left: (reason) => this.#streams?.cancel(reason),
      thrown: (error, taken) => (HeddleError.is(error) ? withLastItem(error, taken) : error),
    });
  }

  start(): AsyncIterator<unknown> {
    try {
      const { invocation, source, signal } = this.#options.ask(this.#window);
      this.#streams = new CallerStreams(this.#options, this, source);
      this.#leash.follow(this.#streams.start(invocation), signal, this.#options.parent);
    } catch (error) {
      this.#options.windows.close(this.#window);
      this.#reader.fail(error);
    }
    return this.#reader;
  }

  item(value: Payload): void {
    this.#reader.put(value);
  }

  settled({ outcome }: Settlement): void {
    this.#options.windows.close(this.#window);
    this.#leash.over();
    if (outcome.ok) this.#reader.end();
    else this.#reader.fail(this.#leash.withReason(fromWireError(outcome.error)), this.#leash.reason !== undefined);
  }
}

/** What can end a stream that has begun; the other codes say that nothing ran. */
const codesOfStreams: readonly ErrorCode[] = [
  'connection_lost',
  'deadline_exceeded',
  'cancelled',
  'function_failed',
  'bad_result',
  'protocol_error',
  'closed',
];

/** L2. What has yielded an item has run, where the code can say so. */
function withLastItem(error: HeddleError, lastItem: number): HeddleError {
  if (!codesOfStreams.includes(error.code)) return error;
  const canSay: readonly Executed[] = errorTable[error.code].executed;
  const executed: Executed = lastItem > 0 && canSay.includes('yes') ? 'yes' : error.executed;
  // The detail is that of its code, with one field more, which these codes have; `executed` was checked above.
  const make = HeddleError as new (
    code: ErrorCode,
    detail: ErrorDetails[ErrorCode],
    options: { executed: Executed; cause?: unknown },
  ) => HeddleError;
  const cause = Object.hasOwn(error, 'cause') ? { cause: error.cause } : {};
  return new make(error.code, { ...error.detail, lastItem }, { executed, ...cause });
}
