/**
 * What stands before a gRPC server that speaks TLS: takes raw sockets, gives secured ones with whoever is at the other end.
 *
 * F1 certificates are asked for and judged, but a bad one does not end the handshake: the gRPC server then answers everything
 *    with `unauthenticated` and what to do, which a broken handshake could not say. So is one who speaks in the clear.
 * F2 what no handshake comes of within the deadline of a first message is gone.
 * F3 a handshake that begins uses the certificates that are in use then.
 */

import type { Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';

import type { Credentials } from './credentials.ts';
import { firstMessageMs } from './limits.ts';
import { type Standing, speaksTls, standingOf } from './peer-certificate.ts';

/** Takes sockets that were just accepted. */
export type Front = (raw: Socket) => void;

/** First byte of a TLS record that shakes hands. */
const handshakeByte = 0x16;

/** `onSocket` gets every socket that speaks, once it is known whose it is. */
export function tlsFront(credentials: Credentials, onSocket: (socket: Socket, standing: Standing) => void): Front {
  let used = credentials.current();
  const server = createServer({
    ...used.options,
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ['h2'],
    handshakeTimeout: firstMessageMs,
  });
  server.on('secureConnection', (socket: TLSSocket) => onSocket(socket, standingOf(socket, credentials.needsClientCertificate)));
  // It is destroyed by the server; whoever broke it off, or spoke nonsense, hears nothing.
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  return (raw) => {
    const onError = (): void => {};
    raw.on('error', onError);
    raw.once('readable', () => {
      const first: unknown = raw.read(1);
      if (!(first instanceof Uint8Array)) return;
      raw.unshift(first);
      if (first[0] !== handshakeByte) return onSocket(raw, { kind: 'refused', doubt: speaksTls });
      const now = credentials.current();
      if (now !== used) server.setSecureContext(now.options);
      used = now;
      server.emit('connection', raw);
    });
  };
}
