/**
 * Gets the bytes of values that stayed with their producers: from this process, over the link to their server, or, for a client,
 * through its entry.
 *
 * G1 what comes are the bytes that were given, by their hash, or an error: whatever goes wrong is `lease_lost`, which says of
 *    whose result and why.
 *    Of a value to which a path leads, only the part comes, if its server can make it (value-parts.ts).
 * G2 values on their way in are bounded together (byte-room.ts); one is always let in, whatever its size, and costs itself and
 *    one window of slices.
 */

import { createHash } from 'node:crypto';
import { onAbort } from '../../base/aborts.ts';
import type { Input, Parked, Payload } from '../../core/payload.ts';
import { type FillRole, missingPart } from '../../core/workflow/fill.ts';
import { spread } from '../../core/workflow/hole-values.ts';
import { collectedMs } from '../../core/workflow/leases.ts';
import type { LeaseEffect } from '../../core/workflow/run-io.ts';
import { HeddleError } from '../../errors.ts';
import { protocolError } from '../../wire/value-problem.ts';
import { ByteRoom } from '../link/byte-room.ts';
import { StreamWindows } from '../stream/stream-windows.ts';
import { type KeptValue, sliceBytes } from './kept-value.ts';
import { lossOf } from './lost-value.ts';
import { askForPart } from './part-question.ts';
import { Pull, type PullPeer } from './pull.ts';
import { PulledStream, type Reading } from './pulled-stream.ts';
import type { ValueParts, WantedPart } from './value-parts.ts';

export interface PullerOptions {
  /** One that is kept in this process. */
  readonly findHere: (parked: Parked) => KeptValue | undefined;
  /** Parts of those. */
  readonly parts?: Pick<ValueParts, 'take'> | undefined;
  /** The way to whoever keeps a value; told once, now or later. Gives what takes the wish back. */
  readonly reach: (parked: Parked, done: (reached: PullPeer | HeddleError) => void) => () => void;
  /** Tells the servers that keep values. */
  readonly lease: (lease: LeaseEffect) => void;
  /** Bytes of values on their way in at once. */
  readonly bytesMax: number;
}

/** What is wanted, and whose result it is. */
export interface Wanted {
  readonly value: Payload;
  readonly parked: Parked;
  readonly step: string;
}

export class Puller {
  readonly #options: PullerOptions;
  readonly #room: ByteRoom;
  readonly #windows = new StreamWindows();

  constructor(options: PullerOptions) {
    this.#options = options;
    this.#room = new ByteRoom(options.bytesMax);
  }

  /** The value with its bytes. Rejects with `lease_lost`, or with the reason of the signal. */
  async pull({ value, parked, step }: Wanted, signal: AbortSignal): Promise<Payload> {
    const leave = await this.#room.enter(Math.max(parked.bytes, sliceBytes), signal);
    try {
      const bytes = await wholeOf(await this.#read(parked, signal), parked);
      signal.throwIfAborted();
      return { encoding: value.encoding, bytes };
    } catch (problem) {
      signal.throwIfAborted();
      throw lossOf(parked, step, problem);
    } finally {
      leave();
    }
  }

  /**
   * What an input needs of a value that is kept: the part to which its path leads, or all of it, with the path that is left then.
   * Rejects like `pull`, and, with the role's code, where the path leads nowhere.
   */
  async pullInput(input: Input, signal: AbortSignal, role: FillRole = 'arguments'): Promise<Pick<Input, 'value' | 'path'>> {
    const { value, path, name: step } = input;
    const { parked } = value;
    if (!parked) return input;
    const part =
      path.length === 0
        ? value
        : await this.#part({ parked, path }, step, signal).catch((problem: unknown) => {
            throw HeddleError.is(problem, 'bad_argument') ? missingPart(input, problem.detail.found, role) : problem;
          });
    if (!part.parked) return { value: part, path: [] };
    const isWhole = part.parked.id === parked.id;
    return { value: await this.pull({ value: part, parked: part.parked, step }, signal), path: isWhole ? path : [] };
  }

  /** A list, of which large elements stay where it is; or all of it. Rejects like `pull`, with `bad_argument` when it is none. */
  async openList(input: Input, listBytes: number, signal: AbortSignal): Promise<readonly Input[]> {
    const { value, path, name: step } = input;
    const { parked } = value;
    if (!parked || parked.isStream) return [input];
    const list = await this.#part({ parked, path, listBytes }, step, signal);
    if (!list.parked) return spread([{ ...input, value: list, path: [] }]);
    return [{ ...input, value: await this.pull({ value: list, parked, step }, signal) }];
  }

  /** Rejects with `bad_argument`, `lease_lost`, or with the reason of the signal. */
  async #part(wanted: WantedPart, step: string, signal: AbortSignal): Promise<Payload> {
    const { parked } = wanted;
    try {
      const here = this.#options.findHere(parked);
      if (here && this.#options.parts) return await this.#options.parts.take(here, wanted);
      return await askForPart(await this.#reach(parked, signal), wanted, signal);
    } catch (problem) {
      signal.throwIfAborted();
      throw HeddleError.is(problem, 'bad_argument') ? problem : lossOf(parked, step, problem);
    }
  }

  /** The value as a stream, of which nothing has come yet. */
  open({ parked, step }: Wanted, signal: AbortSignal): PulledStream {
    return new PulledStream({ parked, step, signal, read: (reading) => this.#read(parked, reading) });
  }

  /** What a run gave has been collected: its servers need not keep it for much longer. */
  collected(values: readonly Parked[]): void {
    const byServer = new Map<string, LeaseEffect & { readonly renewed: number[] }>();
    for (const { server, instance, id } of values) {
      const known = byServer.get(instance) ?? { kind: 'lease', server, instance, renewed: [], released: [], forMs: collectedMs };
      byServer.set(instance, known);
      known.renewed.push(id);
    }
    for (const lease of byServer.values()) this.#options.lease(lease);
  }

  async #read(parked: Parked, signal: AbortSignal): Promise<Reading> {
    const here = this.#options.findHere(parked);
    if (here) return { [Symbol.asyncIterator]: () => here.slices()[Symbol.asyncIterator](), given: () => here.hash };
    const peer = await this.#reach(parked, signal);
    const window = this.#windows.open();
    const pull = new Pull(peer, parked, window);
    const closed = (): void => {
      leaveSignal();
      this.#windows.close(window);
    };
    const leaveSignal = onAbort(signal, (reason) => pull.cancel(reason));
    return { [Symbol.asyncIterator]: () => closing(pull, closed), given: () => pull.hash };
  }

  #reach(parked: Parked, signal: AbortSignal): Promise<PullPeer> {
    return new Promise((resolve, reject) => {
      const leave = this.#options.reach(parked, (reached) => {
        if (HeddleError.is(reached)) reject(reached);
        else resolve(reached);
      });
      // Of a promise that has settled nothing comes any more.
      onAbort(signal, (reason) => {
        leave();
        reject(reason);
      });
    });
  }
}

/** What is read, and `closed` when it has been, to its end or not. */
async function* closing(slices: AsyncIterable<Uint8Array>, closed: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* slices;
  } finally {
    closed();
  }
}

/** The bytes in one piece. Throws when they are not those that were given. */
async function wholeOf(slices: Reading, parked: Parked): Promise<Uint8Array> {
  const whole = Buffer.allocUnsafeSlow(parked.bytes);
  const hash = createHash('sha256');
  let at = 0;
  for await (const bytes of slices) {
    if (at + bytes.length > whole.length) throw protocolError(`a value of ${whole.length} bytes has more of them`);
    whole.set(bytes, at);
    hash.update(bytes);
    at += bytes.length;
  }
  if (at < whole.length) throw protocolError(`a value of ${whole.length} bytes ended after ${at}`);
  if (hash.digest().compare(await slices.given()) !== 0) throw protocolError('the bytes that came are not those that were given');
  return whole;
}
