/**
 * A link or session over gRPC: the port's promises on top of one stream of batches and, on need, a bulk channel.
 *
 * The greeting is over when a link is made; grpc-dial.ts and grpc-arrival.ts do that, one for each side.
 */

import { assert } from '../base/assert.ts';
import type { CancelTask, Clock } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import { type BatchVisitor, encodeLast, readBatch } from './batch-codec.ts';
import { Inbox } from './inbox.ts';
import { LargeValues } from './large-values.ts';
import { closeGraceMs, frameBytesMax, outboxBytesMax } from './limits.ts';
import { ignoreDone, type MessageHandlers, type MessageStream } from './message-stream.ts';
import { Outbox } from './outbox.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import type { Evidence, Link, LinkHandlers, LinkKind, Traffic } from './transport.ts';
import type { Turns } from './turns.ts';

export interface GrpcLinkOptions {
  readonly kind: LinkKind;
  readonly remoteAddress: string;
  readonly certificate: PeerCertificate | undefined;
  readonly clock: Clock;
  readonly turns: Turns;
  /** Paused; it belongs to the link. */
  readonly stream: MessageStream;
  readonly valueBytesMax: number | undefined;
  /** Gets the bulk channel going: the dialler opens it, the acceptor asks for it. It comes by `attachBulk`. */
  readonly openBulk: (link: GrpcLink) => void;
  /** Told what waits for a peer that does not read, and when it does again. */
  readonly onWaiting?: ((bytes: number) => void) | undefined;
  /** Told how much is here of large values and frames that are not whole. */
  readonly onKept?: ((bytes: number) => void) | undefined;
  /** Called once, when the link has closed and nothing of it is left. */
  readonly onGone: (link: GrpcLink) => void;
}

interface Ending {
  readonly evidence: Evidence;
  readonly message: string;
}

export class GrpcLink implements Link, MessageHandlers {
  readonly #options: GrpcLinkOptions;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #large: LargeValues;
  readonly #visitor: BatchVisitor;
  #handlers: LinkHandlers | undefined;
  #state: 'open' | 'closing' | 'closed' = 'open';
  #isGreeted = false;
  #ending: Ending | undefined;
  #wasWritable = true;
  #cancelGrace: CancelTask | undefined;
  #sentBytes = 0;
  #receivedBytes = 0;
  /** Of large values that are not whole, and what the receiver keeps. */
  #partialBytes = 0;
  #keptBytes = 0;
  readonly #waitingForEnd: (() => void)[] = [];

  constructor(options: GrpcLinkOptions) {
    this.#options = options;
    const { stream } = options;
    this.#outbox = new Outbox({
      write: (message, done) => {
        this.#sentBytes += message.length;
        stream.write(message, done);
      },
      onWritable: () => this.#updateWritable(),
      onWaiting: options.onWaiting,
      onOverflow: () => this.fail('stalled', `the peer leaves more than ${outboxBytesMax} bytes unread`),
    });
    this.#inbox = new Inbox({
      nowMs: () => options.clock.nowMs(),
      turns: options.turns,
      deliver: (frame) => this.#onFrame(frame),
      pause: () => stream.pause(),
      resume: () => stream.resume(),
    });
    this.#large = new LargeValues({
      valueBytesMax: options.valueBytesMax,
      onNeeded: () => options.openBulk(this),
      onLarge: (transfer, value) => this.#onLarge(transfer, value),
      onPartial: (bytes) => {
        this.#partialBytes = bytes;
        this.#sayKept();
      },
      onProgress: () => this.#onProgress(),
      onProblem: (problem) => this.breach(problem),
      onLost: (evidence, message) => this.fail(evidence, message),
    });
    this.#visitor = {
      frame: (frame) => this.#inbox.push(frame),
      welcome: () => this.breach('a second welcome'),
      wantsBulk: () => this.#large.need(),
      last: () => this.#onLast(),
    };
    stream.take(this);
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
    return this.#outbox.isWritable && this.#large.waitingBytes <= outboxBytesMax;
  }

  get waitedMs(): number {
    return this.#inbox.waitedMs;
  }

  get traffic(): Traffic {
    const { sentBytes, receivedBytes } = this.#large;
    return { sentBytes: this.#sentBytes + sentBytes, receivedBytes: this.#receivedBytes + receivedBytes };
  }

  open(handlers: LinkHandlers): void {
    assert(this.#handlers === undefined, 'a link is opened twice');
    this.#handlers = handlers;
    if (this.#ending) this.#options.clock.schedule(0, () => this.#reportEnding());
    else if (this.#isGreeted) this.#options.stream.resume();
  }

  send(frame: Uint8Array): void {
    assert(frame.length <= frameBytesMax, 'a frame is over the limit');
    if (this.#state !== 'open') return;
    this.#outbox.push(frame);
    if (this.#wasWritable) this.#wasWritable = this.isWritable;
  }

  keeps(bytes: number): void {
    this.#keptBytes = bytes;
    this.#sayKept();
  }

  sendLarge(transfer: number, value: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#state !== 'open') return Promise.reject(new HeddleError('closed', { what: 'the link' }));
    if (this.#large.isFull) this.fail('stalled', 'the peer takes no large values');
    const sent = this.#large.send(transfer, value, signal);
    this.#wasWritable = this.isWritable;
    return sent;
  }

  whenWritten(done: () => void): void {
    this.#outbox.whenFlushed(done);
  }

  dropLarge(transfer: number): void {
    this.#large.drop(transfer);
  }

  close(): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#cancelGrace = this.#options.clock.schedule(closeGraceMs, () => this.fail('local', 'closed by this side'));
    this.#outbox.whenFlushed(() => this.#sayLast());
  }

  /** Closes it and resolves when nothing of it is left. */
  finish(): Promise<void> {
    this.close();
    return this.#state === 'closed' ? Promise.resolve() : new Promise((resolve) => this.#waitingForEnd.push(resolve));
  }

  /** The greeting is out: frames may follow. */
  start(): void {
    this.#isGreeted = true;
    this.#outbox.uncork();
    // Not before: what a peer sends ahead of its answer is not for handlers that may refuse it.
    if (this.#handlers) this.#options.stream.resume();
  }

  /** The refusal is out: closes, without another word. */
  refuse(): void {
    this.#options.stream.end();
    this.#end('local', 'the link was refused');
  }

  /** The bulk channel is there. */
  attachBulk(stream: MessageStream): void {
    this.#large.attach(stream);
  }

  /** Sends one message beside the frames. */
  control(message: Buffer): void {
    if (this.#state !== 'closed') this.#options.stream.write(message, ignoreDone);
  }

  /** The peer broke the protocol. */
  breach(problem: string): void {
    this.fail('local', `the peer broke the protocol: ${problem}`);
  }

  /** Ends here and now. */
  fail(evidence: Evidence, message: string): void {
    if (this.#state === 'closed') return;
    this.#options.stream.destroy();
    this.#end(this.#state === 'closing' ? 'local' : evidence, message);
  }

  onMessage(message: Uint8Array): void {
    if (this.#state === 'closed') return;
    this.#receivedBytes += message.length;
    this.#inbox.begin();
    const problem = readBatch(message, this.#visitor);
    if (problem !== undefined) this.breach(problem);
  }

  onEnd(evidence: Evidence, message: string): void {
    this.#inbox.flush();
    if (this.#state === 'closing') return this.#end('local', 'closed by this side');
    this.#end(evidence, message || 'the connection was lost');
  }

  #onFrame(frame: Uint8Array): void {
    if (this.#state === 'open') this.#handlers?.onFrame(frame);
  }

  #sayKept(): void {
    this.#options.onKept?.(this.#partialBytes + this.#keptBytes);
  }

  #onLarge(transfer: number, value: Uint8Array): void {
    if (this.#state === 'open') this.#handlers?.onLarge(transfer, value);
  }

  #onLast(): void {
    this.#inbox.flush();
    if (this.#state === 'closed') return;
    const { stream, clock } = this.#options;
    stream.end();
    // Our half is ended; the connection goes when the peer has seen it, or after the grace.
    const cancel = clock.schedule(closeGraceMs, () => stream.destroy());
    stream.take({ onMessage: () => {}, onEnd: cancel });
    this.#end(this.#state === 'closing' ? 'local' : 'remote', 'the peer closed the link');
  }

  #sayLast(): void {
    if (this.#state !== 'closing' || this.#large.sending > 0) return;
    const { stream } = this.#options;
    stream.write(encodeLast(), ignoreDone);
    stream.end();
  }

  #onProgress(): void {
    this.#updateWritable();
    if (this.#state === 'closing' && this.#large.sending === 0) this.#outbox.whenFlushed(() => this.#sayLast());
  }

  #updateWritable(): void {
    const was = this.#wasWritable;
    this.#wasWritable = this.isWritable;
    if (!was && this.#wasWritable && this.#state === 'open') this.#handlers?.onWritable();
  }

  #end(evidence: Evidence, message: string): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#ending = { evidence, message };
    this.#cancelGrace?.();
    this.#outbox.close();
    this.#inbox.close();
    this.#large.close();
    this.#options.onGone(this);
    for (const resolve of this.#waitingForEnd) resolve();
    this.#reportEnding();
  }

  #reportEnding(): void {
    const handlers = this.#handlers;
    this.#handlers = undefined;
    if (this.#ending) handlers?.onClose(this.#ending.evidence, this.#ending.message);
  }
}
