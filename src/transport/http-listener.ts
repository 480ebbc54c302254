/**
 * A small HTTP listener for an operator's tools: reads only, on a port of its own.
 *
 * L1 it answers GET and HEAD of the paths that it was given; a route that throws is answered with 500 and its name alone.
 * L2 what clients may hold is bounded: `socketsMax` connections, 8 KiB of headers within 5 s, no bodies.
 * L3 closed, no socket of it is left.
 * Loaded when a server wants one. Who may ask is a matter of where it listens: loopback, unless said.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

import { openHttp } from './http-server.ts';
import type { PortChoice } from './transport.ts';

export interface HttpReply {
  readonly status: number;
  /** Content type. */
  readonly type: string;
  readonly body: string;
}

export type HttpRoute = () => HttpReply | Promise<HttpReply>;

export interface HttpListener {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

const socketsMax = 64;
const timeoutMs = 5_000;
const plain = 'text/plain; charset=utf-8';

/** Binds and serves; `routes` by path, with its slash. Throws `bad_settings`. */
export async function listenHttp(
  where: { readonly host: string; readonly port: PortChoice },
  routes: ReadonlyMap<string, HttpRoute>,
): Promise<HttpListener> {
  const limits = { maxHeaderSize: 8 * 1024, headersTimeout: timeoutMs, requestTimeout: timeoutMs, keepAliveTimeout: timeoutMs };
  const server = createServer({ ...limits, connectionsCheckingInterval: timeoutMs }, (request, response) => {
    answer(routes, request)
      .catch((error: unknown) => ({ status: 500, type: plain, body: `${error instanceof Error ? error.name : 'a throw'}\n` }))
      .then((reply) => send(reply, request, response), ignore);
  });
  const { port, close } = await openHttp(server, where, socketsMax);
  return { host: where.host, port, close };
}

async function answer(routes: ReadonlyMap<string, HttpRoute>, { method, url = '/' }: IncomingMessage): Promise<HttpReply> {
  const [path = '/'] = url.split('?');
  const route = routes.get(path);
  if (!route) return { status: 404, type: plain, body: `there is ${[...routes.keys()].join(', ')}\n` };
  if (method !== 'GET' && method !== 'HEAD') return { status: 405, type: plain, body: 'GET or HEAD\n' };
  return await route();
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
