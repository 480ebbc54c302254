/**
 * The admin listener: what an operator's gRPC tools ask about the inside of the process (channelz: its channels, sockets and
 * streams), with health and reflection, on a port of its own. Whoever reaches it reads addresses and counts, and can change nothing.
 */

import { addAdminServicesToServer, Server, status } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import type { Credentials } from './credentials.ts';
import { openDoor } from './grpc-door.ts';
import { type Guard, guardOf, type OnRefused } from './grpc-guard.ts';
import { holdingsOf } from './grpc-holdings.ts';
import { guardStreams } from './grpc-interceptor.ts';
import { type ChannelSettings, serverOptions } from './grpc-options.ts';
import { GrpcSockets } from './grpc-sockets.ts';
import type { PeerCertificate } from './peer-certificate.ts';
import type { StandardServices } from './standard-services.ts';
import type { ListenOptions } from './transport.ts';

export interface AdminOptions {
  readonly clock: Clock;
  readonly settings: ChannelSettings;
  /** Of the listener that it stands beside. */
  readonly services: StandardServices;
  readonly tls: Credentials | undefined;
  readonly onRefused: OnRefused;
  /** Who may see what is not just whether the process is well. */
  readonly mayLookInside: (certificate: PeerCertificate | undefined) => boolean;
}

export interface AdminListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Binds and serves. Throws `bad_settings`. */
export async function listenAdmin(
  { clock, settings, services, tls, onRefused, mayLookInside }: AdminOptions,
  where: ListenOptions,
): Promise<AdminListener> {
  const sockets = new GrpcSockets(clock, { isProven: tls !== undefined });
  const guard = insideGuard(sockets, onRefused, mayLookInside);
  const interceptors = [guardStreams({ clock, guard, holdings: holdingsOf(sockets), own: new WeakMap() })];
  // What is asked here shall not show in the answers.
  const server = new Server({ ...serverOptions({ ...settings, hasChannelz: false }), interceptors });
  addAdminServicesToServer(server);
  services.register(server);
  const door = await openDoor({ server, sockets, tls }, where);
  return { host: where.host, port: door.port, close: () => door.close() };
}

/** Health is for everybody who gets so far; the rest is for those who may look inside. */
function insideGuard(sockets: GrpcSockets, onRefused: OnRefused, mayLookInside: AdminOptions['mayLookInside']): Guard {
  const guard = guardOf(sockets, onRefused);
  return (peer, path) => {
    const refusal = guard(peer, path);
    if (refusal || path.startsWith('/grpc.health.') || mayLookInside(sockets.certificateOf(peer))) return refusal;
    return { code: status.PERMISSION_DENIED, details: 'this is for those who may observe the server: show the certificate of one' };
  };
}
