/**
 * NATS request-reply through a nats-server of its own. Needs Debian's `nats-server` on the PATH and the folder `peers`.
 */

import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Contestant, Serving } from '../contestant.ts';
import { importPeer } from '../peer.ts';
import { answer, type Reading } from '../workload.ts';

interface Message {
  readonly data: Uint8Array;
  respond(data: Uint8Array): void;
}

interface Connection {
  subscribe(subject: string, options: { callback: (error: Error | null, message: Message) => void }): unknown;
  request(subject: string, data: Uint8Array, options: { timeout: number }): Promise<Message>;
  flush(): Promise<void>;
  close(): Promise<void>;
}

interface Nats {
  connect(options: {
    servers: string;
    maxReconnectAttempts?: number;
    reconnectTimeWait?: number;
    waitOnFirstConnect?: boolean;
  }): Promise<Connection>;
}

const bytes = (reading: unknown): Uint8Array => Buffer.from(JSON.stringify(reading));
const text = (data: Uint8Array): unknown => JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());

async function connectTo(servers: string): Promise<Connection> {
  const { connect } = await importPeer<Nats>('@nats-io/transport-node');
  return connect({ servers, waitOnFirstConnect: true, reconnectTimeWait: 100, maxReconnectAttempts: 100 });
}

async function serve(): Promise<Serving> {
  const address = `127.0.0.1:${await freePort()}`;
  const [host, port] = address.split(':');
  const broker = spawn('nats-server', ['-a', host ?? '', '-p', port ?? ''], { stdio: 'ignore' });
  await new Promise<void>((resolve, reject) => broker.once('spawn', resolve).once('error', reject));
  const connection = await connectTo(address);
  connection.subscribe('bench.answer', { callback: (_error, message) => message.respond(bytes(answer(text(message.data) as Reading))) });
  await connection.flush();
  return {
    address,
    stop: async () => {
      await connection.close();
      broker.kill();
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const bound = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (bound === null || typeof bound === 'string') throw new Error('no port');
  return bound.port;
}

export const nats: Contestant = {
  what: 'NATS request-reply through one nats-server, 30 s timeout; JSON record there and back',
  serve,
  async open(address) {
    const connection = await connectTo(address);
    return {
      call: async (reading) => text((await connection.request('bench.answer', bytes(reading), { timeout: 30_000 })).data),
      stop: () => connection.close(),
    };
  },
};
