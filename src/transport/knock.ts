/**
 * A bare TCP connect, to learn what is at an address before gRPC is let at it.
 *
 * gRPC has no connect timeout, says nothing reliable about why a connection failed, and keeps a socket that never
 * connects for the two minutes of the operating system; ours is gone when the dial is. Costs a round trip.
 */

import { connect } from 'node:net';

import type { Evidence } from './transport.ts';

/** Where the address leads, as an IP address. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

export interface KnockHandlers {
  readonly onOpen: (place: Place) => void;
  readonly onFailed: (evidence: Evidence, message: string) => void;
}

/** Splits `host:port` or `[v6]:port`; undefined when it is neither. */
export function parseAddress(address: string): Place | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(address);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Connects and hangs up. Calls one of the handlers, once, unless the returned function is called before. */
export function knock(place: Place, handlers: KnockHandlers): () => void {
  const socket = connect({ ...place, noDelay: true });
  socket.once('connect', () => {
    const host = socket.remoteAddress ?? place.host;
    // A reset rather than an end: thousands of dials must not leave thousands of ports in TIME_WAIT.
    socket.resetAndDestroy();
    handlers.onOpen({ host, port: place.port });
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    socket.destroy();
    handlers.onFailed(evidenceOf(error.code), error.message);
  });
  return () => {
    socket.removeAllListeners('connect');
    socket.removeAllListeners('error');
    socket.on('error', () => {});
    socket.destroy();
  };
}

function evidenceOf(code: string | undefined): Evidence {
  switch (code) {
    case 'ECONNREFUSED':
      return 'refused';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'reset';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'EAI_NODATA':
    case 'EAI_NONAME':
    case 'EAI_FAIL':
      return 'unresolved';
    default:
      return 'silent';
  }
}
