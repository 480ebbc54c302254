/**
 * The streams of one call at its caller: items of the result go to a reader, items of the argument come from a source.
 *
 * C1 the source is not touched before the function runs (its first credit): until then the call may be tried again.
 * C2 a source that fails, or gives what cannot be sent, ends the argument with that error: the function reads it there.
 * C3 a call of whose function nothing is heard for 30 s ends with `deadline_exceeded`.
 * C4 the source is left when the call has its end.
 */

import type { Clock } from '../../base/clock.ts';
import type { DeadlineWheel } from '../../base/deadline-wheel.ts';
import type { Payload } from '../../core/payload.ts';
import { fromThrown, HeddleError } from '../../errors.ts';
import { fromWireError, toWireError } from '../../wire/error.ts';
import { encodeValue } from '../../wire/value.ts';
import { argumentError } from '../../wire/value-problem.ts';
import type { CallEngine, CallHandle, CallSink, Invocation, Settlement } from '../link/invocation.ts';
import { failure } from '../link/responses.ts';
import { type StreamWord, silenceMsMax } from '../link/stream-port.ts';
import { StreamPulse } from '../stream/stream-pulse.ts';
import { type PumpEnd, StreamPump } from '../stream/stream-pump.ts';

/** Whoever reads the result of the call. */
export interface StreamedCallSink extends CallSink {
  /** One item of the result. */
  item?(value: Payload): void;
}

export interface CallerStreamsOptions {
  readonly clock: Clock;
  readonly wheel: DeadlineWheel;
  readonly engine: CallEngine;
}

export class CallerStreams implements CallSink, CallHandle {
  readonly #options: CallerStreamsOptions;
  readonly #sink: StreamedCallSink;
  readonly #source: AsyncIterable<unknown> | undefined;
  #pulse: StreamPulse | undefined;
  #handle: CallHandle | undefined;
  #pump: StreamPump | undefined;
  #isSettled = false;
  #isSilent = false;

  /** `source`: the last argument, where that is a stream. */
  constructor(options: CallerStreamsOptions, sink: StreamedCallSink, source: AsyncIterable<unknown> | undefined) {
    this.#options = options;
    this.#sink = sink;
    this.#source = source;
  }

  start(invocation: Invocation): this {
    const { clock, wheel, engine } = this.#options;
    // A call may wait for its provider before anybody can say anything.
    const patienceMs = invocation.terms?.waitMs ?? 0;
    this.#pulse = new StreamPulse({ clock, wheel, say: () => this.grant(0), silent: () => this.#onSilent() }, patienceMs).start();
    this.#handle = engine.start(invocation, this);
    return this;
  }

  cancel(reason: string): void {
    this.#handle?.cancel(reason);
  }

  stream(word: StreamWord): void {
    if (this.#isSettled) return;
    this.#pulse?.said();
    this.#handle?.stream(word);
  }

  /** Grants further bytes of the result. */
  grant(bytes: number): void {
    this.stream({ kind: 'credit', bytes, isFromOpener: true });
  }

  streamed(word: StreamWord): void {
    if (this.#isSettled) return;
    this.#pulse?.heard();
    if (word.kind === 'item') this.#sink.item?.(word.value);
    else if (word.kind === 'credit' && word.bytes > 0) this.#onCredit(word.bytes);
  }

  settled(settlement: Settlement): void {
    this.#isSettled = true;
    this.#pulse?.stop();
    this.#pump?.stop();
    this.#sink.settled(this.#isSilent ? ofSilence(settlement) : settlement);
  }

  /** C1. */
  #onCredit(bytes: number): void {
    if (this.#pump) return this.#pump.grant(bytes);
    if (!this.#source) return;
    this.#pump = new StreamPump({
      source: this.#source,
      credit: bytes,
      write: encodedItem,
      send: (value) => this.stream({ kind: 'item', value, isFromOpener: true }),
      ended: (end) => this.#onSourceEnded(end),
    });
    this.#pump.start();
  }

  /** C2. */
  #onSourceEnded(end: PumpEnd): void {
    switch (end.kind) {
      case 'left':
        return;
      case 'done':
        return this.stream({ kind: 'end' });
      case 'threw':
        return this.stream({ kind: 'end', error: toWireError(fromThrown(end.thrown)) });
      case 'unwritten':
        return this.stream({ kind: 'end', error: toWireError(HeddleError.is(end.problem) ? end.problem : fromThrown(end.problem)) });
    }
  }

  #onSilent(): void {
    this.#isSilent = true;
    this.cancel(`nothing was heard of the stream for ${silenceMsMax / 1_000} s`);
  }
}

function encodedItem(item: unknown): Payload {
  try {
    return encodeValue(item);
  } catch (problem) {
    throw argumentError(problem, 'an item of the streamed argument');
  }
}

/** C3. */
function ofSilence(settlement: Settlement): Settlement {
  const { outcome } = settlement;
  if (outcome.ok) return settlement;
  const { executed, code } = fromWireError(outcome.error);
  if (code !== 'cancelled') return settlement;
  const late = new HeddleError('deadline_exceeded', { timeoutMs: silenceMsMax }, { executed });
  return { ...settlement, outcome: failure(late) };
}
