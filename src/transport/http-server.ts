/**
 * A node:http server at its port: bound, held to so many connections, and gone without a socket left.
 * What it answers is its owner's: http-listener.ts for an operator's tools, the dashboard for browsers.
 */

import type { Server } from 'node:http';

import { bind } from './bind.ts';
import { authorityOf } from './ports.ts';
import type { ListenOptions } from './transport.ts';

export interface HttpDoor {
  readonly port: number;
  /** `host:port` as a URL has it. */
  readonly authority: string;
  /** Takes no more connections and ends those that are open. */
  close(): Promise<void>;
}

/** Binds; further connections than `socketsMax` are dropped. Throws `bad_settings`. */
export async function openHttp(server: Server, where: ListenOptions, socketsMax: number): Promise<HttpDoor> {
  server.maxConnections = socketsMax;
  const port = await bind(server, where);
  // Nothing more can fail but a single connection's acceptance.
  server.on('error', () => {});
  return { port, authority: authorityOf(where.host, port), close: () => closed(server) };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
