/**
 * A whole fabric in memory, on virtual time: servers and clients as in production over the memory transport.
 *
 * R1 nothing but the world moves time: a test is as fast as its code, and the same every time.
 * R2 a killed process does nothing from then on: its links break, its timers never fire.
 * R3 whatever the test leaves open is closed after it (world.ts).
 */

import { type CancelTask, type Clock, delay } from '../../src/base/clock.ts';
import { type Random, seededRandom } from '../../src/base/random.ts';
import { VirtualClock } from '../../src/base/virtual-clock.ts';
import type { Client, Functions, Server, ServerOptions } from '../../src/fabric/api.ts';
import { FabricClient } from '../../src/fabric/client.ts';
import { FabricServer } from '../../src/fabric/server.ts';
import { resolveServerOptions } from '../../src/fabric/server-options.ts';
import type { ServerTuning } from '../../src/fabric/tuning.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type { MemoryEnd } from '../../src/transport/memory-link.ts';
import type { Acceptor, Dialled, DialOptions, Listener, ListenOptions, Transport } from '../../src/transport/transport.ts';

/** The memory transport of one process, which remembers what it dialled. */
class WorldTransport implements Transport {
  /** Addresses, in the order in which they were dialled. */
  readonly dials: string[] = [];
  readonly #inner: Transport;
  readonly #clock: Clock;
  readonly #ends = new Set<MemoryEnd>();
  readonly #listeners = new Set<Listener>();

  constructor(inner: Transport, clock: Clock) {
    this.#inner = inner;
    this.#clock = clock;
  }

  /** Connections that it dialled, and sockets that it listens at, and that are open. */
  get open(): number {
    return [...this.#ends].filter((end) => !end.isClosed).length + this.#listeners.size;
  }

  async listen(options: ListenOptions, acceptor: Acceptor): Promise<Listener> {
    const listener = await this.#inner.listen(options, acceptor);
    this.#listeners.add(listener);
    // Over a socket it takes a while until the caller hears of it.
    await delay(this.#clock, 1);
    const close = (): Promise<void> => {
      this.#listeners.delete(listener);
      return listener.close();
    };
    return { host: listener.host, port: listener.port, close };
  }

  async dial(options: DialOptions): Promise<Dialled> {
    this.dials.push(options.address);
    const dialled = await this.#inner.dial(options);
    // Every link of the memory transport is one.
    this.#ends.add(dialled.link as MemoryEnd);
    return dialled;
  }

  breakLinks(): void {
    for (const end of this.#ends) end.fail('reset', 'the connection was forgotten on the way');
    this.#ends.clear();
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

/** One process of the world: its clock stops with it. */
export class WorldProcess implements Clock {
  isAlive = true;
  readonly name: string;
  readonly transport: WorldTransport;
  readonly #clock: VirtualClock;
  #armed = 0;

  constructor(name: string, clock: VirtualClock, transport: WorldTransport) {
    this.name = name;
    this.transport = transport;
    this.#clock = clock;
  }

  /** How many of its timers have neither run nor been cancelled. */
  get armed(): number {
    return this.#armed;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  wallMs(): number {
    return this.#clock.wallMs();
  }

  schedule(delayMs: number, task: () => void): CancelTask {
    let isArmed = true;
    this.#armed += 1;
    const disarm = (): void => {
      if (isArmed) this.#armed -= 1;
      isArmed = false;
    };
    const cancel = this.#clock.schedule(delayMs, () => {
      disarm();
      if (this.isAlive) task();
    });
    return () => {
      disarm();
      cancel();
    };
  }
}

/** Real turns of the event loop given to promises between two steps of time. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class FabricWorld {
  readonly clock = new VirtualClock();
  readonly network = new MemoryNetwork({ clock: this.clock, delayMs: 1 });
  readonly processes = new Map<string, WorldProcess>();
  /** How clients route; direct-suites.test.ts runs the suites of other files once more with the other one. */
  static routing: 'entry' | 'direct' = 'entry';
  readonly #random: Random;
  readonly #servers = new Map<string, Server>();
  #killed = 0;
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
    const random = this.#random.fork(`server ${name} ${this.#servers.size + this.#killed}`);
    const resolved = resolveServerOptions({ name, functions, ...rest }, random);
    return new FabricServer(resolved, { clock, random, transport: clock.transport, tuning });
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
    const clock = this.process(`client-${this.#clients.length + 1}`);
    const addresses = servers.map((server) => (typeof server === 'string' ? server : server.url));
    const random = this.#random.fork(clock.name);
    const client = new FabricClient({ clock, random, transport: clock.transport }, addresses, FabricWorld.routing);
    this.#clients.push(client as unknown as Client);
    return client;
  }

  process(name: string): WorldProcess {
    const process = new WorldProcess(name, this.clock, new WorldTransport(this.network.transport(name), this.clock));
    this.processes.set(name, process);
    return process;
  }

  /** kill -9. */
  kill(name: string): void {
    const process = this.processes.get(name);
    if (process) process.isAlive = false;
    this.#killed += 1;
    this.#servers.delete(name);
    this.network.kill(name);
  }

  /** Breaks every connection that the process dialled, as a router that forgets them would: both ends see it and go on. */
  breakLinks(name: string): void {
    this.processes.get(name)?.transport.breakLinks();
  }

  /** Runs everything due within `ms`, promises included. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.nowMs() + ms;
    await turn();
    while (this.clock.nextMs() <= untilMs) await this.#tick();
    this.clock.advance(untilMs - this.clock.nowMs());
    await turn();
  }

  /** Moves time until the promise settles, at most `maxMs`. */
  async settle<T>(promise: Promise<T>, maxMs = 400_000): Promise<T> {
    let isSettled = false;
    const mark = (): void => {
      isSettled = true;
    };
    promise.then(mark, mark);
    await this.until('the promise settles', () => isSettled, maxMs);
    return promise;
  }

  /** Moves time until the condition holds, at most `maxMs`. */
  async until(what: string, condition: () => boolean | Promise<boolean>, maxMs = 400_000): Promise<void> {
    const untilMs = this.clock.nowMs() + maxMs;
    await turn();
    while (!(await condition())) {
      if (this.clock.nextMs() > untilMs) throw new Error(`${what}: not within ${maxMs} ms of virtual time`);
      await this.#tick();
    }
  }

  /** Lets promises go on without moving time. */
  async turn(): Promise<void> {
    await turn();
  }

  async close(): Promise<void> {
    const open = [...this.#clients, ...this.#running()];
    const closing = open.map((one) => ('close' in one ? one.close() : one.stop()));
    await this.settle(Promise.all(closing));
  }

  async #tick(): Promise<void> {
    this.clock.step();
    await turn();
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
