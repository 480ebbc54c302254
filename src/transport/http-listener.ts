/**
 * A small HTTP listener for an operator's tools: reads only, on a port of its own.
 *
 * L1 it answers GET and HEAD of the paths that it was given; a route that throws is answered with 500 and its name alone.
 * L2 what clients may hold is bounded: `socketsMax` connections, 8 KiB of headers within 5 s, no bodies.
 * L3 closed, no socket of it is left.
 * L4 with certificates it speaks TLS; what is not for everybody is told to those alone who show one that is trusted here, where
 *    clients must. Without, who may ask is a matter of where it listens: loopback, unless said.
 * Loaded when a server wants one.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';

import type { Credentials } from './credentials.ts';
import { makeHttpServer, openHttp } from './http-server.ts';
import { type Doubt, type PeerCertificate, type Standing, standingOf } from './peer-certificate.ts';
import type { PortChoice } from './transport.ts';

export interface HttpReply {
  readonly status: number;
  /** Content type. */
  readonly type: string;
  readonly body: string;
}

export interface HttpRoute {
  readonly reply: () => HttpReply | Promise<HttpReply>;
  /** Told to everybody who can reach it, whoever they are. */
  readonly isPublic: boolean;
  /** Why whoever asks is not answered; absent: whoever may ask at all may ask this. */
  readonly refusal?: ((asking: HttpAsking) => Promise<HttpReply | undefined>) | undefined;
}

/** Who asks, as far as they show it. */
export interface HttpAsking {
  readonly address: string;
  /** The header of that name. */
  readonly authorization: string | undefined;
  readonly certificate: PeerCertificate | undefined;
}

export interface HttpListenOptions {
  readonly host: string;
  readonly port: PortChoice;
  readonly tls: Credentials | undefined;
  /** Told of everybody who was not answered (L4). */
  readonly onRefused: (address: string, doubt: Doubt) => void;
}

export interface HttpListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const socketsMax = 64;
const timeoutMs = 5_000;
const plain = 'text/plain; charset=utf-8';

/** Binds and serves; `routes` by path, with its slash. Throws `bad_settings`. */
export async function listenHttp(options: HttpListenOptions, routes: ReadonlyMap<string, HttpRoute>): Promise<HttpListener> {
  const limits = { maxHeaderSize: 8 * 1024, headersTimeout: timeoutMs, requestTimeout: timeoutMs, keepAliveTimeout: timeoutMs };
  const { tls, host } = options;
  const server = makeHttpServer({ ...limits, connectionsCheckingInterval: timeoutMs, tls, asksCertificate: true }, (request, response) => {
    answer(routes, request, options)
      .catch((error: unknown) => ({ status: 500, type: plain, body: `${error instanceof Error ? error.name : 'a throw'}\n` }))
      .then((reply) => send(reply, request, response), ignore);
  });
  const { port, close } = await openHttp(server, options, socketsMax);
  return { host, port, close };
}

async function answer(
  routes: ReadonlyMap<string, HttpRoute>,
  { method, url = '/', socket, headers }: IncomingMessage,
  { tls, onRefused }: HttpListenOptions,
): Promise<HttpReply> {
  const [path = '/'] = url.split('?');
  const route = routes.get(path);
  if (!route) return { status: 404, type: plain, body: `there is ${[...routes.keys()].join(', ')}\n` };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'GET or HEAD\n' };
  const address = `${socket.remoteAddress}:${socket.remotePort}`;
  const standing = tls && !route.isPublic ? standingAt(socket, tls) : undefined;
  const doubt = standing?.kind === 'refused' ? standing.doubt : undefined;
  const certificate = standing?.kind === 'certified' ? standing.certificate : undefined;
  if (!doubt) return (await route.refusal?.({ address, authorization: headers.authorization, certificate })) ?? (await route.reply());
  onRefused(address, doubt);
  return { status: 401, type: plain, body: `${doubt.reason}: ${doubt.why}\n` };
}

/** L4. */
function standingAt(socket: IncomingMessage['socket'], tls: Credentials): Standing | undefined {
  return socket instanceof TLSSocket ? standingOf(socket, tls.needsClientCertificate) : undefined;
}

function send({ status, type, body }: HttpReply, { method }: IncomingMessage, response: ServerResponse): void {
  const headers = {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    ...(status === 405 ? { allow: 'GET, HEAD', connection: 'close' } : {}),
  };
  response.writeHead(status, headers).end(method === 'HEAD' ? undefined : body);
}

function ignore(): void {}
