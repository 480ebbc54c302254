/**
 * The large values that arrive on one link: put together under limits that the sender cannot overrun.
 *
 * R1 a value is delivered once, whole, when its last byte is there; a value given up by either side never.
 * R2 memory is bounded: at most `arrivingMax` values are begun, each holds at most its first free chunk until it has
 *    room, and room is `arrivingBytesMax` in all (one value is always let in).
 * R3 whoever sends more than the limit, the announced size or the credit has broken the protocol.
 */

import type { Problem } from './batch-codec.ts';
import type { Chunk } from './chunk-codec.ts';
import { arrivingBytesMax, arrivingMax, chunkBytesMax, creditBytesInitial, creditBytesMax, transfersMax } from './limits.ts';

export interface LargeReceiverOptions {
  readonly valueBytesMax: number;
  readonly write: (chunk: Partial<Chunk>) => void;
  readonly onLarge: (transfer: number, value: Uint8Array) => void;
  /** So many bytes are here of values that are not whole. */
  readonly onPartial?: ((bytes: number) => void) | undefined;
}

interface Arriving {
  readonly transfer: number;
  readonly bytesTotal: number;
  /** Where it is put together; absent until it has room. */
  whole: Buffer | undefined;
  /** What came before it had room: at most the free chunk. */
  early: Uint8Array[];
  received: number;
  /** What the sender may have sent in all by now. */
  allowed: number;
  isUnwanted: boolean;
}

export class LargeReceiver {
  readonly #options: LargeReceiverOptions;
  readonly #arriving = new Map<number, Arriving>();
  /** Given up here before they began. */
  readonly #unwanted = new Set<number>();
  #roomBytes = 0;
  /** Of values that are wanted and not whole. */
  #partialBytes = 0;

  constructor(options: LargeReceiverOptions) {
    this.#options = options;
  }

  /** Takes one chunk of a value; says what is wrong with it. */
  onData(chunk: Chunk): Problem | undefined {
    if (chunk.data.length > chunkBytesMax) return `a chunk of ${chunk.data.length} bytes is over the limit of ${chunkBytesMax}`;
    const arriving = this.#arriving.get(chunk.transfer);
    if (arriving) return chunk.bytesTotal > 0 ? 'a transfer begins twice' : this.#take(arriving, chunk.data);
    const problem = this.#problemOf(chunk);
    if (problem !== undefined) return problem;
    return this.#begin(chunk);
  }

  /** The sender has given a value up, or forgotten it after `drop`. */
  onDropped(transfer: number): void {
    this.#unwanted.delete(transfer);
    const arriving = this.#arriving.get(transfer);
    if (arriving) this.#forget(arriving);
  }

  /** Gives a value up, begun or not. */
  drop(transfer: number): void {
    const arriving = this.#arriving.get(transfer);
    if (arriving?.isUnwanted || this.#unwanted.has(transfer)) return;
    if (arriving) {
      this.#letGo(arriving);
      arriving.isUnwanted = true;
    } else this.#remember(transfer);
    this.#options.write({ transfer, isUnwanted: true });
  }

  close(): void {
    this.#arriving.clear();
    this.#unwanted.clear();
  }

  /** The oldest is forgotten first: its value, should it ever come, is delivered to someone who ignores it. */
  #remember(transfer: number): void {
    const [oldest] = this.#unwanted;
    if (this.#unwanted.size >= transfersMax && oldest !== undefined) this.#unwanted.delete(oldest);
    this.#unwanted.add(transfer);
  }

  #problemOf({ bytesTotal, data }: Chunk): Problem | undefined {
    const { valueBytesMax } = this.#options;
    if (bytesTotal > valueBytesMax) return `a value of ${bytesTotal} bytes is over the limit of ${valueBytesMax}`;
    if (this.#arriving.size >= arrivingMax) return `more than ${arrivingMax} values are begun at once`;
    if (bytesTotal === 0 && data.length > 0) return 'a transfer does not say its size';
    return undefined;
  }

  #begin({ transfer, bytesTotal, data }: Chunk): Problem | undefined {
    const isUnwanted = this.#unwanted.delete(transfer);
    const allowed = Math.min(creditBytesInitial, bytesTotal);
    const arriving: Arriving = { transfer, bytesTotal, whole: undefined, early: [], received: 0, allowed, isUnwanted };
    this.#arriving.set(transfer, arriving);
    if (bytesTotal > data.length) this.#letIn();
    return this.#take(arriving, data);
  }

  #take(arriving: Arriving, data: Uint8Array): Problem | undefined {
    const at = arriving.received;
    arriving.received += data.length;
    if (arriving.received > arriving.allowed) return 'a transfer exceeds its size or its credit';
    if (!arriving.isUnwanted) {
      this.#hold(data.length);
      if (arriving.whole) arriving.whole.set(data, at);
      else arriving.early.push(data);
    }
    if (arriving.received === arriving.bytesTotal) this.#finish(arriving);
    else this.#allowMore(arriving);
    return undefined;
  }

  #finish(arriving: Arriving): void {
    const value = arriving.whole ?? onlyOr(arriving.early);
    this.#forget(arriving);
    if (arriving.isUnwanted) return;
    this.#options.write({ transfer: arriving.transfer, isReceived: true });
    this.#options.onLarge(arriving.transfer, value);
  }

  #forget(arriving: Arriving): void {
    this.#arriving.delete(arriving.transfer);
    if (!arriving.isUnwanted) this.#letGo(arriving);
  }

  #letGo(arriving: Arriving): void {
    this.#hold(-arriving.received);
    this.#giveRoomBack(arriving);
  }

  #hold(bytes: number): void {
    this.#partialBytes += bytes;
    this.#options.onPartial?.(this.#partialBytes);
  }

  #giveRoomBack(arriving: Arriving): void {
    arriving.early = [];
    if (!arriving.whole) return;
    arriving.whole = undefined;
    this.#roomBytes -= arriving.bytesTotal;
    this.#letIn();
  }

  /** Gives room, in the order of beginning, as far as there is some. */
  #letIn(): void {
    for (const arriving of this.#arriving.values()) {
      if (arriving.whole || arriving.isUnwanted) continue;
      if (this.#roomBytes > 0 && this.#roomBytes + arriving.bytesTotal > arrivingBytesMax) return;
      this.#roomBytes += arriving.bytesTotal;
      arriving.whole = gather(arriving);
      arriving.early = [];
      this.#allowMore(arriving);
    }
  }

  /** Keeps up to `creditBytesMax` under way, told in halves so that credit costs two messages a window. */
  #allowMore(arriving: Arriving): void {
    if (!arriving.whole) return;
    const wanted = Math.min(arriving.bytesTotal, arriving.received + creditBytesMax);
    const credit = wanted - arriving.allowed;
    if (credit === 0 || (credit < creditBytesMax / 2 && wanted < arriving.bytesTotal)) return;
    arriving.allowed = wanted;
    this.#options.write({ transfer: arriving.transfer, credit });
  }
}

/** The buffer of a whole value, with what came early in it. Its pages are touched only as bytes arrive. */
function gather({ bytesTotal, early }: Arriving): Buffer {
  const whole = Buffer.allocUnsafeSlow(bytesTotal);
  let at = 0;
  for (const data of early) {
    whole.set(data, at);
    at += data.length;
  }
  return whole;
}

function onlyOr(parts: readonly Uint8Array[]): Uint8Array {
  const [only] = parts;
  return parts.length === 1 && only ? only : Buffer.concat(parts);
}
