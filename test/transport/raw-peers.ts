/**
 * Peers that do not behave: bare sockets that listen, and a gRPC client that says what it likes.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';

import { Client, type ClientDuplexStream, credentials, Metadata, type StatusObject } from '@grpc/grpc-js';

const identity = (message: Buffer): Buffer => message;

export interface RawPeer {
  readonly address: string;
  readonly sockets: ReadonlySet<Socket>;
  /** Resolves once no socket is open. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Listens with a bare TCP server; `onSocket` is all that it does. */
export async function rawPeer(onSocket: (socket: Socket) => void): Promise<RawPeer> {
  const sockets = new Set<Socket>();
  const waiting = new Set<() => void>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) for (const wake of waiting) wake();
    });
    // What is not read is not seen to end.
    socket.resume();
    onSocket(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    quiet: () => (sockets.size === 0 ? Promise.resolve() : new Promise((resolve) => waiting.add(resolve))),
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** One stream of a gRPC client that knows only bytes. */
export interface RawStream {
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  /** The next message. */
  next(): Promise<Buffer>;
  readonly status: Promise<StatusObject>;
}

export class RawClient {
  readonly #client: Client;

  constructor(address: string) {
    this.#client = new Client(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_send_message_length': -1,
      'grpc.enable_retries': 0,
    });
  }

  open(path: string): RawStream {
    const stream = this.#client.makeBidiStreamRequest(path, identity, identity, new Metadata());
    stream.on('error', () => {});
    const status = new Promise<StatusObject>((resolve) => stream.once('status', resolve));
    return {
      stream,
      status,
      next: () =>
        new Promise((resolve) => {
          const look = (): void => {
            const message: unknown = stream.read();
            if (message === null) stream.once('readable', look);
            else resolve(message as Buffer);
          };
          look();
        }),
    };
  }

  get client(): Client {
    return this.#client;
  }

  close(): void {
    this.#client.close();
  }
}

/** Starts peer-process.ts; gives the process and its address. `dials`: an address that it links to. */
export async function startPeerProcess(dials: readonly string[] = []): Promise<{ readonly child: ChildProcess; readonly address: string }> {
  const file = fileURLToPath(new URL('./peer-process.ts', import.meta.url));
  const child = fork(file, dials, { execArgv: ['--import', 'tsx'] });
  const [port] = await once(child, 'message');
  return { child, address: `127.0.0.1:${String(port)}` };
}

/** Sockets and servers of this process that keep it alive. */
export function openHandles(): number {
  return process.getActiveResourcesInfo().filter((name) => /TCP|Pipe(?!Wrap)/.test(name)).length;
}
