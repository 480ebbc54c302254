/**
 * The accepting side: streams that come in, their greeting, and the bulk channels that find their link by its token.
 */

import { Metadata, type ServerDuplexStream, status } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import { systemRandom } from '../base/random.ts';
import { HeddleError } from '../errors.ts';
import { encodeWantsBulk, encodeWelcome, readGreeting } from './batch-codec.ts';
import { decodeChunk } from './chunk-codec.ts';
import { type EndStatus, statusOfDoubt } from './grpc-guard.ts';
import type { Holdings } from './grpc-holdings.ts';
import type { OwnStream } from './grpc-interceptor.ts';
import { GrpcLink } from './grpc-link.ts';
import { conversationsPerSocketMax } from './limits.ts';
import { ignoreDone, type MessageHandlers, type MessageStream } from './message-stream.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import { PrefixedMessages } from './prefixed-messages.ts';
import type { SocketWatch } from './socket-watch.ts';
import type { Acceptor, Answer, Evidence, LinkKind } from './transport.ts';
import type { Turns } from './turns.ts';

export interface ArrivalsOptions {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly acceptor: Acceptor;
  readonly valueBytesMax: number | undefined;
  readonly holdings: Pick<Holdings, 'unread' | 'kept'>;
}

/** One stream that came in. */
export interface Arrived extends OwnStream {
  /** Its headers, status and cancellation. */
  readonly call: ServerDuplexStream<Buffer, Buffer>;
  readonly socket: SocketWatch;
  /** Whose it is, by certificate. */
  readonly certificate: PeerCertificate | undefined;
}

const tokenBytes = 16;

export class Arrivals {
  readonly #options: ArrivalsOptions;
  readonly #links = new Map<GrpcLink, string>();
  readonly #byToken = new Map<string, GrpcLink>();
  readonly #conversations = new WeakMap<SocketWatch, number>();

  constructor(options: ArrivalsOptions) {
    this.#options = options;
  }

  /** Takes a stream of `Mesh.Link` or `Fabric.Session`. */
  greet(kind: LinkKind, arrived: Arrived): void {
    const stream = this.#arrived(arrived);
    if (!stream) return;
    stream.take({
      onMessage: (message) => {
        stream.pause();
        const greeting = readGreeting(message);
        if (!greeting) return stream.destroy();
        this.#accept(this.#link(kind, stream, arrived), stream, greeting.greeting);
      },
      onEnd: () => {},
    });
    stream.resume();
  }

  /** Takes a stream of `Mesh.Bulk` or `Fabric.Bulk`. */
  attachBulk(arrived: Arrived): void {
    const stream = this.#arrived(arrived);
    if (!stream) return;
    stream.take({
      onMessage: (message) => {
        stream.pause();
        const token = Buffer.from(decodeChunk(message)?.token ?? []).toString('hex');
        const link = this.#byToken.get(token);
        this.#byToken.delete(token);
        if (link && link.certificate?.name === arrived.certificate?.name) link.attachBulk(stream);
        else stream.destroy();
      },
      onEnd: () => {},
    });
    stream.resume();
  }

  /** Closes every link and resolves when they are gone. */
  async close(): Promise<void> {
    await Promise.all([...this.#links.keys()].map((link) => link.finish()));
  }

  /** Counted for the life of the socket: whoever opens and ends them over and over is dropped as well. */
  #arrived(arrived: Arrived): ArrivedStream | undefined {
    const stream = new ArrivedStream(arrived, this.#options.clock);
    const count = (this.#conversations.get(arrived.socket) ?? 0) + 1;
    this.#conversations.set(arrived.socket, count);
    if (count <= conversationsPerSocketMax) return stream;
    stream.destroy();
    return undefined;
  }

  #link(kind: LinkKind, stream: MessageStream, { call, certificate }: Arrived): GrpcLink {
    const token = Buffer.from(systemRandom().bytes(tokenBytes)).toString('hex');
    const { holdings } = this.#options;
    const [left, kept] = [holdings.unread.open(call.getPeer()), holdings.kept.open(call.getPeer())];
    const link = new GrpcLink({
      kind,
      remoteAddress: call.getPeer(),
      certificate,
      stream,
      clock: this.#options.clock,
      turns: this.#options.turns,
      valueBytesMax: this.#options.valueBytesMax,
      openBulk: (needy) => needy.control(encodeWantsBulk()),
      onWaiting: (bytes) => left.holds(bytes),
      onKept: (bytes) => kept.holds(bytes),
      onGone: (gone) => {
        left.close();
        kept.close();
        this.#links.delete(gone);
        this.#byToken.delete(token);
      },
    });
    this.#links.set(link, token);
    this.#byToken.set(token, link);
    return link;
  }

  #accept(link: GrpcLink, stream: ArrivedStream, hello: Uint8Array): void {
    // Called inside a promise, so that what `accept` throws is a rejection like any other.
    const answered = new Promise<Answer>((resolve) => resolve(this.#options.acceptor.accept({ link, hello })));
    answered.then(
      (answer) => this.#answer(link, stream, answer),
      (error: unknown) => {
        if (!HeddleError.is(error, 'unauthenticated')) return link.fail('local', 'the greeting could not be answered');
        stream.refuse(statusOfDoubt(error.detail));
        link.refuse();
      },
    );
  }

  #answer(link: GrpcLink, stream: MessageStream, { isAccepted, ack }: Answer): void {
    const token = this.#links.get(link);
    // The link has closed meanwhile.
    if (token === undefined) return;
    const bulkToken = isAccepted ? Buffer.from(token, 'hex') : Buffer.alloc(0);
    stream.write(encodeWelcome(ack, { isRefused: !isAccepted, bulkToken }), ignoreDone);
    if (isAccepted) link.start();
    else link.refuse();
  }
}

/** A stream of the server, with its one end made out of grpc-js' several. */
class ArrivedStream implements MessageStream {
  readonly #arrived: Arrived;
  readonly #messages: PrefixedMessages;
  #handlers: MessageHandlers = { onMessage: () => {}, onEnd: () => {} };
  #hasHeaders = false;
  #isOver = false;
  #isRefused = false;

  constructor(arrived: Arrived, clock: Clock) {
    this.#arrived = arrived;
    const { call, socket, stream, kept } = arrived;
    const onMessage = (message: Buffer): void => this.#handlers.onMessage(message);
    const onProblem = (problem: string): void => this.refuse({ code: status.RESOURCE_EXHAUSTED, details: problem });
    this.#messages = new PrefixedMessages(stream, { onMessage, onProblem, clock, kept });
    // Listening made it flow.
    stream.pause();
    // The client's half is over; without ours the stream would stay.
    stream.on('end', () => this.end());
    stream.on('error', () => {});
    call.on('error', () => {});
    call.on('cancelled', () => {
      // A connection that our keepalive gave up is destroyed a moment after its streams.
      if (socket.evidence) this.#onEnd(socket.evidence);
      else clock.schedule(0, () => this.#onEnd(socket.evidence ?? 'remote'));
    });
  }

  take(handlers: MessageHandlers): void {
    this.#handlers = handlers;
  }

  write(message: Buffer, done: () => void, rest?: Uint8Array): void {
    if (!this.#hasHeaders) this.#arrived.call.sendMetadata(new Metadata());
    this.#hasHeaders = true;
    this.#messages.write(message, done, rest);
    this.#arrived.onWritten();
  }

  pause(): void {
    this.#arrived.stream.pause();
  }

  resume(): void {
    this.#arrived.stream.resume();
  }

  end(): void {
    if (!this.#isRefused && !this.#arrived.call.writableEnded) this.#arrived.call.end();
  }

  /** Ends it with a status of its own. */
  refuse(end: EndStatus): void {
    this.#isRefused = true;
    this.#arrived.call.emit('error', end);
  }

  destroy(): void {
    this.#isOver = true;
    this.#arrived.socket.destroy();
  }

  #onEnd(evidence: Evidence): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#handlers.onEnd(evidence, 'the stream ended');
  }
}
