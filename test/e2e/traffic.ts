/** The bytes that this process has read from and written to its sockets since this module was loaded. */

import { subscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

const sockets = new Set<Socket>();
let ended = 0;

for (const name of ['net.client.socket', 'net.server.socket']) subscribe(name, (message) => watch((message as { socket: Socket }).socket));

/** Counted at every socket of the process, open or closed. */
export function traffic(): number {
  return [...sockets].reduce((sum, socket) => sum + bytesOf(socket), ended);
}

function watch(socket: Socket): void {
  sockets.add(socket);
  socket.once('close', () => {
    ended += bytesOf(socket);
    sockets.delete(socket);
  });
}

function bytesOf({ bytesRead, bytesWritten }: Socket): number {
  return bytesRead + bytesWritten;
}
