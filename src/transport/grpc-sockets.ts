/**
 * The sockets of one listener: how many one address may hold, how long one may stay without asking for anything,
 * who holds each, and what became of it.
 */

import type { Socket } from 'node:net';

import type { CancelTask, Clock } from '../base/clock.ts';
import { firstMessageMs, socketsMax, socketsPerAddressMax } from './limits.ts';
import { type PeerCertificate, type Standing, unproven } from './peer-certificate.ts';
import { SocketWatch } from './socket-watch.ts';

interface Held {
  watch: SocketWatch;
  standing: Standing;
  readonly cancelDeadline: CancelTask;
}

const plain: Standing = { kind: 'plain' };
/** Where TLS is spoken: whoever is not known yet, or no longer, is nobody to be let in. */
const unknown: Standing = { kind: 'refused', doubt: unproven };

export interface SocketLimits {
  readonly perAddress: number;
  readonly inAll: number;
}

const defaultLimits: SocketLimits = { perAddress: socketsPerAddressMax, inAll: socketsMax };

export class GrpcSockets {
  readonly #clock: Clock;
  readonly #limits: SocketLimits;
  /** Who holds a socket of which nothing is known. */
  readonly #before: Standing;
  /** By `address:port` of the other side, as gRPC names its peers. */
  readonly #held = new Map<string, Held>();
  readonly #perAddress = new Map<string, number>();
  #onEmpty: (() => void) | undefined;

  /** `isProven`: who holds a socket has to be told by `identify`. */
  constructor(
    clock: Clock,
    { limits = defaultLimits, isProven = false }: { readonly limits?: SocketLimits; readonly isProven?: boolean } = {},
  ) {
    this.#clock = clock;
    this.#limits = limits;
    this.#before = isProven ? unknown : plain;
  }

  /** Takes a new socket; false (and the socket is gone) when there are too many. */
  admit(socket: Socket): boolean {
    const address = socket.remoteAddress;
    const count = this.#perAddress.get(address ?? '') ?? 0;
    const peer = `${address}:${socket.remotePort}`;
    if (address === undefined || count >= this.#limits.perAddress || this.#held.size >= this.#limits.inAll) {
      socket.on('error', () => {});
      socket.destroy();
      return false;
    }
    this.#perAddress.set(address, count + 1);
    const cancelDeadline = this.#clock.schedule(firstMessageMs, () => socket.destroy());
    this.#held.set(peer, { watch: new SocketWatch(socket), standing: this.#before, cancelDeadline });
    socket.once('close', () => this.#release(address, peer));
    return true;
  }

  /** Who holds an admitted socket is known; `secured` is what speaks TLS over it, if anything does. */
  identify(standing: Standing, secured: Socket): void {
    const held = this.#held.get(`${secured.remoteAddress}:${secured.remotePort}`);
    if (!held) return;
    held.standing = standing;
    held.watch = new SocketWatch(secured);
  }

  /** Who holds the socket of a stream (by `call.getPeer()`). */
  standingOf(peer: string): Standing {
    return this.#held.get(peer)?.standing ?? this.#before;
  }

  certificateOf(peer: string): PeerCertificate | undefined {
    const standing = this.standingOf(peer);
    return standing.kind === 'certified' ? standing.certificate : undefined;
  }

  /** The socket of a stream (by `call.getPeer()`), which has asked for something now. */
  claim(peer: string): SocketWatch | undefined {
    const held = this.#held.get(peer);
    held?.cancelDeadline();
    return held?.watch;
  }

  /** Ends every socket and resolves when all are closed. */
  async close(): Promise<void> {
    if (this.#held.size === 0) return;
    await new Promise<void>((resolve) => {
      this.#onEmpty = resolve;
      for (const { watch } of this.#held.values()) watch.destroy();
    });
  }

  #release(address: string, peer: string): void {
    this.#held.get(peer)?.cancelDeadline();
    this.#held.delete(peer);
    const count = (this.#perAddress.get(address) ?? 1) - 1;
    if (count > 0) this.#perAddress.set(address, count);
    else this.#perAddress.delete(address);
    if (this.#held.size === 0) this.#onEmpty?.();
  }
}
