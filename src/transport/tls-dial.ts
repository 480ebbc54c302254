/**
 * The dialling end of a TLS handshake: the server's certificate is checked before anything is said.
 *
 * D1 trusted is what a CA of `tls.ca` has issued to a server. The address is not compared: who answers says its name in
 *    its greeting, and that must be the certificate's. D2 what went wrong is told as a doubt where it is about who is who, and as
 *    the error of the socket otherwise.
 */

import type { Socket } from 'node:net';
import { connect, createSecureContext, type TLSSocket } from 'node:tls';

import type { Credentials } from './credentials.ts';
import { type Doubt, doubtOf, isServers, nameOf, notAServer, type PeerCertificate, speaksNoTls, wrongName } from './peer-certificate.ts';

export interface SecureHandlers {
  readonly onSecured: (socket: TLSSocket, certificate: PeerCertificate) => void;
  /** `doubt` is absent where the socket just broke. */
  readonly onFailed: (error: Error, doubt: Doubt | undefined) => void;
}

/** What a handshake needs of the certificates in use. */
export type HandshakeSource = Pick<Credentials, 'current'>;

/** Believes whoever answers, for a question that needs no belief: nothing secret may be said over it. */
export const anybody: HandshakeSource = {
  current: () => ({ options: { ca: [], cert: undefined, key: undefined }, context: createSecureContext({ minVersion: 'TLSv1.3' }) }),
};

/** Shakes hands over a connected socket. `mustBe`: the one whose certificate it has to be. */
export function secure(
  raw: Socket,
  credentials: HandshakeSource,
  { mustBe, ...handlers }: SecureHandlers & { readonly mustBe?: string | undefined },
): void {
  const { context } = credentials.current();
  const socket = connect({
    socket: raw,
    secureContext: context,
    ALPNProtocols: ['h2'],
    // Both are judged below, with words of our own and without comparing hosts (D1).
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  });
  const onError = (error: NodeJS.ErrnoException): void => {
    socket.destroy();
    handlers.onFailed(error, isNoTls(error.code) ? speaksNoTls : undefined);
  };
  socket.once('error', onError);
  socket.once('secureConnect', () => {
    socket.removeListener('error', onError);
    const shown = socket.getPeerCertificate();
    const name = nameOf(shown) ?? '';
    const doubt = credentials === anybody ? undefined : judged(socket, name, mustBe);
    if (!doubt) return handlers.onSecured(socket, { name, isServer: true });
    socket.on('error', () => {});
    socket.destroy();
    handlers.onFailed(new Error(doubt.why), doubt);
  });
}

function judged(socket: TLSSocket, name: string, mustBe: string | undefined): Doubt | undefined {
  const shown = socket.getPeerCertificate();
  if (!socket.authorized) return doubtOf(errorCodeOf(socket.authorizationError), shown);
  if (name === '' || !isServers(shown)) return notAServer(name);
  return mustBe !== undefined && mustBe !== name ? wrongName(mustBe, name) : undefined;
}

/** Node gives the code itself, whatever its types say. */
function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

/** What OpenSSL says of an answer that is no TLS record. */
function isNoTls(code: string | undefined): boolean {
  return code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG' || code === 'EPROTO';
}
