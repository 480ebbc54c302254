/**
 * One TCP server whose sockets go to a gRPC server: so the port that is announced is the one that is bound, an address
 * cannot hold more than its share of sockets, and closing leaves none behind.
 */

import { createServer, type Server as TcpServer } from 'node:net';

import { type Server, ServerCredentials } from '@grpc/grpc-js';
import { bind } from './bind.ts';
import type { Credentials } from './credentials.ts';
import type { GrpcSockets } from './grpc-sockets.ts';
import { type Front, tlsFront } from './tls-front.ts';
import type { ListenOptions } from './transport.ts';

export interface Door {
  readonly port: number;
  /** Takes no more sockets; ends the ones that are open, after `before`. */
  close(before?: () => Promise<void>): Promise<void>;
}

/** What stands behind the door. */
export interface House {
  readonly server: Server;
  readonly sockets: GrpcSockets;
  /** Everybody has to speak TLS; without, nobody can. */
  readonly tls: Credentials | undefined;
}

/** Binds. Throws `bad_settings`. */
export async function openDoor({ server, sockets, tls }: House, where: ListenOptions): Promise<Door> {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const take: Front = tls
    ? tlsFront(tls, (socket, standing) => {
        sockets.identify(standing, socket);
        injector.injectConnection(socket);
      })
    : (socket) => injector.injectConnection(socket);
  const tcp = createServer({ noDelay: true }, (socket) => {
    if (sockets.admit(socket)) take(socket);
  });
  const port = await bind(tcp, where);
  // Nothing more can fail but a single connection's acceptance (out of descriptors), which the next one survives.
  tcp.on('error', () => {});
  const close = async (before?: () => Promise<void>): Promise<void> => {
    const closed = closeTcp(tcp);
    await before?.();
    await sockets.close();
    server.forceShutdown();
    await closed;
  };
  return { port, close };
}

function closeTcp(tcp: TcpServer): Promise<void> {
  return new Promise((resolve) => {
    tcp.close(() => resolve());
  });
}
