/**
 * One run: a fabric in memory on a virtual clock, with the body of a test in a process of its own.
 *
 * S1 servers, clients, links, mesh and workflows are the production ones; only clock, chance and transport are not.
 * S2 everything that a process does runs in its name (inhabitant.ts), on its clock.
 * S3 where a server has rules, every server has a certificate and signs what it says; a client shows one if it is somebody.
 * S4 after the run nothing of it goes on: every process is killed, and no timer is left.
 */

import { present } from '../base/assert.ts';
import { type Random, seededRandom } from '../base/random.ts';
import { thrownText } from '../base/thrown.ts';
import { VirtualClock } from '../base/virtual-clock.ts';
import type { Client, ConnectOptions, Server } from '../fabric/api/api.ts';
import { FabricClient } from '../fabric/client/client.ts';
import type { KeyHolder } from '../fabric/mesh/own-key.ts';
import { FabricServer } from '../fabric/server/server.ts';
import { resolveServerOptions } from '../fabric/server/server-options.ts';
import { MemorySpill } from '../storage/memory-spill.ts';
import { MemoryNetwork } from '../transport/memory.ts';
import { NetworkWeather } from '../transport/network-weather.ts';
import type { PeerCertificate } from '../transport/peer-certificate.ts';
import type { Fault, Stage } from './faults.ts';
import type { CheckedOptions, Plan } from './simulate-options.ts';
import { SimulatedProcess } from './simulated-process.ts';
import { SimulatedSeals } from './simulated-seals.ts';
import { endsAfterMs, strike } from './strike.ts';
import { Timeline } from './timeline.ts';
import { Trace } from './trace.ts';

const firstPort = 7_001;
const bodyName = 'body';
/** How long the servers may take to know one another, and how long a server that could not start waits. */
const gatherMs = 60_000;
const startAgainMs = 1_000;
/** gRPC's, as the server sets it: 10 s and 5 s without an answer. */
const keepaliveMs = 15_000;

interface Running {
  readonly process: SimulatedProcess;
  readonly server: FabricServer;
}

export class Simulation<State> {
  readonly state: State;
  readonly trace: Trace;
  readonly #options: CheckedOptions<State>;
  readonly #plan: Plan;
  readonly #clock = new VirtualClock();
  readonly #random: Random;
  readonly #weather: NetworkWeather;
  readonly #network: MemoryNetwork;
  readonly #time: Timeline;
  readonly #processes = new Map<string, SimulatedProcess>();
  readonly #servers = new Map<string, Running>();
  readonly #epochs = new Map<string, number>();
  /** Absent: nobody proves anything. */
  readonly #seals: SimulatedSeals | undefined;
  /** Whose certificates clients show, by process. */
  readonly #clientNames = new Map<string, string>();
  readonly #struck = new Map<Fault, () => void>();
  #starts = 0;
  #clients = 0;
  #beganMs = 0;
  #offence: Error | undefined;
  #isOver = false;

  constructor(options: CheckedOptions<State>, plan: Plan) {
    this.#options = options;
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    const hasRules = [...options.servers.values()].some(({ permissions }) => permissions !== undefined);
    this.#seals = hasRules ? new SimulatedSeals() : undefined;
    this.trace = new Trace(() => this.#clock.nowMs());
    this.#weather = new NetworkWeather({ ...options.network, random: this.#random.fork('weather') });
    this.#network = new MemoryNetwork({
      clock: this.#clock,
      weather: this.#weather,
      keepaliveMs,
      processes: (name) => this.#processes.get(name),
      certify: (name) => this.#certificateOf(name),
      doubt: (by, name) => this.#seals?.doubt(by, name),
      onArrival: (from, to, packet) => this.trace.packet(from, to, packet),
    });
    this.#time = new Timeline(this.#clock, () => this.#throwOffence());
    this.state = this.#process(bodyName).process.run(() => options.state());
  }

  /** Milliseconds since the body began. */
  nowMs(): number {
    return this.#clock.nowMs() - this.#beganMs;
  }

  /** Starts the servers, lets the faults come, and runs the body to its end. */
  async run<Result>(body: () => Result | Promise<Result>): Promise<Result> {
    try {
      for (const name of this.#plan.servers) this.#start(name);
      await this.#time.until('the servers know one another', () => this.#isGathered(), gatherMs);
      this.#beganMs = this.#clock.nowMs();
      for (const fault of this.#plan.faults) this.#clock.schedule(fault.atMs, () => this.#strike(fault));
      const running = this.#body().run(async () => body());
      return await this.#time.settle(running, this.#options.maxMs).catch((error: unknown) => this.#explain(error));
    } finally {
      this.#end();
    }
  }

  server(name: string): Server {
    const running = this.#servers.get(name);
    if (!running) throw new Error(`no server "${name}" runs now; there are ${[...this.#servers.keys()].join(', ') || 'none'}`);
    return running.process.inItsName(running.server) as unknown as Server; // as in startServer: the class carries calls of any type
  }

  async connect<F>(
    to: readonly string[] | undefined,
    { routing, as }: Pick<ConnectOptions, 'routing'> & { readonly as?: string | undefined },
  ): Promise<Client<F>> {
    this.#clients += 1;
    const name = `client-${this.#clients}`;
    if (as !== undefined) this.#clientNames.set(name, as);
    const { process, random } = this.#process(name);
    const addresses = (to ?? this.#plan.servers).map((server) => this.#addressOf(server));
    const { transport } = process;
    const client = process.run(() => new FabricClient({ clock: process, random, transport, name }, addresses, routing));
    await process.run(() => client.open());
    return process.inItsName(client) as unknown as Client<F>; // as in connect
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.#body().schedule(ms, resolve));
  }

  /** Lets a fault happen now. */
  strike(fault: Fault): void {
    this.#strike(fault);
  }

  /** Undoes every fault that lasts. */
  heal(): void {
    for (const fault of [...this.#struck.keys()]) this.#undo(fault);
  }

  #strike(fault: Fault): void {
    if (this.#isOver) return;
    this.trace.tell(`fault ${JSON.stringify(fault)}`);
    this.#struck.set(fault, strike(fault, this.#stage()));
    const forMs = endsAfterMs(fault);
    if (forMs !== undefined) this.#clock.schedule(forMs, () => this.#undo(fault));
  }

  #undo(fault: Fault): void {
    const undo = this.#struck.get(fault);
    if (!undo || this.#isOver) return;
    this.#struck.delete(fault);
    this.trace.tell(`over ${JSON.stringify(fault)}`);
    undo();
  }

  #stage(): Stage {
    const clockOf = (name: string) => this.#processes.get(name)?.clock;
    return {
      weather: this.#weather,
      names: () => [...this.#processes.keys()].filter((name) => name !== bodyName),
      kill: (name) => this.#kill(name),
      start: (name, disk) => {
        if (disk === 'lost') this.#epochs.delete(name);
        if (!this.#servers.has(name)) this.#start(name);
      },
      pause: (name) => clockOf(name)?.pause(),
      resume: (name) => clockOf(name)?.resume(),
      reset: (from, to, underWay) => {
        for (const [a, b] of [
          [from, to],
          [to, from],
        ] as const)
          this.#network.reset(a, b, { isLost: underWay === 'lost' });
      },
      setRate: (name, rate) => clockOf(name)?.setRate(rate),
      step: (name, ms) => clockOf(name)?.step(ms),
    };
  }

  #kill(name: string): void {
    if (!this.#servers.delete(name)) return;
    this.#processes.get(name)?.clock.kill();
    this.#network.kill(name);
  }

  #start(name: string): void {
    const { process, random } = this.#process(name);
    const { transport } = process;
    const epoch = this.#epochs.get(name) ?? 0;
    const memory = { epoch, saveEpoch: (saved: number) => void this.#epochs.set(name, saved) };
    const seals = this.#seals;
    const vouch = seals && ((holder: KeyHolder) => seals.of(holder, process));
    const server = process.run(() => {
      const options = resolveServerOptions(this.#serverOptions(name), random);
      return new FabricServer(options, { clock: process, random, transport, memory, spill: new MemorySpill(), vouch });
    });
    this.#servers.set(name, { process, server });
    server.on('server.failed', ({ code, message }) => this.trace.tell(`${name} failed: ${code} ${message}`));
    server.on('member.died', (event) => this.trace.tell(`${name} holds ${event.name} dead`));
    server.on('member.suspected', (event) => this.trace.tell(`${name} suspects ${event.name}: ${event.evidence.join(', ')}`));
    process.run(() => server.start()).catch((error: unknown) => this.#startAgain(name, process, error));
  }

  /** As a supervisor would. */
  #startAgain(name: string, process: SimulatedProcess, error: unknown): void {
    if (!process.isAlive || this.#isOver) return;
    this.trace.tell(`${name} could not start: ${thrownText(error)}`);
    this.#kill(name);
    this.#clock.schedule(startAgainMs, () => {
      if (!this.#isOver && !this.#servers.has(name)) this.#start(name);
    });
  }

  #serverOptions(name: string) {
    const { functions, resources, slots, permissions } = this.#options.servers.get(name) ?? {};
    const join = this.#plan.servers.filter((other) => other !== name).map((other) => this.#addressOf(other));
    const made = typeof functions === 'function' ? functions(this.state) : functions;
    return { name, functions: made, resources, slots, permissions, join, port: this.#portOf(name) };
  }

  /** What a process shows at the other end of its connections (S3). */
  #certificateOf(name: string): PeerCertificate | undefined {
    if (this.#options.servers.has(name)) return this.#seals && { name, isServer: true };
    const client = this.#clientNames.get(name);
    return client === undefined ? undefined : { name: client, isServer: false };
  }

  /** A new process of this name. */
  #process(name: string): { readonly process: SimulatedProcess; readonly random: Random } {
    this.#starts += 1;
    const random = this.#random.fork(`${name} ${this.#starts}`);
    const offend = (what: string): void => this.#offend(name, what);
    const process = new SimulatedProcess(name, { world: this.#clock, network: this.#network, random: random.fork('code'), offend });
    this.#processes.set(name, process);
    return { process, random };
  }

  #body(): SimulatedProcess {
    return present(this.#processes.get(bodyName), 'the body has a process');
  }

  async #isGathered(): Promise<boolean> {
    const running = [...this.#servers.values()];
    if (running.length < this.#plan.servers.length) return false;
    for (const { server } of running) {
      // Without an address it does not listen yet.
      const members = server.url === '' ? [] : await server.members();
      if (members.filter(({ status }) => status === 'alive').length < running.length) return false;
    }
    return true;
  }

  #addressOf(name: string): string {
    return `127.0.0.1:${this.#portOf(name)}`;
  }

  /** By its place among all servers, so that leaving one out changes no other. */
  #portOf(name: string): number {
    return firstPort + [...this.#options.servers.keys()].indexOf(name);
  }

  #offend(name: string, what: string): void {
    if (this.#isOver) return;
    const who = name === bodyName ? 'the body' : name.startsWith('client-') ? `the client "${name}"` : `a handler on server "${name}"`;
    this.#offence ??= new Error(
      `${who} began ${what}: a simulation cannot repeat real input and output. Pass a stand-in to the handler, or read before simulate() begins`,
    );
  }

  #throwOffence(): void {
    if (this.#offence) throw this.#offence;
  }

  /** The body was waiting for what never came. */
  #explain(error: unknown): never {
    if (error instanceof Error && error.message.startsWith('the promise settles')) {
      throw new Error(`the body has not ended within ${this.#options.maxMs} ms of virtual time`);
    }
    throw error;
  }

  #end(): void {
    this.#isOver = true;
    for (const process of this.#processes.values()) process.clock.kill();
    for (const name of this.#processes.keys()) this.#network.kill(name);
  }
}
