/**
 * Listens for links, sessions, their bulk channels and foreign clients, on one port. Generic gRPC tools
 * find health and reflection there (standard-services.ts).
 */

import { type handleServerStreamingCall, type handleUnaryCall, Server, type ServerDuplexStream, status } from '@grpc/grpc-js';

import { assert } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import type { Credentials } from './credentials.ts';
import { type AdminListener, type AdminOptions, listenAdmin } from './grpc-admin.ts';
import { Arrivals, type Arrived } from './grpc-arrival.ts';
import { openDoor } from './grpc-door.ts';
import { answerMany, answerOne, type ForeignHouse } from './grpc-foreign.ts';
import { guardOf, type OnRefused } from './grpc-guard.ts';
import { holdingsOf } from './grpc-holdings.ts';
import { guardStreams, type OwnStreams } from './grpc-interceptor.ts';
import { type ChannelSettings, joinMethod, methods, questionMethods, serverOptions, streamMethods } from './grpc-options.ts';
import { GrpcSockets } from './grpc-sockets.ts';
import { statusOf } from './grpc-status.ts';
import { hostOf } from './ports.ts';
import { StandardServices } from './standard-services.ts';
import type { Acceptor, LinkKind, Listener, ListenOptions } from './transport.ts';
import type { Turns } from './turns.ts';

export interface GrpcListenerOptions {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly settings: ChannelSettings;
  readonly valueBytesMax: number | undefined;
  readonly tls: Credentials | undefined;
}

type BidiCall = ServerDuplexStream<Buffer, Buffer>;

/** Binds and serves, the admin listener beside it where one is wanted. Throws `bad_settings`. */
export async function listen(options: GrpcListenerOptions, where: ListenOptions, acceptor: Acceptor): Promise<Listener> {
  const { clock, settings, tls } = options;
  const onRefused: OnRefused = (refused) => acceptor.refused?.(refused);
  const sockets = new GrpcSockets(clock, { isProven: tls !== undefined });
  const holdings = holdingsOf(sockets, (who) => acceptor.dropped?.(who));
  const arrivals = new Arrivals({ ...options, acceptor, holdings });
  const services = new StandardServices(() => acceptor.describe?.() ?? []);
  const guard = guardOf(sockets, onRefused, acceptor.join !== undefined);
  const own: OwnStreams = new WeakMap();
  const server = new Server({ ...serverOptions(settings), interceptors: [guardStreams({ clock, guard, holdings, own })] });
  registerStreams(server, arrivals, (call) => arrivedBy(call, sockets, own));
  registerForeign(server, { clock, acceptor, certificateOf: (peer) => sockets.certificateOf(peer) });
  registerJoin(server, acceptor.join);
  services.register(server);
  const door = await openDoor({ server, sockets, tls }, where);
  const close = (): Promise<void> => door.close(() => arrivals.close());
  const mayLookInside: AdminOptions['mayLookInside'] = (certificate) => acceptor.mayLookInside?.(certificate) ?? true;
  const admin = where.admin && (await openAdmin({ clock, settings, services, tls, onRefused, mayLookInside }, where.admin, close));
  let closing: Promise<unknown> | undefined;
  return {
    host: where.host,
    port: door.port,
    ...(admin ? { admin } : {}),
    setServing: (isServing) => services.setServing(isServing),
    close: async () => {
      closing ??= Promise.all([close(), admin?.close()]);
      await closing;
    },
  };
}

async function openAdmin(options: AdminOptions, where: ListenOptions, undo: () => Promise<void>): Promise<AdminListener> {
  try {
    return await listenAdmin(options, where);
  } catch (error) {
    await undo();
    throw error;
  }
}

function registerStreams(server: Server, arrivals: Arrivals, arrivedBy: (call: BidiCall) => Arrived | undefined): void {
  for (const kind of ['link', 'session'] as const satisfies readonly LinkKind[]) {
    registerBidi(server, methods[kind].stream, (call) => {
      const arrived = arrivedBy(call);
      if (arrived) arrivals.greet(kind, arrived);
    });
    registerBidi(server, methods[kind].bulk, (call) => {
      const arrived = arrivedBy(call);
      if (arrived) arrivals.attachBulk(arrived);
    });
  }
}

/** Undefined: the socket is gone. */
function arrivedBy(call: BidiCall, sockets: GrpcSockets, own: OwnStreams): Arrived | undefined {
  const socket = sockets.claim(call.getPeer());
  const found = own.get(call.metadata);
  assert(found, 'grpc-js keeps its streams elsewhere than it did');
  return socket && { call, ...found, socket, certificate: sockets.certificateOf(call.getPeer()) };
}

function registerBidi(server: Server, path: string, handle: (call: BidiCall) => void): void {
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

/** Also where this server does not share: a method that is not there would be answered before anybody is judged. */
function registerJoin(server: Server, join: Acceptor['join']): void {
  const answer: handleUnaryCall<Buffer, Buffer> = (call, send) => {
    if (!join) return send({ code: status.UNIMPLEMENTED, details: 'this server does not share (heddle serve --share)' });
    try {
      send(null, Buffer.from(join(call.request, hostOf(call.getPeer()))));
    } catch (error) {
      send(statusOf(error));
    }
  };
  server.register(joinMethod, answer, identity, identity, 'unary');
}

function keysOf<K extends string>(table: Readonly<Record<K, string>>): readonly K[] {
  return Object.keys(table) as K[]; // its own keys, and no others are there
}

function identity(message: Buffer): Buffer {
  return message;
}
