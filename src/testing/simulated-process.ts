/**
 * One process of a simulated fabric: a clock that stops with it, and a transport that remembers what it opened.
 */

import { type CancelTask, type Clock, delay } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { MemoryNetwork } from '../transport/memory.ts';
import type { MemoryEnd } from '../transport/memory-link.ts';
import type { PipeProcess } from '../transport/memory-pipe.ts';
import type { Acceptor, Dialled, DialOptions, Listener, ListenOptions, Transport } from '../transport/transport.ts';
import { type Inhabitant, runAs } from './inhabitant.ts';
import { ProcessClock } from './process-clock.ts';

/** Over a socket it takes a while until the caller hears that it listens. */
const listenMs = 1;

/** The memory transport of one process. */
class ProcessTransport implements Transport {
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
    await delay(this.#clock, listenMs);
    const close = (): Promise<void> => {
      this.#listeners.delete(listener);
      return listener.close();
    };
    return { host: listener.host, port: listener.port, close };
  }

  async dial(options: DialOptions): Promise<Dialled> {
    this.dials.push(options.address);
    const dialled = await this.#inner.dial(options);
    for (const end of this.#ends) if (end.isClosed) this.#ends.delete(end);
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

export interface ProcessOptions {
  readonly world: Clock;
  readonly network: MemoryNetwork;
  /** With it the process has a name to run in (inhabitant.ts). */
  readonly random?: Random | undefined;
  /** Told when its code does what a simulation cannot repeat. */
  readonly offend?: ((what: string) => void) | undefined;
}

/** It is a clock itself: whoever is given the process runs by its time. */
export class SimulatedProcess implements Clock, PipeProcess {
  readonly name: string;
  readonly clock: ProcessClock;
  readonly transport: ProcessTransport;
  readonly #inhabitant: Inhabitant | undefined;

  constructor(name: string, { world, network, random, offend }: ProcessOptions) {
    this.name = name;
    this.#inhabitant = random && { name, clock: this, random, offend: offend ?? (() => {}) };
    this.clock = new ProcessClock(world, (task) => this.run(task));
    this.transport = new ProcessTransport(network.transport(name), this.clock);
  }

  get isAlive(): boolean {
    return this.clock.isAlive;
  }

  /** How many of its timers have neither run nor been cancelled. */
  get armed(): number {
    return this.clock.armed;
  }

  nowMs(): number {
    return this.clock.nowMs();
  }

  wallMs(): number {
    return this.clock.wallMs();
  }

  schedule(delayMs: number, task: () => void): CancelTask {
    return this.clock.schedule(delayMs, task);
  }

  /** Where the process is gone, its machine answers: nobody of it is called. */
  deliver(task: () => void): void {
    if (this.isAlive) this.clock.deliver(task);
    else task();
  }

  /** Runs `task` in the name of the process. */
  run<T>(task: () => T): T {
    return this.#inhabitant ? runAs(this.#inhabitant, task) : task();
  }

  /** The object, every method of which runs in the name of the process, whoever calls it. */
  inItsName<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (of, key) => {
        const value: unknown = Reflect.get(of, key, of);
        if (typeof value !== 'function') return value;
        return (...args: unknown[]): unknown => this.run(() => Reflect.apply(value, of, args));
      },
    });
  }
}
