/**
 * What others have sent and nobody has been given yet: messages that are not whole, and those that wait to be read. With other limits
 * the same of what they are sent and leave unread.
 *
 * U1 it is bounded a connection, an address and in all. Beyond a bound one connection is cut off: of those that the bound is for,
 *    the one that holds most. U2 what was cut off counts for nothing at once, and what it still sends neither.
 * A limit on messages does not do this: a client may begin a message of 4 MiB on each of 256 streams of each of 4,096 sockets, and
 * end none; or ask for 4 MiB on each, and read nothing.
 */

import {
  keptBytesMax,
  keptPerAddressBytesMax,
  keptPerConnectionBytesMax,
  unfinishedBytesMax,
  unfinishedPerAddressBytesMax,
  unfinishedPerConnectionBytesMax,
  unreadBytesMax,
  unreadPerAddressBytesMax,
  unreadPerConnectionBytesMax,
} from './limits.ts';
import { hostOf } from './ports.ts';

export interface UnfinishedLimits {
  readonly perConnection: number;
  readonly perAddress: number;
  readonly inAll: number;
}

const defaults: UnfinishedLimits = {
  perConnection: unfinishedPerConnectionBytesMax,
  perAddress: unfinishedPerAddressBytesMax,
  inAll: unfinishedBytesMax,
};

/** Of what is sent and not read. */
export const unreadLimits: UnfinishedLimits = {
  perConnection: unreadPerConnectionBytesMax,
  perAddress: unreadPerAddressBytesMax,
  inAll: unreadBytesMax,
};

/** Of large values, and of frames that lack one, which are here in part. */
export const keptLimits: UnfinishedLimits = {
  perConnection: keptPerConnectionBytesMax,
  perAddress: keptPerAddressBytesMax,
  inAll: keptBytesMax,
};

interface Holder {
  readonly peer: string;
  readonly address: { bytes: number; connections: number };
  bytes: number;
  streams: number;
  isCut: boolean;
}

export class Unfinished {
  readonly #limits: UnfinishedLimits;
  readonly #cut: (peer: string, bytes: number) => void;
  readonly #holders = new Map<string, Holder>();
  readonly #addresses = new Map<string, Holder['address']>();
  #bytes = 0;

  /** `cut` ends the connection of a peer (`address:port`). */
  constructor(cut: (peer: string, bytes: number) => void, limits: UnfinishedLimits = defaults) {
    this.#cut = cut;
    this.#limits = limits;
  }

  /** Bytes held now. */
  get bytes(): number {
    return this.#bytes;
  }

  /** A stream of a connection has opened. */
  open(peer: string): UnfinishedStream {
    const holder = this.#holders.get(peer) ?? this.#connected(peer);
    holder.streams += 1;
    return new UnfinishedStream(
      (bytes) => this.#add(holder, bytes),
      () => this.#closed(holder),
    );
  }

  #connected(peer: string): Holder {
    const host = hostOf(peer);
    const address = this.#addresses.get(host) ?? { bytes: 0, connections: 0 };
    this.#addresses.set(host, address);
    address.connections += 1;
    const holder = { peer, address, bytes: 0, streams: 0, isCut: false };
    this.#holders.set(peer, holder);
    return holder;
  }

  #add(holder: Holder, bytes: number): void {
    if (holder.isCut) return;
    holder.bytes += bytes;
    holder.address.bytes += bytes;
    this.#bytes += bytes;
    if (bytes <= 0) return;
    if (holder.bytes > this.#limits.perConnection) this.#end(holder);
    if (holder.address.bytes > this.#limits.perAddress) this.#end(this.#heaviest((one) => one.address === holder.address));
    if (this.#bytes > this.#limits.inAll) this.#end(this.#heaviest(() => true));
  }

  #heaviest(counts: (holder: Holder) => boolean): Holder | undefined {
    let heaviest: Holder | undefined;
    for (const holder of this.#holders.values()) {
      if (!holder.isCut && counts(holder) && holder.bytes > (heaviest?.bytes ?? 0)) heaviest = holder;
    }
    return heaviest;
  }

  #end(holder: Holder | undefined): void {
    if (!holder || holder.isCut) return;
    const { bytes, peer } = holder;
    this.#add(holder, -bytes);
    holder.isCut = true;
    this.#cut(peer, bytes);
  }

  #closed(holder: Holder): void {
    holder.streams -= 1;
    if (holder.streams > 0) return;
    this.#holders.delete(holder.peer);
    holder.address.connections -= 1;
    if (holder.address.connections === 0) this.#addresses.delete(hostOf(holder.peer));
  }
}

/** What one stream holds. */
export class UnfinishedStream {
  readonly #add: (bytes: number) => void;
  readonly #onClosed: () => void;
  #bytes = 0;
  #isClosed = false;

  constructor(add: (bytes: number) => void, onClosed: () => void) {
    this.#add = add;
    this.#onClosed = onClosed;
  }

  came(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes += bytes;
    this.#add(bytes);
  }

  /** Somebody was given a message of so many bytes; one that was packed is larger than what came. */
  given(bytes: number): void {
    const freed = Math.min(this.#bytes, bytes);
    this.#bytes -= freed;
    this.#add(-freed);
  }

  /** So many bytes are held, whatever was before. */
  holds(bytes: number): void {
    if (bytes < this.#bytes) this.given(this.#bytes - bytes);
    else if (bytes > this.#bytes) this.came(bytes - this.#bytes);
  }

  /** What the stream holds is nobody's any more. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.given(this.#bytes);
    this.#onClosed();
  }
}
