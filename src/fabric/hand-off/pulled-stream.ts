/**
 * An argument that was given as a stream of bytes, as its handler reads it: the bytes come from where they are kept while it does.
 *
 * Y1 nothing comes before it is read, and never more than one window ahead; each loop over it reads from the beginning.
 * Y2 a loop that comes to its end has had the bytes that were given, by their hash; otherwise it throws `lease_lost`.
 * Y3 once its call has its end, it gives nothing more.
 * Where the bytes come from is puller.ts.
 */

import { createHash } from 'node:crypto';
import type { Filled, Input, Parked } from '../../core/payload.ts';
import type { HeddleErrorOf } from '../../errors.ts';
import { protocolError } from '../../wire/value-problem.ts';
import { lossOf } from './lost-value.ts';

/** One reading of a value: its bytes in order, and, when they have all come, the hash of those that were given. */
export interface Reading extends AsyncIterable<Uint8Array> {
  readonly given: () => Uint8Array | Promise<Uint8Array>;
}

export interface PulledStreamOptions {
  readonly parked: Parked;
  /** Whose result it is. */
  readonly step: string;
  /** Begins to read. */
  readonly read: (signal: AbortSignal) => Promise<Reading>;
  /** Of the call whose argument it is. */
  readonly signal: AbortSignal;
}

/** Arguments with their bytes, but for those that come while they are read. */
export interface WholeArguments extends Filled {
  readonly streams?: ReadonlyMap<Input, PulledStream> | undefined;
}

export class PulledStream implements AsyncIterable<Uint8Array> {
  readonly #options: PulledStreamOptions;
  #lost: HeddleErrorOf<'lease_lost'> | undefined;

  constructor(options: PulledStreamOptions) {
    this.#options = options;
  }

  /** What a loop over it was told. */
  get lost(): HeddleErrorOf<'lease_lost'> | undefined {
    return this.#lost;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array<ArrayBuffer>> {
    const { parked, step, read, signal } = this.#options;
    signal.throwIfAborted();
    const hash = createHash('sha256');
    let at = 0;
    try {
      const reading = await read(signal);
      for await (const slice of reading) {
        // A copy of what others read as well: a handler may write to what it got.
        const bytes = new Uint8Array(slice);
        hash.update(bytes);
        at += bytes.length;
        yield bytes;
      }
      if (at !== parked.bytes) throw protocolError(`a value of ${parked.bytes} bytes ended after ${at}`);
      if (hash.digest().compare(await reading.given()) !== 0) throw protocolError('the bytes that came are not those that were given');
    } catch (problem) {
      signal.throwIfAborted();
      this.#lost = lossOf(parked, step, problem);
      throw this.#lost;
    }
  }
}
