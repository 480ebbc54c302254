/**
 * Who may open which stream: decided before a handler hears of it.
 *
 * G1 of a socket whose holder has not proved who they are, every stream is refused, whatever it asks for.
 * G2 the streams between servers are for those who hold a server's certificate, where there are certificates at all.
 * G3 where a server shares, whoever has shown no certificate may ask to join, and nothing else.
 */

import { Metadata, type StatusObject, status } from '@grpc/grpc-js';

import { joinMethod, methods } from './grpc-options.ts';
import type { GrpcSockets } from './grpc-sockets.ts';
import { type Doubt, notAServer, type Standing } from './peer-certificate.ts';
import { statusText } from './status-text.ts';
import type { RefusedPeer } from './transport.ts';

/** Of what is wrong with who asks, which may quote them. */
const whyBytesMax = 4096;

/** How a stream ends, as gRPC takes it. */
export type EndStatus = Pick<StatusObject, 'code' | 'details'> & { readonly metadata?: Metadata };

export type OnRefused = (refused: RefusedPeer) => void;

/** Told of every stream that opens: its peer and its method. Gives the status that it ends with; undefined lets it in. */
export type Guard = (peer: string, path: string) => EndStatus | undefined;

/** The guard of one listener. */
export function guardOf(sockets: GrpcSockets, onRefused: OnRefused, isSharing = false): Guard {
  return (peer, path) => {
    sockets.claim(peer);
    const doubt = doubtAbout(sockets.standingOf(peer), path);
    if (!doubt || (isSharing && path === joinMethod && doubt.reason === 'no_certificate')) return undefined;
    onRefused({ remoteAddress: peer, ...doubt });
    return statusOfDoubt(doubt);
  };
}

/** How a doubt travels: `doubtIn` reads it at the other end. */
export function statusOfDoubt({ reason, why }: Doubt): EndStatus {
  const metadata = new Metadata();
  metadata.set('heddle-code', 'unauthenticated');
  metadata.set('heddle-executed', 'no');
  metadata.set('heddle-reason', reason);
  return { code: status.UNAUTHENTICATED, details: statusText(why, whyBytesMax), metadata };
}

/** The doubt in a status that came over the wire; a reason that is not known is kept. */
export function doubtIn({ code, details, metadata }: StatusObject): Doubt | undefined {
  if (code !== status.UNAUTHENTICATED) return undefined;
  const [reason] = metadata.get('heddle-reason');
  // Of a later version, or not of Heddle at all: the text says the rest.
  return { reason: String(reason ?? 'untrusted') as Doubt['reason'], why: details };
}

function doubtAbout(standing: Standing, path: string): Doubt | undefined {
  switch (standing.kind) {
    case 'plain':
      return undefined;
    case 'refused':
      return standing.doubt;
    case 'anonymous':
      return isBetweenServers(path) ? notAServer(undefined) : undefined;
    case 'certified':
      return isBetweenServers(path) && !standing.certificate.isServer ? notAServer(standing.certificate.name) : undefined;
  }
}

function isBetweenServers(path: string): boolean {
  return path === methods.link.stream || path === methods.link.bulk;
}
