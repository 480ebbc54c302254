import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

import { expect, test } from 'vitest';

import { VirtualClock } from '../../src/base/virtual-clock.ts';
import { GrpcSockets, type SocketLimits } from '../../src/transport/grpc-sockets.ts';

/** A server that admits what the limits allow, and a way to connect to it that says whether it was let in. */
async function world(limits: SocketLimits) {
  const sockets = new GrpcSockets(new VirtualClock(), { limits });
  const admitted: boolean[] = [];
  const server = createServer((socket) => admitted.push(sockets.admit(socket)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const open = async (): Promise<{ readonly socket: Socket; readonly isAdmitted: boolean | undefined }> => {
    const nth = admitted.length;
    const socket = connect({ host: '127.0.0.1', port });
    socket.on('error', () => {});
    socket.resume();
    const accepted = once(server, 'connection');
    await once(socket, 'connect');
    if (admitted.length === nth) await accepted;
    return { socket, isAdmitted: admitted[nth] };
  };
  return { sockets, open, close: () => new Promise<void>((resolve) => server.close(() => resolve())) };
}

test.each([
  { perAddress: 2, inAll: 10 },
  { perAddress: 10, inAll: 2 },
])('sockets beyond the limits ($perAddress an address, $inAll in all) are hung up on', async (limits) => {
  const { sockets, open, close } = await world(limits);
  expect([(await open()).isAdmitted, (await open()).isAdmitted]).toEqual([true, true]);
  const third = await open();
  expect(third.isAdmitted).toBe(false);
  if (!third.socket.destroyed) await once(third.socket, 'close');
  await sockets.close();
  expect((await open()).isAdmitted).toBe(true);
  await sockets.close();
  await close();
});

test('a socket is found by the name that gRPC gives its peer', async () => {
  const { sockets, open, close } = await world({ perAddress: 2, inAll: 2 });
  const { socket } = await open();
  expect(sockets.claim(`127.0.0.1:${socket.localPort}`)).toBeDefined();
  expect(sockets.claim('127.0.0.1:1')).toBeUndefined();
  await sockets.close();
  await close();
});

test('whoever has to prove who they are is refused until they have, and when they are gone', async () => {
  const proven = new GrpcSockets(new VirtualClock(), { isProven: true });
  expect(proven.standingOf('127.0.0.1:1')).toMatchObject({ kind: 'refused', doubt: { reason: 'no_certificate' } });
  expect(new GrpcSockets(new VirtualClock()).standingOf('127.0.0.1:1')).toEqual({ kind: 'plain' });
});
