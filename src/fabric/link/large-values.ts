/**
 * The large values of one link: which frame they belong to, and what is still under way.
 *
 * L1 a frame is delivered once, when the last of its large values has arrived.
 * L2 a value whose frame was dropped is given up on both sides.
 * L3 what is here of frames that are not whole, and of values ahead of their frames, is told to the link (`keeps`).
 * L4 at most `sendingMax` values are on their way out at once, fewer than a link takes; the others wait their turn.
 * How values travel is the transport's (`sendLarge`); which ones are large is the frame codec's.
 */

import { quiet } from '../../base/deferred.ts';
import { HeddleError } from '../../errors.ts';
import type { Link } from '../../transport/transport.ts';
import type { Frame, LargeIncoming, LargeOutgoing } from '../../wire/frame.ts';

interface Expected {
  readonly bytes: number;
  readonly fill: (value: Uint8Array) => void;
  readonly frame: WaitingFrame;
}

interface Transfer {
  readonly transfer: number;
  readonly bytes: Uint8Array;
}

interface WaitingFrame {
  readonly transfers: number[];
  missing: number;
  /** Of its values that are here. */
  bytes: number;
  deliver: (() => void) | undefined;
}

/** Values that may arrive before the frames that name them: one a call in flight, and two of the largest in bytes. */
const earlyMax = 1_024;
const earlyBytesMax = 128 * 1024 * 1024;

/** Large values of one frame: more could fill the link's transfers with one call. */
export const largePerFrameMax = 1_024;

/** Values that all frames of a link may wait for at once. */
const expectedMax = 65_536;

/** Values on their way out of one link at once; the transport gives a link up beyond 4,096. */
const sendingMax = 1_024;

export class LargeValues {
  readonly #link: Pick<Link, 'sendLarge' | 'dropLarge' | 'keeps'>;
  #nextTransfer = 1;
  /** Of the frame being encoded. */
  #toSend: Transfer[] = [];
  readonly #queue: Transfer[] = [];
  #sending = 0;
  readonly #expected = new Map<number, Expected>();
  readonly #early = new Map<number, Uint8Array>();
  #earlyBytes = 0;
  /** Of frames that are not whole. */
  #waitingBytes = 0;
  /** Of the large values of the frame that was decoded last, as far as they were here. */
  #decodedBytes = 0;
  readonly #framesById = new Map<number, WaitingFrame>();
  #current: WaitingFrame | undefined;
  readonly #put: LargeOutgoing = { put: (bytes) => this.#enqueue(bytes) };
  readonly #expect: LargeIncoming = { expect: (transfer, bytes, fill) => this.#await(transfer, { bytes, fill }) };

  constructor(link: Pick<Link, 'sendLarge' | 'dropLarge' | 'keeps'>) {
    this.#link = link;
  }

  /** For the encoder of one frame; `flush` sends what it put. */
  outgoing(): LargeOutgoing {
    return this.#put;
  }

  /** Starts the transfers of the frame just sent, or queues them (L4). A transfer that fails ends with its link. */
  flush(): void {
    if (this.#toSend.length === 0) return;
    this.#queue.push(...this.#toSend);
    this.#toSend = [];
    this.#sendNext();
  }

  #sendNext(): void {
    while (this.#sending < sendingMax) {
      const next = this.#queue.shift();
      if (!next) return;
      this.#sending += 1;
      void quiet(this.#link.sendLarge(next.transfer, next.bytes).finally(() => this.#onSent()));
    }
  }

  #onSent(): void {
    this.#sending -= 1;
    this.#sendNext();
  }

  /** Lets go of what was put for a frame that is not sent after all. */
  forget(): void {
    this.#toSend = [];
  }

  /** For the decoder of one frame; afterwards `isWaiting` says whether the frame lacks values. */
  incoming(): LargeIncoming {
    this.#current = undefined;
    this.#decodedBytes = 0;
    return this.#expect;
  }

  get isWaiting(): boolean {
    return this.#current !== undefined && this.#current.missing > 0;
  }

  /** Bytes of the large values of the frame that was decoded last, as far as they are here: of all, unless it `isWaiting`. */
  get decodedBytes(): number {
    return this.#decodedBytes;
  }

  /** Calls `deliver`, with the bytes of its large values, when the frame just decoded is whole. */
  deliverWhenWhole(id: number | undefined, deliver: (largeBytes: number) => void): void {
    const frame = this.#current;
    if (!frame) return deliver(this.#decodedBytes);
    frame.deliver = () => {
      if (id !== undefined) this.#framesById.delete(id);
      this.holds(-frame.bytes);
      deliver(frame.bytes);
    };
    frame.bytes = this.#decodedBytes;
    this.holds(frame.bytes);
    if (id !== undefined) this.#framesById.set(id, frame);
  }

  /** Throws `protocol_error` for a value of another size than its frame said, and when too many are ahead of their frames. */
  arrived(transfer: number, value: Uint8Array): void {
    const expected = this.#expected.get(transfer);
    if (!expected) return this.#keep(transfer, value);
    const { frame } = expected;
    this.#expected.delete(transfer);
    checkSize(value, expected.bytes);
    expected.fill(value);
    frame.missing -= 1;
    frame.bytes += value.length;
    this.holds(value.length);
    if (frame.missing === 0) frame.deliver?.();
  }

  /** Gives up the frame of a conversation if it is still waiting; says whether there was one. */
  drop(id: number): boolean {
    const frame = this.#framesById.get(id);
    if (!frame) return false;
    this.#framesById.delete(id);
    this.holds(-frame.bytes);
    for (const transfer of frame.transfers) {
      if (this.#expected.delete(transfer)) this.#link.dropLarge(transfer);
    }
    return true;
  }

  /** So many bytes more, or fewer, are kept of frames that cannot be delivered yet (L3). */
  holds(bytes: number): void {
    this.#waitingBytes += bytes;
    this.#link.keeps?.(this.#waitingBytes + this.#earlyBytes);
  }

  /** A value that is ahead of its frame. */
  #keep(transfer: number, value: Uint8Array): void {
    this.#earlyBytes += value.length;
    this.#early.set(transfer, value);
    this.holds(0);
    if (this.#early.size <= earlyMax && this.#earlyBytes <= earlyBytesMax) return;
    throw new HeddleError('protocol_error', { problem: `over ${earlyMax} values or ${earlyBytesMax} bytes came ahead of their frames` });
  }

  #enqueue(bytes: Uint8Array): number {
    if (this.#toSend.length >= largePerFrameMax) {
      throw new HeddleError('too_large', { what: 'the number of values over 64 KiB in one frame', limit: largePerFrameMax });
    }
    const transfer = this.#nextTransfer++;
    this.#toSend.push({ transfer, bytes });
    return transfer;
  }

  #await(transfer: number, { bytes, fill }: Omit<Expected, 'frame'>): void {
    const early = this.#early.get(transfer);
    if (early) {
      this.#early.delete(transfer);
      this.#earlyBytes -= early.length;
      this.holds(0);
      checkSize(early, bytes);
      this.#decodedBytes += bytes;
      return fill(early);
    }
    if (this.#expected.size >= expectedMax) {
      throw new HeddleError('protocol_error', { problem: `frames wait for over ${expectedMax} values that have not come` });
    }
    this.#current ??= { transfers: [], missing: 0, bytes: 0, deliver: undefined };
    this.#current.missing += 1;
    this.#current.transfers.push(transfer);
    this.#expected.set(transfer, { bytes, fill, frame: this.#current });
  }
}

function checkSize({ length }: Uint8Array, bytes: number): void {
  if (length !== bytes) throw new HeddleError('protocol_error', { problem: `a value of ${length} bytes came where ${bytes} were said` });
}

/** The number of a request: what a cancel names. Answers count for the other side, whose numbers are its own. */
export function requestIdOf(frame: Frame): number | undefined {
  return frame.kind === 'call' || frame.kind === 'submit' || frame.kind === 'query' ? frame.id : undefined;
}
