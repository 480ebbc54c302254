/**
 * The memory transport: a network of processes inside one, over any clock, with the weather a simulation needs.
 *
 * With a virtual clock it is deterministic: everything that arrives is a task of the clock, in the order of sending.
 * N1 `kill` is a process that ends at once (kill -9): its peers see `reset`, its addresses refuse.
 * N2 `pause` is a process that stops (SIGSTOP): it receives nothing until `resume`; dialling it is `stalled`.
 * N3 `cut` and `isolate` drop packets (a pulled cable): dialling is `silent`, and nobody is told anything until, with
 *    `keepaliveMs`, links that were cut for so long close as `silent`. After `heal` what was under way arrives late, in order.
 * A paused or killed process' own timers are the business of whoever runs it.
 */

import type { Clock } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import { valueBytesMax } from './limits.ts';
import { dialInMemory, type MemoryDialHost } from './memory-dial.ts';
import type { MemoryEnd } from './memory-link.ts';
import type { MemoryPipe, PipeProcess, Weather } from './memory-pipe.ts';
import { NetworkWeather } from './network-weather.ts';
import type { Doubt, PeerCertificate } from './peer-certificate.ts';
import { checkChoice, isAllowed, portTaken } from './ports.ts';
import type { Acceptor, Dialled, DialOptions, Listener, ListenOptions, Transport } from './transport.ts';

export interface MemoryNetworkOptions {
  readonly clock: Clock;
  /** One way, between any two processes; default 0. Without effect beside a `weather`. */
  readonly delayMs?: number | undefined;
  /** What packets travel through; default: a weather of its own, with `delayMs`. */
  readonly weather?: NetworkWeather | undefined;
  /** Links that were cut for so long close at both ends; default: never. */
  readonly keepaliveMs?: number | undefined;
  /** Whose clock runs at an end, and who lets in what arrives there; default: the network's own, at once. */
  readonly processes?: ((name: string) => PipeProcess | undefined) | undefined;
  /** Called with every packet as it reaches its end. */
  readonly onArrival?: Weather['onArrival'] | undefined;
  /** Whose certificate the processes show, by name; default: none is shown. */
  readonly certify?: ((process: string) => PeerCertificate | undefined) | undefined;
  /** What one process finds wrong with the certificate of another, as a handshake would; default: nothing. */
  readonly doubt?: ((by: string, process: string) => Doubt | undefined) | undefined;
  /** Largest value of `sendLarge`; default 64 MiB. */
  readonly valueBytesMax?: number | undefined;
}

interface Bound {
  readonly process: string;
  readonly acceptor: Acceptor;
}

/** Whose end it is, whose the other one, and since when nothing gets through between them. */
interface EndPlace {
  readonly process: string;
  readonly peer: string;
  /** What it sends through. */
  readonly out: MemoryPipe;
  cutSinceMs: number | undefined;
}

/** First port that `auto` gives out. */
const firstAutoPort = 20_001;

export class MemoryNetwork {
  readonly #clock: Clock;
  readonly #options: MemoryNetworkOptions;
  readonly #weather: NetworkWeather;
  readonly #anybody: PipeProcess;
  readonly #keepaliveMs: number | undefined;
  readonly #valueBytesMax: number;
  readonly #bound = new Map<string, Bound>();
  /** Who listened at an address last, so that a cut holds for dials to a dead process too. */
  readonly #owners = new Map<string, string>();
  readonly #ends = new Map<MemoryEnd, EndPlace>();
  #holding = new Set<MemoryPipe>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.#anybody = { clock: options.clock, deliver: (task) => task() };
    this.#weather = options.weather ?? new NetworkWeather({ delayMs: options.delayMs });
    this.#keepaliveMs = options.keepaliveMs;
    this.#valueBytesMax = options.valueBytesMax ?? valueBytesMax;
    this.#weather.onChange(() => this.#onWeather());
  }

  /** What packets travel through. */
  get weather(): NetworkWeather {
    return this.#weather;
  }

  /** The transport of one process; a process that was killed starts again by taking a new one. */
  transport(process: string): MemoryTransport {
    return new MemoryTransport(this, process);
  }

  /**
   * Breaks every connection between two processes, as a router that forgets them would: both ends see it and go on.
   * What is under way arrives before that, or is lost with `isLost`: neither sender can tell which.
   */
  reset(a: string, b: string, { isLost = false } = {}): void {
    for (const [end, { process, peer, out }] of [...this.#ends]) {
      if (isLost && ((process === a && peer === b) || (process === b && peer === a))) out.drop();
      if (process !== a || peer !== b) continue;
      this.#processOf(process).deliver(() => end.fail('reset', 'the connection was forgotten on the way'));
    }
  }

  /** Ends the process: none of its handlers is called again. */
  kill(process: string): void {
    this.#weather.resume(process);
    for (const [address, bound] of this.#bound) if (bound.process === process) this.#bound.delete(address);
    for (const [end, place] of [...this.#ends]) if (place.process === process) end.die();
  }

  /** Used by `MemoryTransport`. */
  bind(process: string, options: ListenOptions, acceptor: Acceptor): number {
    checkChoice(options.port);
    const port = this.#freePort(options);
    const address = `${options.host}:${port}`;
    this.#bound.set(address, { process, acceptor });
    this.#owners.set(address, process);
    return port;
  }

  /** Used by `MemoryTransport`. */
  unbind(address: string): void {
    this.#bound.delete(address);
  }

  /** Used by `MemoryTransport`. */
  dial(from: string, options: DialOptions, hold: (end: MemoryEnd) => void): Promise<Dialled> {
    return dialInMemory(this.#host(from), options, hold);
  }

  #host(from: string): MemoryDialHost {
    return {
      weather: this.#pipeWeather(),
      from,
      valueBytesMax: this.#valueBytesMax,
      certify: (process) => this.#options.certify?.(process),
      doubt: (by, process) => this.#options.doubt?.(by, process),
      ownerOf: (address) => this.#owners.get(address),
      acceptorAt: (address) => this.#bound.get(address)?.acceptor,
      enter: (end, place) => this.#ends.set(end, { ...place, cutSinceMs: undefined }),
      leave: (end) => this.#ends.delete(end),
    };
  }

  #pipeWeather(): Weather {
    const weather = this.#weather;
    return {
      clock: this.#clock,
      process: (name) => this.#processOf(name),
      onArrival: this.#options.onArrival ?? (() => {}),
      delayMs: (from, to) => weather.delayMs(from, to),
      isPaused: (process) => weather.isPaused(process),
      hold: (pipe) => this.#holding.add(pipe),
      isCut: (from, to) => weather.isCut(from, to),
    };
  }

  #processOf(name: string): PipeProcess {
    return this.#options.processes?.(name) ?? this.#anybody;
  }

  #onWeather(): void {
    this.#release();
    const keepaliveMs = this.#keepaliveMs;
    if (keepaliveMs === undefined) return;
    let isAnyCut = false;
    for (const place of this.#ends.values()) {
      const isWhole = this.#weather.isWhole(place.process, place.peer);
      isAnyCut ||= !isWhole;
      place.cutSinceMs = isWhole ? undefined : (place.cutSinceMs ?? this.#clock.nowMs());
    }
    if (isAnyCut) this.#clock.schedule(keepaliveMs, () => this.#reap(keepaliveMs));
  }

  #reap(keepaliveMs: number): void {
    const dueMs = this.#clock.nowMs() - keepaliveMs;
    for (const [end, { process, cutSinceMs }] of [...this.#ends]) {
      if (cutSinceMs === undefined || cutSinceMs > dueMs || this.#weather.isPaused(process)) continue;
      this.#processOf(process).deliver(() => end.end('silent', 'no answer to the keepalive'));
    }
  }

  #release(): void {
    const pipes = this.#holding;
    this.#holding = new Set();
    for (const pipe of pipes) pipe.release();
  }

  #freePort({ host, port: choice }: ListenOptions): number {
    const first = choice === 'auto' ? firstAutoPort : typeof choice === 'number' ? choice : choice.from;
    for (let port = first; isAllowed(choice, port) && port <= 65_535; port += 1) {
      if (!this.#bound.has(`${host}:${port}`)) return port;
    }
    throw portTaken(choice, host);
  }
}

export class MemoryTransport implements Transport {
  readonly #network: MemoryNetwork;
  readonly #process: string;
  readonly #dialled = new Set<MemoryEnd>();
  #isClosed = false;

  /** Made by `MemoryNetwork.transport`. */
  constructor(network: MemoryNetwork, process: string) {
    this.#network = network;
    this.#process = process;
  }

  async listen(options: ListenOptions, acceptor: Acceptor): Promise<Listener> {
    if (this.#isClosed) throw new HeddleError('closed', { what: 'the transport' });
    const arrived = new Set<MemoryEnd>();
    const port = this.#network.bind(this.#process, options, {
      accept: (arrival) => {
        // Only ends of this network arrive at it.
        const end = arrival.link as MemoryEnd;
        for (const other of arrived) if (other.isClosed) arrived.delete(other);
        arrived.add(end);
        return acceptor.accept(arrival);
      },
      ask: (question, request) => acceptor.ask(question, request),
      follow: (stream, request) => acceptor.follow(stream, request),
    });
    return {
      host: options.host,
      port,
      close: async () => {
        this.#network.unbind(`${options.host}:${port}`);
        await Promise.all([...arrived].map((end) => end.finish()));
      },
    };
  }

  dial(options: DialOptions): Promise<Dialled> {
    if (this.#isClosed) return Promise.reject(new HeddleError('closed', { what: 'the transport' }));
    for (const end of this.#dialled) if (end.isClosed) this.#dialled.delete(end);
    return this.#network.dial(this.#process, options, (end) => this.#dialled.add(end));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#dialled].map((end) => end.finish()));
  }
}
