/**
 * Server processes whose neighbours reach them through proxies, one per server, so that single links can be harmed.
 *
 * F1 a server listens on a port of its own and advertises its proxy: nobody but the proxy goes there directly.
 * F2 a fault between two servers is laid on both proxies, for the dials of the other of the two only.
 */

import { FaultProxy, type LinkFault } from './fault-proxy.ts';
import { freePort } from './free-port.ts';
import type { ServerProcess, Stage } from './processes.ts';
import { findOwner } from './socket-owner.ts';

interface Line {
  readonly proxy: FaultProxy;
  readonly port: number;
  readonly server: ServerProcess;
}

export class FaultLines implements AsyncDisposable {
  readonly #stage: Stage;
  readonly #settings: string;
  readonly #lines = new Map<string, Line>();
  readonly #pids = new Map<number, string>();

  /** `settings`: TOML that every server starts with. */
  constructor(stage: Stage, settings = '') {
    this.#stage = stage;
    this.#settings = settings;
  }

  /** `heddle serve --name <name> ...`; its url is the proxy's. */
  async serve(name: string, ...args: readonly string[]): Promise<ServerProcess> {
    const port = await freePort();
    const proxy = await FaultProxy.start({
      target: `127.0.0.1:${port}`,
      dialler: (socket) => this.#pids.get(findOwner(socket, this.#pids.keys()) ?? 0),
    });
    const settings = await this.#stage.file(`${name}.toml`, `[server]\nadvertise = "${proxy.url}"\n${this.#settings}`);
    const server = await this.#stage.serve(name, '--settings', settings, '--port', `${port}`, ...args);
    this.#pids.set(server.process.pid, name);
    this.#lines.set(name, { proxy, port, server });
    return server;
  }

  /** Harms what two servers have with each other, whoever of them dials. */
  between(one: string, other: string, fault: LinkFault): void {
    this.#proxy(one).set(fault, other);
    this.#proxy(other).set(fault, one);
  }

  /** Nothing that `from` sends reaches `to`; what `to` sends arrives. */
  silence(from: string, to: string): void {
    this.#proxy(to).set({ kind: 'oneWay', silent: 'towardsTarget' }, from);
    this.#proxy(from).set({ kind: 'oneWay', silent: 'fromTarget' }, to);
  }

  /** Harms everything that reaches a server, from other servers and from clients. */
  around(name: string, fault: LinkFault): void {
    this.#proxy(name).set(fault);
  }

  /** Where a server itself listens, behind its proxy. */
  portOf(name: string): number {
    return this.#line(name).port;
  }

  /** Connections that came in for a server so far. */
  connectionsTo(name: string): number {
    return this.#proxy(name).connections;
  }

  heal(): void {
    for (const { proxy } of this.#lines.values()) proxy.heal();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#lines.values()].map(({ proxy }) => proxy[Symbol.asyncDispose]()));
  }

  #proxy(name: string): FaultProxy {
    return this.#line(name).proxy;
  }

  #line(name: string): Line {
    const line = this.#lines.get(name);
    if (!line) throw new Error(`there is no server ${name}`);
    return line;
  }
}
