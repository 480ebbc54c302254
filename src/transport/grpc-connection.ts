/**
 * A connection that was dialled, with the one stream on it: gRPC over Node's own HTTP/2.
 *
 * A channel of grpc-js resolves, balances, retries and filters for many calls; here there is one stream, which lives and ends with its
 * connection, and whose messages are the hot path (prefixed-messages.ts). It also shows its socket to nobody, keeps one that it gave up on
 * until the peer goes away, and says "connection dropped" of a reset and of a silence alike.
 */

import { type ClientHttp2Stream, connect as connectHttp2, constants, type IncomingHttpHeaders } from 'node:http2';
import { connect, type Socket } from 'node:net';

import { Metadata, type StatusObject, status } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import { doubtIn } from './grpc-guard.ts';
import { type ChannelSettings, windowBytes } from './grpc-options.ts';
import { keepAlive } from './keepalive-pings.ts';
import type { MessageHandlers, MessageStream } from './message-stream.ts';
import type { Doubt, PeerCertificate } from './peer-certificate.ts';
import { PrefixedMessages } from './prefixed-messages.ts';
import { SocketWatch } from './socket-watch.ts';
import { type HandshakeSource, secure } from './tls-dial.ts';
import type { Evidence } from './transport.ts';

export interface ConnectionOptions {
  readonly clock: Clock;
  /** An IP address. */
  readonly host: string;
  readonly port: number;
  /** `host:port` as it was dialled. */
  readonly authority: string;
  readonly path: string;
  readonly settings: ChannelSettings;
  readonly tls: HandshakeSource | undefined;
  /** With TLS: whose certificate it has to be; default: any server's. */
  readonly mustBe?: string | undefined;
}

/** The stream, once the connection is there. */
interface Opened {
  readonly stream: ClientHttp2Stream;
  readonly messages: PrefixedMessages;
}

export class GrpcConnection implements MessageStream {
  readonly #options: ConnectionOptions;
  #handlers: MessageHandlers;
  #watch: SocketWatch;
  #opened: Opened | undefined;
  /** What is to be done with the stream once it is there. */
  #early: ((opened: Opened) => void)[] = [];
  #certificate: PeerCertificate | undefined;
  #doubt: Doubt | undefined;
  #localAddress: string | undefined;
  #isOver = false;

  /** Connects at once, in the background. */
  constructor(options: ConnectionOptions, handlers: MessageHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    const { host, port, tls } = options;
    const raw = connect({ host, port, noDelay: true });
    this.#watch = new SocketWatch(raw);
    raw.once('connect', () => {
      this.#localAddress = raw.localAddress;
      if (tls) this.#secure(raw, tls);
      else this.#open(raw);
    });
    raw.once('close', () => this.#lost());
  }

  /** Whose certificate was shown; undefined before, and without TLS. */
  get certificate(): PeerCertificate | undefined {
    return this.#certificate;
  }

  /** Why this side or the other did not believe who the other is, where that ended the stream. */
  get doubt(): Doubt | undefined {
    return this.#doubt;
  }

  /** The own address on it, by which this machine reaches that server; undefined before it is connected. */
  get localAddress(): string | undefined {
    return this.#localAddress;
  }

  take(handlers: MessageHandlers): void {
    this.#handlers = handlers;
  }

  write(message: Buffer, done: () => void, rest?: Uint8Array): void {
    if (this.#opened) this.#opened.messages.write(message, done, rest);
    else this.#early.push(({ messages }) => messages.write(message, done, rest));
  }

  pause(): void {
    this.#opened?.stream.pause();
  }

  resume(): void {
    this.#opened?.stream.resume();
  }

  end(): void {
    if (this.#opened) this.#opened.stream.end();
    else this.#early.push(({ stream }) => stream.end());
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#watch.destroy();
  }

  #secure(raw: Socket, tls: HandshakeSource): void {
    secure(raw, tls, {
      mustBe: this.#options.mustBe,
      onSecured: (socket, certificate) => {
        this.#certificate = certificate;
        this.#watch = new SocketWatch(socket);
        if (this.#isOver) this.#watch.destroy();
        else this.#open(socket);
      },
      onFailed: (error, doubt) => {
        this.#doubt ??= doubt && { ...doubt, byUs: true };
        this.#end(this.#watch.evidence ?? 'silent', error.message);
      },
    });
  }

  #open(socket: Socket): void {
    if (this.#isOver) return;
    const { path, authority, settings, clock, tls } = this.#options;
    const session = connectHttp2(`${tls ? 'https' : 'http'}://${authority}`, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: windowBytes(path) },
      // As grpc-js has it: Node's bound ends streams of a busy session, and what waits is bounded above.
      maxSessionMemory: Number.MAX_SAFE_INTEGER,
    });
    session.on('error', () => {});
    session.once('connect', () => session.setLocalWindowSize(windowBytes(path)));
    // Node may be done with it before the end of the socket was read: who ended it is not this side's to say.
    session.once('close', () => this.#watch.putAway());
    // Until then the dial's own watchdog waits.
    const pings = { ...settings.keepalive, clock, onSilent: () => this.#watch.destroy() };
    session.once('remoteSettings', () => keepAlive(session, pings));
    const stream = session.request({
      ':method': 'POST',
      ':path': path,
      te: 'trailers',
      'content-type': 'application/grpc',
      'user-agent': 'heddle',
    });
    this.#listen(stream);
  }

  #listen(stream: ClientHttp2Stream): void {
    stream.on('error', () => {});
    stream.on('response', (headers, flags) => {
      if ((flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0) this.#ended(statusIn(headers));
    });
    // After what was said before them.
    stream.on('trailers', (headers) => stream.once('end', () => this.#ended(statusIn(headers))));
    // With its connection, of which the socket may tell a moment later.
    stream.once('close', () => void this.#options.clock.schedule(0, () => this.#watch.isEnding || this.#lost()));
    const messages = new PrefixedMessages(stream, {
      clock: this.#options.clock,
      onMessage: (message) => this.#handlers.onMessage(message),
      onProblem: (problem) => this.#end('local', problem),
    });
    this.#opened = { stream, messages };
    for (const act of this.#early) act(this.#opened);
    this.#early = [];
  }

  #ended(ended: StatusObject): void {
    this.#doubt ??= doubtIn(ended);
    this.#end(evidenceOf(ended), ended.details);
  }

  #lost(): void {
    this.#end(this.#watch.evidence ?? 'remote', 'the connection dropped');
  }

  #end(evidence: Evidence, message: string): void {
    if (this.#isOver) return;
    this.destroy();
    this.#handlers.onEnd(evidence, message);
  }
}

/** A status that came over the wire is not a lost connection. */
function evidenceOf({ code }: StatusObject): Evidence {
  if (code === status.UNAVAILABLE) return 'silent';
  return code === status.RESOURCE_EXHAUSTED ? 'local' : 'remote';
}

/** The status of a call, by its trailers. */
function statusIn(headers: IncomingHttpHeaders): StatusObject {
  const metadata = Metadata.fromHttp2Headers(headers);
  const code = Number(headers['grpc-status'] ?? status.UNKNOWN);
  return { code, details: textOf(String(headers['grpc-message'] ?? '')), metadata };
}

/** Of percent-encoded text; as it is where it is not. */
function textOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    return encoded;
  }
}
