/**
 * A stream of bytes that is the result of a step: read to its end where it is made, and kept there as one value.
 *
 * E1 its source is asked for more when what it gave is kept: a slow disk holds it back, and memory has a block and one item.
 * E2 what is no bytes, over the largest value, or more than there is room for, ends it with `bad_result`, and the source is left.
 * E3 it is told once how it ended; nothing stays of one that did not end well.
 * Where the bytes go is gathered-bytes.ts; what becomes of the value parked-values.ts.
 */

import type { Payload } from '../../core/payload.ts';
import { typeName } from '../../core/workflow/fields.ts';
import { HeddleError } from '../../errors.ts';
import { parkedBytesMax } from '../../wire/common-messages.ts';
import type { Definition } from '../api/define.ts';
import { checkResult } from '../call/call-values.ts';
import { costOf } from '../link/stream-port.ts';
import { isAsyncIterable, type PumpEnd, StreamPump } from '../stream/stream-pump.ts';
import { GatheredBytes } from './gathered-bytes.ts';
import type { KeptValue } from './kept-value.ts';
import type { ParkedValues } from './parked-values.ts';

export type GatheredEnd = { readonly kind: 'kept'; readonly value: KeptValue } | Exclude<PumpEnd, { readonly kind: 'done' }>;

export interface GatheredResultOptions {
  readonly values: Pick<ParkedValues, 'gather' | 'spill'>;
  /** Of the function: of a stream, its output schema describes an item. */
  readonly definition: Definition;
  /** Whose it is, where that is a client. */
  readonly owner?: string | undefined;
  readonly ended: (end: GatheredEnd) => void;
}

export class GatheredResult {
  readonly #options: GatheredResultOptions;
  readonly #bytes: GatheredBytes;
  readonly #pump: StreamPump;
  /** Bytes for which there is room. */
  #reserved = 0;
  /** Why it could not go on, while its source is left. */
  #problem: unknown;
  #isStopped = false;

  /** `result`: what the handler gave. Throws `bad_result` when that is no stream. */
  constructor(result: unknown, options: GatheredResultOptions) {
    if (!isAsyncIterable(result)) {
      throw new HeddleError('bad_result', { path: [], expected: 'an AsyncIterable, because this is a stream', found: typeName(result) });
    }
    this.#options = options;
    this.#bytes = new GatheredBytes(options.values.spill);
    this.#pump = new StreamPump({
      source: result,
      // One item at a time (E1).
      credit: 1,
      isKept: true,
      write: (item) => this.#write(item),
      send: (value) => this.#take(value),
      ended: (end) => void this.#onEnded(end),
    });
  }

  start(): void {
    this.#pump.start();
  }

  /** Nobody wants it any more. */
  stop(): void {
    this.#isStopped = true;
    this.#pump.stop();
  }

  #write(item: unknown): Payload | Promise<Payload> {
    const checked = checkResult(item, this.#options.definition);
    return checked instanceof Promise ? checked.then((late: unknown) => this.#checked(late)) : this.#checked(checked);
  }

  /** E2. */
  #checked(item: unknown): Payload {
    const path = [this.#pump.items];
    if (!(item instanceof Uint8Array)) {
      const expected = 'bytes (a Uint8Array): of streams, only one of bytes can be a step';
      throw new HeddleError('bad_result', { path, expected, found: typeName(item) });
    }
    const size = this.#reserved + item.length;
    if (size > parkedBytesMax) {
      throw new HeddleError('bad_result', { path, expected: `at most ${parkedBytesMax} bytes together`, found: `${size} bytes` });
    }
    this.#options.values.gather({ bytes: item.length, owner: this.#options.owner });
    this.#reserved = size;
    return { encoding: 'bytes', bytes: item };
  }

  #take(value: Payload): void {
    const cost = costOf(value);
    const written = this.#bytes.add(value.bytes);
    if (!written) return this.#pump.grant(cost);
    written.then(
      () => this.#pump.grant(cost),
      (problem: unknown) => this.#give(problem),
    );
  }

  /** The bytes cannot be kept. */
  #give(problem: unknown): void {
    this.#problem ??= unkept(problem);
    this.#pump.stop();
  }

  async #onEnded(end: PumpEnd): Promise<void> {
    const { values, owner, ended } = this.#options;
    const kept = end.kind === 'done' ? await this.#finish() : this.#problem === undefined ? end : this.#failed();
    values.gather({ bytes: -this.#reserved, owner });
    if (kept.kind !== 'kept') this.#bytes.drop();
    ended(kept);
  }

  async #finish(): Promise<GatheredEnd> {
    try {
      const value = await this.#bytes.finish();
      return this.#isStopped ? { kind: 'left' } : { kind: 'kept', value };
    } catch (problem) {
      this.#problem ??= unkept(problem);
      return this.#failed();
    }
  }

  #failed(): GatheredEnd {
    return this.#isStopped ? { kind: 'left' } : { kind: 'unwritten', problem: this.#problem };
  }
}

function unkept(problem: unknown): HeddleError {
  const code = problem instanceof Error && 'code' in problem ? String(problem.code) : 'an error';
  return new HeddleError('bad_result', { path: [], expected: 'bytes that can be kept on disk', found: code }, { cause: problem });
}
