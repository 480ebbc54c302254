/**
 * Listens for links, sessions, their bulk channels and foreign clients, on one port.
 *
 * The TCP server is ours and hands its sockets to gRPC: so the port that is announced is the one that is bound, an address
 * cannot hold more than its share of sockets, and closing leaves none behind.
 */

import { createServer, type Server as TcpServer } from 'node:net';

import { type handleServerStreamingCall, type handleUnaryCall, Server, ServerCredentials, type ServerDuplexStream } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import { Arrivals } from './grpc-arrival.ts';
import { bind } from './grpc-bind.ts';
import { answerMany, answerOne, type ForeignHouse } from './grpc-foreign.ts';
import { guardStreams } from './grpc-interceptor.ts';
import { type Keepalive, methods, questionMethods, serverOptions, streamMethods } from './grpc-options.ts';
import { GrpcSockets } from './grpc-sockets.ts';
import type { Acceptor, LinkKind, Listener, ListenOptions } from './transport.ts';

export interface GrpcListenerOptions {
  readonly clock: Clock;
  readonly keepalive: Keepalive;
  readonly valueBytesMax: number | undefined;
}

/** Binds and serves. Throws `bad_settings`. */
export async function listen(options: GrpcListenerOptions, where: ListenOptions, acceptor: Acceptor): Promise<Listener> {
  const { clock, keepalive } = options;
  const sockets = new GrpcSockets(clock);
  const arrivals = new Arrivals({ clock, acceptor, valueBytesMax: options.valueBytesMax });
  const server = new Server({
    ...serverOptions(keepalive),
    interceptors: [guardStreams(clock, (peer) => sockets.claim(peer))],
  });
  registerStreams(server, sockets, arrivals);
  registerForeign(server, { clock, acceptor });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const tcp = createServer({ noDelay: true }, (socket) => {
    if (sockets.admit(socket)) injector.injectConnection(socket);
  });
  const port = await bind(tcp, where);
  // Nothing more can fail but a single connection's acceptance (out of descriptors), which the next one survives.
  tcp.on('error', () => {});
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    const closed = closeTcp(tcp);
    await arrivals.close();
    await sockets.close();
    server.forceShutdown();
    await closed;
  };
  return {
    host: where.host,
    port,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

function registerStreams(server: Server, sockets: GrpcSockets, arrivals: Arrivals): void {
  for (const kind of ['link', 'session'] as const satisfies readonly LinkKind[]) {
    registerBidi(server, methods[kind].stream, (call) => {
      const socket = sockets.claim(call.getPeer());
      if (socket) arrivals.greet(kind, { call, socket });
    });
    registerBidi(server, methods[kind].bulk, (call) => {
      const socket = sockets.claim(call.getPeer());
      if (socket) arrivals.attachBulk({ call, socket });
    });
  }
}

function registerBidi(server: Server, path: string, handle: (call: ServerDuplexStream<Buffer, Buffer>) => void): void {
  server.register(path, handle, identity, identity, 'bidi');
}

function registerForeign(server: Server, house: ForeignHouse): void {
  for (const question of keysOf(questionMethods)) {
    const answer: handleUnaryCall<Buffer, Buffer> = (call, send) => void answerOne(house, question, { call, send });
    server.register(questionMethods[question], answer, identity, identity, 'unary');
  }
  for (const stream of keysOf(streamMethods)) {
    const answer: handleServerStreamingCall<Buffer, Buffer> = (call) => void answerMany(house, stream, call);
    server.register(streamMethods[stream], answer, identity, identity, 'serverStream');
  }
}

function keysOf<K extends string>(table: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(table) as K[]; // its own keys, and no others are there
}

function closeTcp(tcp: TcpServer): Promise<void> {
  return new Promise((resolve) => {
    tcp.close(() => resolve());
  });
}

function identity(message: Buffer): Buffer {
  return message;
}
