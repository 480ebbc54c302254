/**
 * The large values of one link: which frame they belong to, and what is still under way.
 *
 * L1 a frame is delivered once, when the last of its large values has arrived.
 * L2 a value whose frame was dropped is given up on both sides.
 * How values travel is the transport's (`sendLarge`); which ones are large is the frame codec's.
 */

import { quiet } from '../base/deferred.ts';
import type { Link } from '../transport/transport.ts';
import type { LargeIncoming, LargeOutgoing } from '../wire/frame.ts';

interface Expected {
  readonly fill: (value: Uint8Array) => void;
  readonly frame: WaitingFrame;
}

interface WaitingFrame {
  readonly transfers: number[];
  missing: number;
  deliver: (() => void) | undefined;
}

/** Values that may arrive before the frame that names them. */
const earlyMax = 64;

export class LargeValues {
  readonly #link: Pick<Link, 'sendLarge' | 'dropLarge'>;
  #nextTransfer = 1;
  #toSend: { readonly transfer: number; readonly bytes: Uint8Array }[] = [];
  readonly #expected = new Map<number, Expected>();
  readonly #early = new Map<number, Uint8Array>();
  readonly #framesById = new Map<number, WaitingFrame>();
  #current: WaitingFrame | undefined;
  readonly #put: LargeOutgoing = { put: (bytes) => this.#enqueue(bytes) };
  readonly #expect: LargeIncoming = { expect: (transfer, _bytes, fill) => this.#await(transfer, fill) };

  constructor(link: Pick<Link, 'sendLarge' | 'dropLarge'>) {
    this.#link = link;
  }

  /** For the encoder of one frame; `flush` sends what it put. */
  outgoing(): LargeOutgoing {
    return this.#put;
  }

  /** Starts the transfers of the frame just sent. A transfer that fails ends with its link. */
  flush(): void {
    if (this.#toSend.length === 0) return;
    const transfers = this.#toSend;
    this.#toSend = [];
    for (const { transfer, bytes } of transfers) quiet(this.#link.sendLarge(transfer, bytes));
  }

  /** For the decoder of one frame; afterwards `isWaiting` says whether the frame lacks values. */
  incoming(): LargeIncoming {
    this.#current = undefined;
    return this.#expect;
  }

  get isWaiting(): boolean {
    return this.#current !== undefined && this.#current.missing > 0;
  }

  /** Calls `deliver` when the frame just decoded is whole. */
  deliverWhenWhole(id: number | undefined, deliver: () => void): void {
    if (!this.#current) return deliver();
    this.#current.deliver = () => {
      if (id !== undefined) this.#framesById.delete(id);
      deliver();
    };
    if (id !== undefined) this.#framesById.set(id, this.#current);
  }

  arrived(transfer: number, value: Uint8Array): void {
    const expected = this.#expected.get(transfer);
    if (!expected) {
      if (this.#early.size < earlyMax) this.#early.set(transfer, value);
      return;
    }
    this.#expected.delete(transfer);
    expected.fill(value);
    expected.frame.missing -= 1;
    if (expected.frame.missing === 0) expected.frame.deliver?.();
  }

  /** Gives up the frame of a conversation if it is still waiting; says whether there was one. */
  drop(id: number): boolean {
    const frame = this.#framesById.get(id);
    if (!frame) return false;
    this.#framesById.delete(id);
    for (const transfer of frame.transfers) {
      if (this.#expected.delete(transfer)) this.#link.dropLarge(transfer);
    }
    return true;
  }

  #enqueue(bytes: Uint8Array): number {
    const transfer = this.#nextTransfer++;
    this.#toSend.push({ transfer, bytes });
    return transfer;
  }

  #await(transfer: number, fill: (value: Uint8Array) => void): void {
    const early = this.#early.get(transfer);
    if (early) {
      this.#early.delete(transfer);
      return fill(early);
    }
    this.#current ??= { transfers: [], missing: 0, deliver: undefined };
    this.#current.missing += 1;
    this.#current.transfers.push(transfer);
    this.#expected.set(transfer, { fill, frame: this.#current });
  }
}
