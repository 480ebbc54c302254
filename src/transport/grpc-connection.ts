/**
 * A connection that was dialled, with the one stream on it: a gRPC channel whose socket we can see and end.
 *
 * grpc-js shows its sockets to nobody, keeps one that it gave up on (a stopped peer, a handshake that never came) until the
 * peer goes away, and says "connection dropped" of a reset and of a silence alike. Its credentials are handed every
 * socket on the way; there we look. The version is pinned, and the contract suite fails when this stops working.
 */

import type { Socket } from 'node:net';

import { ChannelCredentials, Client, type ClientDuplexStream, Metadata, type StatusObject, status } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import { doubtIn } from './grpc-guard.ts';
import { type ChannelSettings, channelOptions } from './grpc-options.ts';
import type { MessageHandlers, MessageStream } from './message-stream.ts';
import type { Doubt, PeerCertificate } from './peer-certificate.ts';
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

export class GrpcConnection implements MessageStream {
  readonly #clock: Clock;
  readonly #client: Client;
  readonly #stream: ClientDuplexStream<Buffer, Buffer>;
  #handlers: MessageHandlers;
  #watch: SocketWatch | undefined;
  #certificate: PeerCertificate | undefined;
  #doubt: Doubt | undefined;
  #localAddress: string | undefined;
  #isOver = false;

  /** Connects at once, in the background. */
  constructor(options: ConnectionOptions, handlers: MessageHandlers) {
    this.#handlers = handlers;
    this.#clock = options.clock;
    const { host, port, path, settings, authority } = options;
    const target = host.includes(':') ? `ipv6:[${host}]:${port}` : `ipv4:${host}:${port}`;
    this.#client = new Client(target, this.#credentials(options), channelOptions(settings, path, authority));
    this.#stream = this.#client.makeBidiStreamRequest(path, identity, identity, new Metadata());
    this.#stream.on('data', (message: Buffer) => this.#handlers.onMessage(message));
    this.#stream.on('status', (ended: StatusObject) => this.#onStatus(ended));
    // Every error comes as a status too.
    this.#stream.on('error', () => {});
  }

  /** Whose certificate was shown; undefined before, and without TLS. */
  get certificate(): PeerCertificate | undefined {
    return this.#certificate;
  }

  /** Why this side or the other did not believe who the other is, where that ended the stream. */
  get doubt(): Doubt | undefined {
    return this.#doubt;
  }

  /** The own address on it, by which this machine reaches that server; undefined before it is secured. */
  get localAddress(): string | undefined {
    return this.#localAddress;
  }

  take(handlers: MessageHandlers): void {
    this.#handlers = handlers;
  }

  write(message: Buffer, done: () => void): void {
    this.#stream.write(message, done);
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  end(): void {
    this.#stream.end();
  }

  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream.cancel();
    this.#client.close();
    this.#watch?.destroy();
  }

  #onStatus(ended: StatusObject): void {
    // Of a connection that dropped, gRPC may tell a moment before its socket does.
    if (ended.code !== status.UNAVAILABLE || this.#watch?.evidence) this.#onEnd(ended);
    else this.#clock.schedule(0, () => this.#onEnd(ended));
  }

  #onEnd(ended: StatusObject): void {
    if (this.#isOver) return;
    const evidence = this.#evidenceOf(ended);
    this.#doubt ??= doubtIn(ended);
    this.destroy();
    this.#handlers.onEnd(evidence, ended.details);
  }

  /** A status that came over the wire, or that our own limits gave, is not a lost connection. */
  #evidenceOf(ended: StatusObject): Evidence {
    if (ended.code === status.OK) return 'remote';
    const lost = this.#watch?.evidence;
    if (lost === 'reset') return lost;
    if (ended.code === status.RESOURCE_EXHAUSTED) return 'local';
    return ended.code === status.UNAVAILABLE ? 'silent' : 'remote';
  }

  #credentials(options: ConnectionOptions): ChannelCredentials {
    const credentials = ChannelCredentials.createInsecure();
    const create = credentials._createSecureConnector.bind(credentials);
    credentials._createSecureConnector = (...context) => {
      const connector = create(...context);
      return {
        connect: (socket) => {
          this.#watch = new SocketWatch(socket);
          if (this.#isOver) this.#watch.destroy();
          return options.tls ? this.#secure(socket, options.tls, options.mustBe) : connector.connect(socket);
        },
        waitForReady: () => connector.waitForReady(),
        getCallCredentials: () => connector.getCallCredentials(),
        destroy: () => connector.destroy(),
      };
    };
    return credentials;
  }

  #secure(raw: Socket, tls: HandshakeSource, mustBe: string | undefined): Promise<{ readonly socket: Socket; readonly secure: boolean }> {
    return new Promise((resolve, reject) => {
      secure(raw, tls, {
        mustBe,
        onSecured: (socket, certificate) => {
          this.#certificate = certificate;
          this.#localAddress = raw.localAddress;
          this.#watch = new SocketWatch(socket);
          if (this.#isOver) this.#watch.destroy();
          resolve({ socket, secure: true });
        },
        onFailed: (error, doubt) => {
          this.#doubt ??= doubt && { ...doubt, byUs: true };
          reject(error);
        },
      });
    });
  }
}

function identity(message: Buffer): Buffer {
  return message;
}
