/**
 * Binds a TCP server to a port of the caller's choice. get-port proposes, binding decides: between the two another
 * process may have taken the port, so a race means another proposal, and only what is bound is announced.
 */

import type { AddressInfo, Server } from 'node:net';

import getPort, { portNumbers } from 'get-port';

import { checkChoice, isAllowed, portRefused, portTaken } from './ports.ts';
import type { ListenOptions } from './transport.ts';

/** Lost races before we give up; each means that a port went in the microseconds since it was found free. */
const triesMax = 20;

/** Listens and gives the port. Throws `bad_settings`. */
export async function bind(server: Server, options: ListenOptions): Promise<number> {
  checkChoice(options.port);
  const lost = new Set<number>();
  for (let tries = 0; tries < triesMax; tries += 1) {
    const port = await proposePort(options, lost).catch((error: unknown) => {
      // get-port tries the address itself, and says what the system said.
      throw error instanceof Error ? portRefused(options.port, options.host, error) : error;
    });
    if (port === undefined) break;
    const error = await tryToListen(server, options.host, port);
    // The choice's own check has let through only numbers, so this is the TCP address.
    if (!error) return (server.address() as AddressInfo).port;
    if (error.code !== 'EADDRINUSE') throw portRefused(options.port, options.host, error);
    lost.add(port);
  }
  throw portTaken(options.port, options.host);
}

async function proposePort({ host, port: choice }: ListenOptions, lost: ReadonlySet<number>): Promise<number | undefined> {
  if (typeof choice === 'number') return lost.has(choice) ? undefined : choice;
  const exclude = [...lost];
  const port = await getPort(choice === 'auto' ? { host, exclude } : { host, exclude, port: portNumbers(choice.from, choice.to) });
  // Outside the range: get-port found all of it taken.
  return isAllowed(choice, port) ? port : undefined;
}

function tryToListen(server: Server, host: string, port: number): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    const onError = (error: NodeJS.ErrnoException): void => {
      server.removeListener('listening', onListening);
      resolve(error);
    };
    const onListening = (): void => {
      server.removeListener('error', onError);
      resolve(undefined);
    };
    server.once('error', onError);
    server.once('listening', onListening);
    server.listen({ host, port });
  });
}
