/**
 * A way to break a connection without harming either side: what comes in is passed on, until it is cut.
 */

import { once } from 'node:events';
import { type AddressInfo, createServer, connect as dial, type Socket } from 'node:net';

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Connections that came in so far. */
  readonly connections: number;
  /** Resets every connection that is open; new ones are passed on again. */
  cut(): void;
}

export async function startProxy(target: string): Promise<Proxy> {
  const [host = '', port = ''] = target.split(':');
  const open = new Set<Socket>();
  let connections = 0;
  const listener = createServer((near) => {
    connections += 1;
    const far = dial(Number(port), host);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => open.delete(socket) && other.destroy());
      socket.pipe(other);
    }
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => {
    for (const socket of open) socket.resetAndDestroy();
  };
  return {
    url: `127.0.0.1:${(listener.address() as AddressInfo).port}`, // a TCP listener's address is one
    get connections() {
      return connections;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}
