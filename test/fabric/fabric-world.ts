/**
 * A whole fabric in memory, on virtual time: servers and clients as in production, in the processes of `heddle/testing`.
 *
 * R1 nothing but the world moves time: a test is as fast as its code, and the same every time.
 * R2 a killed process does nothing from then on: its links break, its timers never fire.
 * R3 whatever the test leaves open is closed after it (world.ts).
 * For tests that move time themselves; `simulate` (src/testing) is for those that only write down what happens.
 */

import { type Random, seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client, Functions, Server, ServerOptions } from '../../src/fabric/api/api.ts';
import { FabricClient } from '../../src/fabric/client/client.ts';
import { FabricServer } from '../../src/fabric/server/server.ts';
import { resolveServerOptions } from '../../src/fabric/server/server-options.ts';
import type { ServerTuning } from '../../src/fabric/server/tuning.ts';
import { openLog } from '../../src/observe/log.ts';
import { MemorySpill } from '../../src/storage/memory-spill.ts';
import type { SpillStore } from '../../src/storage/spill.ts';
import { SimulatedProcess } from '../../src/testing/simulated-process.ts';
import { SimulatedSeals } from '../../src/testing/simulated-seals.ts';
import { Timeline } from '../../src/testing/timeline.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { PeerCertificate, Transport } from '../../src/transport/transport.ts';
import { WatchedTransport, type WatchLink } from './watched-transport.ts';

export { SimulatedProcess as WorldProcess } from '../../src/testing/simulated-process.ts';

export class FabricWorld {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({
    clock: this.clock,
    delayMs: 1,
    certify: (process) => this.certify?.(process),
    doubt: (by, process) => this.#seals.doubt(by, process),
  });
  /** Whose certificate a process shows; absent: nobody has one. Set before servers and clients are made. */
  certify: ((process: string) => PeerCertificate | undefined) | undefined;
  /** Issues the certificates of servers; with others, a test lets trust end. */
  readonly #seals = new SimulatedSeals();
  readonly authority = this.#seals.authority;
  /** What each server shows and trusts, by name; there where `certify` says so. */
  readonly credentials = this.#seals.credentials;
  readonly processes = new Map<string, SimulatedProcess>();
  /** Stands between every link and whoever uses it; set before servers and clients are made. */
  watch: WatchLink | undefined;
  /** Where every server puts what its memory has no room for. */
  spill: SpillStore = new MemorySpill();
  /** How clients of worlds route; direct-suites.test.ts, alone in its thread, runs the suites of other files with the other one. */
  static usualRouting: 'entry' | 'direct' = 'entry';
  /** How those of this one do. */
  routing = FabricWorld.usualRouting;
  readonly #time = new Timeline(this.clock);
  readonly #random: Random;
  readonly #servers = new Map<string, Server>();
  #made = 0;
  readonly #clients: Client[] = [];

  constructor(seed = 'world') {
    this.#random = seededRandom(seed);
  }

  /** A server that joins the first one (unless `options.join` says otherwise); resolves when all that run list it. */
  async start(name: string, functions: Functions = {}, options: ServerOptions & { readonly tuning?: ServerTuning } = {}): Promise<Server> {
    const first = this.#running()[0];
    const join = first === undefined ? [] : [first.url];
    const server = this.made(name, functions, { join, ...options });
    this.#servers.set(name, server as unknown as Server);
    await this.settle(server.start());
    await this.until('everybody lists everybody', () => this.#knowOneAnother());
    // As in startServer: the class carries calls of any name and type.
    return server as unknown as Server;
  }

  /** A server that has not been started. */
  made(name: string, functions: Functions = {}, options: ServerOptions & { readonly tuning?: ServerTuning } = {}): FabricServer {
    const { tuning, ...rest } = options;
    const clock = this.process(name);
    // No two processes are alike: a restarted server is another instance.
    const random = this.#random.fork(`server ${name} ${this.#made}`);
    this.#made += 1;
    const resolved = resolveServerOptions({ name, functions, ...rest }, random);
    return new FabricServer(resolved, {
      clock,
      random,
      transport: this.#transportOf(clock),
      tuning,
      spill: this.spill,
      openLog,
      vouch: this.certify?.(name) && ((holder) => this.#seals.of(holder, clock)),
    });
  }

  /** A client with the addresses of these servers, connected to the first that takes it. */
  async connect(...servers: readonly (Server | string)[]): Promise<Client> {
    const client = this.madeClient(...servers);
    await this.settle(client.open());
    // As in connect: the class carries calls of any name and type.
    return client as unknown as Client;
  }

  /** A client that has not been opened. */
  madeClient(...servers: readonly (Server | string)[]): FabricClient {
    return this.clientBy(this.routing, ...servers);
  }

  /** The same, of a client that routes so. */
  clientBy(routing: 'entry' | 'direct', ...servers: readonly (Server | string)[]): FabricClient {
    const clock = this.process(`client-${this.#clients.length + 1}`);
    const addresses = servers.map((server) => (typeof server === 'string' ? server : server.url));
    const random = this.#random.fork(clock.name);
    const client = new FabricClient({ clock, random, transport: this.#transportOf(clock) }, addresses, routing);
    this.#clients.push(client as unknown as Client);
    return client;
  }

  process(name: string): SimulatedProcess {
    const process = new SimulatedProcess(name, { world: this.clock, network: this.network });
    this.processes.set(name, process);
    return process;
  }

  /** kill -9. */
  kill(name: string): void {
    this.processes.get(name)?.clock.kill();
    this.#servers.delete(name);
    this.network.kill(name);
  }

  /** Breaks every connection that the process dialled, as a router that forgets them would: both ends see it and go on. */
  breakLinks(name: string): void {
    this.processes.get(name)?.transport.breakLinks();
  }

  /** Runs everything due within `ms`, promises included. */
  advance(ms: number): Promise<void> {
    return this.#time.advance(ms);
  }

  /** Moves time until the promise settles, at most `maxMs`. */
  settle<T>(promise: Promise<T>, maxMs?: number): Promise<T> {
    return this.#time.settle(promise, maxMs);
  }

  /** Moves time until the condition holds, at most `maxMs`. */
  until(what: string, condition: () => boolean | Promise<boolean>, maxMs?: number): Promise<void> {
    return this.#time.until(what, condition, maxMs);
  }

  /** Lets promises go on without moving time. */
  turn(): Promise<void> {
    return this.#time.turn();
  }

  async close(): Promise<void> {
    const open = [...this.#clients, ...this.#running()];
    const closing = open.map((one) => ('close' in one ? one.close() : one.stop()));
    await this.settle(Promise.all(closing));
  }

  #transportOf(process: SimulatedProcess): Transport {
    return this.watch ? new WatchedTransport(process.transport, this.watch) : process.transport;
  }

  #running(): readonly Server[] {
    return [...this.#servers.values()];
  }

  async #knowOneAnother(): Promise<boolean> {
    const running = this.#running();
    const views = await Promise.all(running.map((server) => server.members()));
    const offers = await Promise.all(running.map((server) => server.catalog()));
    const offered = new Set(offers.map((list) => list.length));
    return offered.size <= 1 && views.every((view) => running.every((server) => view.some((member) => member.name === server.name)));
  }
}
