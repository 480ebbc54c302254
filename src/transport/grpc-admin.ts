/**
 * The admin listener: what an operator's gRPC tools ask about the inside of the process (channelz: its channels, sockets and
 * streams), with health and reflection, on a port of its own. Whoever reaches it reads addresses and counts, and can change nothing.
 */

import { addAdminServicesToServer, Server } from '@grpc/grpc-js';

import type { Clock } from '../base/clock.ts';
import type { Credentials } from './credentials.ts';
import { openDoor } from './grpc-door.ts';
import { guardOf, type OnRefused } from './grpc-guard.ts';
import { guardStreams } from './grpc-interceptor.ts';
import { type ChannelSettings, serverOptions } from './grpc-options.ts';
import { GrpcSockets } from './grpc-sockets.ts';
import type { StandardServices } from './standard-services.ts';
import type { ListenOptions } from './transport.ts';
import { Unfinished } from './unfinished.ts';

export interface AdminOptions {
  readonly clock: Clock;
  readonly settings: ChannelSettings;
  /** Of the listener that it stands beside. */
  readonly services: StandardServices;
  readonly tls: Credentials | undefined;
  readonly onRefused: OnRefused;
}

export interface AdminListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Binds and serves. Throws `bad_settings`. */
export async function listenAdmin(
  { clock, settings, services, tls, onRefused }: AdminOptions,
  where: ListenOptions,
): Promise<AdminListener> {
  const sockets = new GrpcSockets(clock, { isProven: tls !== undefined });
  const interceptors = [guardStreams(clock, guardOf(sockets, onRefused), new Unfinished((peer) => sockets.claim(peer)?.destroy()))];
  // What is asked here shall not show in the answers.
  const server = new Server({ ...serverOptions({ ...settings, hasChannelz: false }), interceptors });
  addAdminServicesToServer(server);
  services.register(server);
  const door = await openDoor({ server, sockets, tls }, where);
  return { host: where.host, port: door.port, close: () => door.close() };
}
