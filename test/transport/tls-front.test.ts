/**
 * What comes to a door where TLS is spoken, and is no TLS: it is gone in time, and the door stays open for others.
 */

import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { firstMessageMs } from '../../src/transport/limits.ts';
import type { Listener } from '../../src/transport/transport.ts';
import { Authority, validity } from '../certificates.ts';
import { House } from '../contract/transport-world.ts';

const authority = new Authority();
const clock = new VirtualClock();
let transport: GrpcTransport;
let listener: Listener;

beforeEach(async () => {
  const tls = new Credentials(authority.server('one'), { use: 'server', wallMs: () => validity().fromMs + 1 });
  transport = new GrpcTransport({ clock, tls });
  listener = await transport.listen({ host: '127.0.0.1', port: 'auto' }, new House());
});

afterEach(async () => {
  await listener.close();
  await transport.close();
});

/** A socket that has been let in: whoever shakes hands after it, has been let in after it. */
async function caller(...bytes: readonly number[]): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port: listener.port });
  socket.on('error', () => {});
  socket.resume();
  await once(socket, 'connect');
  if (bytes.length > 0) socket.write(Buffer.from(bytes));
  await shakeHands();
  return socket;
}

async function shakeHands(): Promise<void> {
  const socket = connectTls({ host: '127.0.0.1', port: listener.port, ca: authority.cert, ALPNProtocols: ['h2'] });
  await once(socket, 'secureConnect');
  socket.destroy();
}

test('F2: bytes that only begin like a handshake end the socket, and nobody else feels it', async () => {
  const socket = await caller(0x16, ...Array.from({ length: 600 }, (_, at) => (at * 7) % 251));
  if (!socket.closed) await once(socket, 'close');
  await shakeHands();
});

test.each<[string, readonly number[]]>([
  ['says nothing', []],
  ['begins a handshake and stops', [0x16, 0x03, 0x01]],
])('F2: what %s is gone after the deadline of a first message', async (_what, bytes) => {
  const socket = await caller(...bytes);
  expect(socket.closed).toBe(false);
  clock.advance(firstMessageMs);
  if (!socket.closed) await once(socket, 'close');
  await shakeHands();
});

test('closing leaves no socket behind, whatever state its handshake is in', async () => {
  const sockets = [await caller(), await caller(0x16), await caller(0x50)];
  await listener.close();
  for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
  await expect(shakeHands()).rejects.toThrow('ECONNREFUSED');
});
