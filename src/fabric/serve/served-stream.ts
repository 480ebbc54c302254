/**
 * The streams of one call at the server that runs it: the argument that its handler reads, the result that it yields.
 *
 * V1 the argument is granted when the handler is entered, not before: until then nothing of it has been sent.
 * V2 each item of the result is checked against the output schema and encoded on its own; a bad one ends the stream.
 * V3 a caller of whom nothing is heard is taken for gone.
 * When the call ends, and how, is handler-work.ts.
 */

import type { Payload } from '../../core/payload.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';
import { fromWireError } from '../../wire/error.ts';
import { checkResult, writeResult } from '../call/call-values.ts';
import { type StreamWord, silenceMsMax } from '../link/stream-port.ts';
import { StreamPulse } from '../stream/stream-pulse.ts';
import { isAsyncIterable, type PumpEnd, StreamPump } from '../stream/stream-pump.ts';
import { StreamReader } from '../stream/stream-reader.ts';
import type { ServedRequest } from './serving.ts';

/** The call that has streams. */
export interface StreamingCall extends ServedRequest {
  cancel(reason: string): void;
}

export class ServedStream {
  /** What the handler reads; undefined when the last argument is no stream. */
  readonly input: StreamReader | undefined;
  readonly #call: StreamingCall;
  readonly #window: number;
  readonly #pulse: StreamPulse;
  #credit: number;
  #pump: StreamPump | undefined = undefined;
  #isClosed = false;

  constructor(call: StreamingCall) {
    const { host } = call.offer;
    this.#call = call;
    this.#credit = call.frame.credit;
    this.#window = call.frame.hasStreamInput ? host.windows.open() : 0;
    this.input = call.frame.hasStreamInput ? this.#makeInput() : undefined;
    this.#pulse = new StreamPulse({
      clock: host.clock,
      wheel: host.wheel,
      say: () => this.#grant(0),
      silent: () => call.cancel(`nothing was heard of the caller for ${silenceMsMax / 1_000} s`),
    }).start();
  }

  /** Whether an item of the result has gone out. */
  get hasYielded(): boolean {
    return this.#pump !== undefined && this.#pump.items > 0;
  }

  /** The handler is entered (V1). */
  open(): void {
    if (this.input) this.#grant(this.#window);
  }

  /** Sends what the handler gave, item by item. Throws `bad_result` when it gave no stream. */
  yield(result: unknown, ended: (end: PumpEnd) => void): void {
    if (!isAsyncIterable(result)) {
      throw new HeddleError('bad_result', { path: [], expected: 'an AsyncIterable, because this is a stream', found: typeName(result) });
    }
    const write = (item: unknown): Payload | Promise<Payload> => this.#write(item);
    this.#pump = new StreamPump({ source: result, credit: this.#credit, write, send: (value) => this.#send(value), ended });
    this.#pump.start();
  }

  /** A word of the caller's. */
  word(word: StreamWord): void {
    this.#pulse.heard();
    switch (word.kind) {
      case 'credit':
        if (this.#pump) this.#pump.grant(word.bytes);
        else this.#credit += word.bytes;
        return;
      case 'item':
        return this.input?.put(word.value);
      case 'end':
        return word.error === undefined ? this.input?.end() : this.input?.fail(fromWireError(word.error));
    }
  }

  /** The call was given up: the handler's loop over the argument ends here and now. */
  abort(reason: HeddleError): void {
    this.input?.fail(reason, true);
  }

  /** The call has its end: nothing is said any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#pulse.stop();
    this.#pump?.stop();
    if (this.input) this.#call.offer.host.windows.close(this.#window);
  }

  #makeInput(): StreamReader {
    return new StreamReader({
      window: this.#window,
      grant: (bytes) => this.#grant(bytes),
      // The caller stops by itself: it is granted nothing more.
      left: () => {},
      thrown: (error) => error,
    });
  }

  #grant(bytes: number): void {
    if (this.#isClosed) return;
    this.#pulse.said();
    this.#call.origin.streamed?.({ kind: 'credit', bytes, isFromOpener: false });
  }

  #send(value: Payload): void {
    this.#pulse.said();
    this.#call.origin.streamed?.({ kind: 'item', value, isFromOpener: false });
  }

  /** V2. A problem's path begins with the number of its item. */
  #write(item: unknown): Payload | Promise<Payload> {
    try {
      const checked = checkResult(item, this.#call.offer.served.definition);
      if (!(checked instanceof Promise)) return writeResult(checked, this.#call.frame.isJsonOnly);
      return checked.then(
        (late: unknown) => writeResult(late, this.#call.frame.isJsonOnly),
        (problem: unknown) => {
          throw this.#ofItem(problem);
        },
      );
    } catch (problem) {
      throw this.#ofItem(problem);
    }
  }

  #ofItem(problem: unknown): unknown {
    if (!HeddleError.is(problem, 'bad_result')) return problem;
    const path = [this.#pump?.items ?? 0, ...problem.detail.path];
    // A cause that is there, be it undefined, is what somebody threw.
    return new HeddleError('bad_result', { ...problem.detail, path }, Object.hasOwn(problem, 'cause') ? { cause: problem.cause } : {});
  }
}
