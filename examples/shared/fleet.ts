/**
 * Several servers of one fabric, each a process of its own on a port that the system picks.
 *
 * All processes start at once; the first says where it listens, and the others join it there. `await using` stops them.
 * None outlives this process: each leaves when the channel to it closes.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface FleetServer {
  readonly name: string;
  readonly resources: readonly string[];
  /** Exports its functions, in place of the fleet's module. */
  readonly module?: URL;
}

/** What a server process is told, once. */
export interface Order extends Omit<FleetServer, 'module'> {
  readonly module: string;
  readonly cluster: string;
  readonly join: readonly string[];
  readonly fleetSize: number;
}

/** What it answers: `listening` from its `onListening` callback, `ready` when it knows what every server offers. */
export interface Answer {
  readonly kind: 'listening' | 'ready';
  readonly url: string;
}

export interface Fleet extends AsyncDisposable {
  readonly cluster: string;
  readonly servers: readonly ServerProcess[];
}

export interface FleetOptions {
  /** Called for each server as soon as it listens. */
  readonly onListening?: (server: FleetServer, url: string) => void;
}

/** Starts `servers`, each with the functions that `module`, or its own, exports; resolves when all know one another. */
export async function startFleet(module: URL, servers: readonly FleetServer[], { onListening }: FleetOptions = {}): Promise<Fleet> {
  const fleet = servers.map((server) => new ServerProcess(server));
  for (const server of fleet) void server.answer('listening').then(({ url }) => onListening?.(server, url));

  const [first, ...others] = fleet;
  if (first === undefined) throw new RangeError('a fleet needs a server');
  const cluster = `example-${process.pid}`;
  const order = { module: module.href, cluster, fleetSize: servers.length };
  first.serve({ ...order, join: [] });
  const { url } = await first.answer('listening');
  for (const server of others) server.serve({ ...order, join: [url] });

  await Promise.all(fleet.map((server) => server.answer('ready')));
  return { cluster, servers: fleet, [Symbol.asyncDispose]: async () => void (await Promise.all(fleet.map((server) => server.stop()))) };
}

/** A handle on one server process. */
export class ServerProcess implements FleetServer {
  readonly name: string;
  readonly resources: readonly string[];
  readonly #module: URL | undefined;
  /** Empty until it listens. */
  url = '';
  readonly #child: ChildProcess = fork(new URL('serve.ts', import.meta.url));

  constructor({ name, resources, module }: FleetServer) {
    this.name = name;
    this.resources = resources;
    this.#module = module;
  }

  serve(order: Omit<Order, 'name' | 'resources'>): void {
    const module = this.#module?.href ?? order.module;
    this.#child.send({ ...order, module, name: this.name, resources: this.resources } satisfies Order);
  }

  /** Resolves with the answer of that kind; rejects if the process ends without it. */
  answer(kind: Answer['kind']): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.#child.on('message', (answer: Answer) => {
        this.url = answer.url;
        if (answer.kind === kind) resolve(answer);
      });
      this.#child.once('exit', () => reject(new Error(`the process of ${this.name} ended before it was ${kind}`)));
    });
  }

  /** Ends the process at once, as `kill -9` does. */
  async kill(): Promise<void> {
    await this.#end(() => this.#child.kill('SIGKILL'));
  }

  /** Lets the server leave the fabric and its process end. */
  async stop(): Promise<void> {
    await this.#end(() => this.#child.disconnect());
  }

  async #end(how: () => void): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    how();
    await once(this.#child, 'exit');
  }
}
