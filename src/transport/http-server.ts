/**
 * A node:http server at its port: bound, held to so many connections, and gone without a socket left.
 * What it answers is its owner's: http-listener.ts for an operator's tools, the dashboard for browsers.
 *
 * S1 with certificates it speaks TLS, and nothing else; a handshake that begins uses those that are in use then.
 */

import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createSecureServer, type Server as SecureServer } from 'node:https';

import { bind } from './bind.ts';
import type { Credentials } from './credentials.ts';
import { authorityOf } from './ports.ts';
import type { ListenOptions } from './transport.ts';

/** One that speaks TLS, or one that does not. */
export type AnyHttpServer = Server | SecureServer;

export interface HttpServerOptions extends ServerOptions {
  readonly tls: Credentials | undefined;
  /** Whether it asks others for certificates. They are judged by whoever wants to know: no handshake ends for one. */
  readonly asksCertificate: boolean;
}

export interface HttpDoor {
  readonly port: number;
  /** `host:port` as a URL has it. */
  readonly authority: string;
  /** Takes no more connections and ends those that are open. */
  close(): Promise<void>;
}

/** S1. */
export function makeHttpServer({ tls, asksCertificate, ...options }: HttpServerOptions, listener: RequestListener): AnyHttpServer {
  if (!tls) return createServer(options, listener);
  let used = tls.current();
  const server = createSecureServer({ ...options, ...used.options, requestCert: asksCertificate, rejectUnauthorized: false }, listener);
  // Before its own, which begins the handshake.
  server.prependListener('connection', () => {
    const now = tls.current();
    if (now !== used) server.setSecureContext(now.options);
    used = now;
  });
  return server;
}

/** Binds; further connections than `socketsMax` are dropped. Throws `bad_settings`. */
export async function openHttp(server: AnyHttpServer, where: ListenOptions, socketsMax: number): Promise<HttpDoor> {
  server.maxConnections = socketsMax;
  const port = await bind(server, where);
  // Nothing more can fail but a single connection's acceptance.
  server.on('error', () => {});
  return { port, authority: authorityOf(where.host, port), close: () => closed(server) };
}

function closed(server: AnyHttpServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
