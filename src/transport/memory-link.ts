/**
 * One end of a link in memory: the port's promises over two pipes.
 *
 * Bytes under way are counted as a socket's buffer would be, so that back-pressure and its limits behave as over gRPC.
 */

import { assert } from '../base/assert.ts';
import type { CancelTask, Clock } from '../base/clock.ts';
import { type Deferred, deferred } from '../base/deferred.ts';
import { HeddleError } from '../errors.ts';
import { closeGraceMs, frameBytesMax, outboxBytesMax, transfersMax, writableBytesMax } from './limits.ts';
import type { Packet } from './memory-pipe.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import type { Evidence, Link, LinkHandlers, LinkKind, Traffic } from './transport.ts';

export interface MemoryEndOptions {
  readonly clock: Clock;
  readonly kind: LinkKind;
  readonly remoteAddress: string;
  /** Of the process at the other end. */
  readonly certificate?: PeerCertificate | undefined;
  readonly valueBytesMax: number;
  readonly send: (packet: Packet) => void;
  /** Called once, when the end has closed. */
  readonly onEnd: (end: MemoryEnd) => void;
}

interface Closed {
  readonly evidence: Evidence;
  readonly message: string;
}

export class MemoryEnd implements Link {
  readonly #options: MemoryEndOptions;
  #state: 'greeting' | 'open' | 'closing' | 'closed' = 'greeting';
  #handlers: LinkHandlers | undefined;
  /** What arrived before `open`; undefined once that is delivered. */
  #early: Packet[] | undefined = [];
  /** What was sent before the answer. */
  #corked: Packet[] = [];
  #closed: Closed | undefined;
  #peer: MemoryEnd | undefined;
  #queuedBytes = 0;
  #sentBytes = 0;
  #receivedBytes = 0;
  #isWritable = true;
  #cancelGrace: CancelTask | undefined;
  readonly #transfers = new Map<number, Deferred<void>>();
  readonly #dropped = new Set<number>();
  readonly #finished: (() => void)[] = [];

  constructor(options: MemoryEndOptions) {
    this.#options = options;
  }

  get kind(): LinkKind {
    return this.#options.kind;
  }

  get remoteAddress(): string {
    return this.#options.remoteAddress;
  }

  get certificate(): PeerCertificate | undefined {
    return this.#options.certificate;
  }

  get isWritable(): boolean {
    return this.#isWritable;
  }

  get traffic(): Traffic {
    return { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes };
  }

  /** Whether it has closed, for whatever reason. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Ties the two ends together, for what a socket would tell its writer. */
  pair(peer: MemoryEnd): void {
    this.#peer = peer;
  }

  open(handlers: LinkHandlers): void {
    assert(this.#handlers === undefined, 'a link is opened twice');
    this.#handlers = handlers;
    this.#options.clock.schedule(0, () => this.#deliverEarly());
  }

  send(frame: Uint8Array): void {
    assert(frame.length <= frameBytesMax, 'a frame is over the limit');
    if (this.#isEnding) return;
    this.#queuedBytes += frame.length;
    this.#sentBytes += frame.length;
    if (this.#queuedBytes > outboxBytesMax) {
      this.fail('stalled', `the peer leaves more than ${outboxBytesMax} bytes unread`);
      return;
    }
    if (this.#queuedBytes > writableBytesMax) this.#isWritable = false;
    this.#put({ kind: 'frame', bytes: frame });
  }

  sendLarge(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void> {
    const { valueBytesMax } = this.#options;
    if (value.length > valueBytesMax) {
      return Promise.reject(new HeddleError('too_large', { what: 'a value', limit: valueBytesMax, found: value.length }));
    }
    if (this.#isEnding) return Promise.reject(linkClosed());
    if (signal?.aborted) return Promise.reject(new HeddleError('cancelled', { reason: signal.reason }, { executed: 'no' }));
    assert(!this.#transfers.has(transfer), 'a transfer is under way already');
    const settled = deferred<void>();
    this.#transfers.set(transfer, settled);
    const abort = (): void => {
      if (!this.#transfers.delete(transfer)) return;
      settled.reject(new HeddleError('cancelled', { reason: signal?.reason }, { executed: 'no' }));
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.#sentBytes += value.length;
    // A copy: over a wire the receiver's bytes are its own too.
    this.#put({ kind: 'large', transfer, value: value.slice() });
    return settled.promise.finally(() => signal?.removeEventListener('abort', abort));
  }

  /** What was sent is on its way. */
  whenWritten(done: () => void): void {
    done();
  }

  dropLarge(transfer: number): void {
    if (this.#isEnding) return;
    const [oldest] = this.#dropped;
    if (this.#dropped.size >= transfersMax && oldest !== undefined) this.#dropped.delete(oldest);
    this.#dropped.add(transfer);
  }

  close(): void {
    if (this.#isEnding) return;
    this.#put({ kind: 'close' });
    this.#state = 'closing';
    this.#cancelGrace = this.#options.clock.schedule(closeGraceMs, () => this.fail('local', 'closed by this side'));
  }

  /** Closes it and resolves when it is closed. */
  finish(): Promise<void> {
    this.close();
    return this.isClosed ? Promise.resolve() : new Promise((resolve) => this.#finished.push(resolve));
  }

  /** The greeting is over: what was held back goes out. */
  settle(): void {
    if (this.#state === 'greeting') this.#state = 'open';
    const corked = this.#corked;
    this.#corked = [];
    for (const packet of corked) this.#options.send(packet);
  }

  /** Ends here and now; the other end is told as a socket would tell it. */
  fail(evidence: Evidence, message: string): void {
    if (this.isClosed) return;
    this.#options.send({ kind: 'reset' });
    this.end(evidence, message);
  }

  /** Ends here and now, telling only this side's handlers. */
  end(evidence: Evidence, message: string): void {
    if (this.isClosed) return;
    this.#state = 'closed';
    this.#cancelGrace?.();
    this.#closed = { evidence, message };
    this.#options.onEnd(this);
    for (const settled of this.#transfers.values()) settled.reject(linkClosed());
    this.#transfers.clear();
    this.#reportClosed();
    for (const resolve of this.#finished) resolve();
  }

  /** The process is gone: nobody is left to tell. */
  die(): void {
    this.#handlers = undefined;
    this.fail('local', 'the process was killed');
  }

  receive(packet: Packet): void {
    if (this.isClosed) return;
    if (this.#early && packet.kind !== 'reset') this.#early.push(packet);
    else this.#handle(packet);
  }

  /** From the other end: so many bytes were read. */
  taken(bytes: number): void {
    this.#queuedBytes -= bytes;
    if (this.#isWritable || this.#queuedBytes > writableBytesMax / 2) return;
    this.#isWritable = true;
    if (this.#state === 'open') this.#handlers?.onWritable();
  }

  /** From the other end: a large value is there. False when it was given up on this side. */
  handedOver(transfer: number): boolean {
    this.#transfers.get(transfer)?.resolve();
    return this.#transfers.delete(transfer);
  }

  get #isEnding(): boolean {
    return this.#state === 'closing' || this.#state === 'closed';
  }

  #put(packet: Packet): void {
    if (this.#state === 'greeting') this.#corked.push(packet);
    else this.#options.send(packet);
  }

  #deliverEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const packet of early) this.#handle(packet);
    this.#reportClosed();
  }

  /** Tells the handlers, once, and not before they have had what came earlier. */
  #reportClosed(): void {
    if (!this.#closed || this.#early) return;
    const handlers = this.#handlers;
    this.#handlers = undefined;
    handlers?.onClose(this.#closed.evidence, this.#closed.message);
  }

  #handle(packet: Packet): void {
    switch (packet.kind) {
      case 'frame':
        this.#receivedBytes += packet.bytes.length;
        this.#peer?.taken(packet.bytes.length);
        if (this.#state === 'open') this.#handlers?.onFrame(packet.bytes);
        return;
      case 'large':
        return this.#onLarge(packet.transfer, packet.value);
      case 'close':
        this.#peer?.end('local', 'closed by this side');
        return this.end('remote', 'the peer closed the link');
      case 'reset':
        return this.end('reset', 'the connection was lost');
      case 'hello':
      case 'answer':
        // Taken by the network before the ends are handed over.
        return;
    }
  }

  #onLarge(transfer: number, value: Uint8Array): void {
    this.#receivedBytes += value.length;
    // The sender may have given it up while it travelled.
    if (!this.#peer?.handedOver(transfer)) return;
    const isDropped = this.#dropped.delete(transfer);
    if (!isDropped && this.#state === 'open') this.#handlers?.onLarge(transfer, value);
  }
}

function linkClosed(): HeddleError {
  return new HeddleError('closed', { what: 'the link' });
}
