/**
 * What the transport suites share: handlers that remember, waits for events, and a listener that takes everything.
 */

import { systemClock } from '../../src/base/clock.ts';
import { HeddleError } from '../../src/errors.ts';
import { Credentials } from '../../src/transport/credentials.ts';
import { GrpcTransport } from '../../src/transport/grpc.ts';
import { MemoryNetwork } from '../../src/transport/memory.ts';
import type {
  Acceptor,
  Answer,
  Arrival,
  Dialled,
  DialOptions,
  Evidence,
  Link,
  LinkHandlers,
  Listener,
  Transport,
} from '../../src/transport/transport.ts';
import { Authority } from '../certificates.ts';

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
export const text = (value: Uint8Array): string => new TextDecoder().decode(value);

/** Bytes that tell one place from another. */
export function pattern(length: number, seed = 0): Uint8Array {
  const value = new Uint8Array(length);
  for (let at = 0; at < length; at += 1) value[at] = at * 31 + (at >> 8) + seed;
  return value;
}

export const isSame = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

/** The handlers of one end, which remember what they were told. */
export class Ear implements LinkHandlers {
  readonly frames: Uint8Array[] = [];
  readonly larges = new Map<number, Uint8Array>();
  readonly closes: Evidence[] = [];
  readonly order: string[] = [];
  writables = 0;
  /** Called with each frame before it is remembered. */
  onEach: (frame: Uint8Array) => void = () => {};
  readonly #waiting = new Set<() => void>();

  onFrame(frame: Uint8Array): void {
    this.onEach(frame);
    this.frames.push(frame);
    this.#wake('frame');
  }

  onLarge(transfer: number, value: Uint8Array): void {
    this.larges.set(transfer, value);
    this.#wake(`large ${transfer}`);
  }

  onWritable(): void {
    this.writables += 1;
    this.#wake('writable');
  }

  onClose(evidence: Evidence): void {
    this.closes.push(evidence);
    this.#wake(`close ${evidence}`);
  }

  /** Resolves once `isThere` holds; it is asked after every event. The test's own timeout is the bound. */
  until(isThere: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = (): void => {
        if (!isThere()) return;
        this.#waiting.delete(look);
        resolve();
      };
      this.#waiting.add(look);
      look();
    });
  }

  closed(): Promise<void> {
    return this.until(() => this.closes.length > 0);
  }

  #wake(what: string): void {
    this.order.push(what);
    for (const look of [...this.#waiting]) look();
  }
}

/** An acceptor that takes every link, listens with an `Ear`, and keeps both. */
export class House implements Acceptor {
  readonly arrivals: { readonly arrival: Arrival; readonly ear: Ear }[] = [];
  answer: (arrival: Arrival) => Promise<Answer> | Answer = ({ hello }) => ({ isAccepted: true, ack: hello });
  readonly #waiting = new Set<() => void>();

  accept(arrival: Arrival): Promise<Answer> | Answer {
    const ear = new Ear();
    arrival.link.open(ear);
    this.arrivals.push({ arrival, ear });
    const answer = this.answer(arrival);
    for (const wake of [...this.#waiting]) wake();
    return answer;
  }

  ask(): Promise<Uint8Array> {
    return Promise.reject(new HeddleError('closed', { what: 'this test' }));
  }

  // biome-ignore lint/correctness/useYield: nothing is ever sent
  async *follow(): AsyncIterable<Uint8Array> {
    throw new HeddleError('closed', { what: 'this test' });
  }

  /** The nth link that arrived, with its ear. */
  async arrived(nth = 0): Promise<{ readonly link: Link; readonly ear: Ear; readonly hello: Uint8Array }> {
    for (;;) {
      const found = this.arrivals[nth];
      if (found) return { link: found.arrival.link, ear: found.ear, hello: found.arrival.hello };
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }
}

export interface Pair {
  readonly near: Link;
  readonly nearEar: Ear;
  readonly far: Link;
  readonly farEar: Ear;
}

/** Two transports that can reach each other: `server` listens, `client` dials. */
export class World {
  readonly server: Transport;
  readonly client: Transport;
  readonly house = new House();
  listener: Listener | undefined;
  readonly #extra: Listener[] = [];

  constructor(server: Transport, client: Transport) {
    this.server = server;
    this.client = client;
  }

  get address(): string {
    return `127.0.0.1:${this.listener?.port}`;
  }

  async listen(): Promise<void> {
    this.listener = await this.server.listen({ host: '127.0.0.1', port: 'auto' }, this.house);
  }

  /** A further listener, closed with the world. */
  async listenAlso(options: Parameters<Transport['listen']>[0], acceptor: Acceptor = this.house): Promise<Listener> {
    const listener = await this.server.listen(options, acceptor);
    this.#extra.push(listener);
    return listener;
  }

  dial(options: Partial<DialOptions> = {}): Promise<Dialled> {
    return this.client.dial({ address: this.address, kind: 'link', hello: bytes('hello'), timeoutMs: 10_000, ...options });
  }

  /** A link with ears at both ends. */
  async pair(options: Partial<DialOptions> = {}): Promise<Pair> {
    const nth = this.house.arrivals.length;
    const { link: near } = await this.dial(options);
    const nearEar = new Ear();
    near.open(nearEar);
    const { link: far, ear: farEar } = await this.house.arrived(nth);
    return { near, nearEar, far, farEar };
  }

  async close(): Promise<void> {
    await this.client.close();
    for (const listener of this.#extra) await listener.close();
    await this.listener?.close();
    await this.server.close();
  }
}

/** What the implementations are made with in this suite: values of at most 16 MiB. */
export const valueBytesMax = 16 * 1024 * 1024;

/** Made once: a key pair costs as much as several dials. */
let authority: Authority | undefined;

interface Implementation {
  readonly name: string;
  readonly make: () => World;
}

/** Those that the suite runs on; secured.soak.ts runs it on another. */
export const implementations: Implementation[] = [
  {
    name: 'memory',
    make: () => {
      const network = new MemoryNetwork({ clock: systemClock, valueBytesMax });
      return new World(network.transport('server'), network.transport('client'));
    },
  },
  {
    name: 'gRPC',
    make: () =>
      new World(new GrpcTransport({ clock: systemClock, valueBytesMax }), new GrpcTransport({ clock: systemClock, valueBytesMax })),
  },
];

export const overTls: Implementation = { name: 'gRPC over TLS', make: () => new World(secured('one', 'server'), secured('two', 'client')) };

function secured(name: string, use: 'server' | 'client'): GrpcTransport {
  authority ??= new Authority();
  const tls = new Credentials(authority.server(name), { use, wallMs: () => systemClock.wallMs() });
  return new GrpcTransport({ clock: systemClock, valueBytesMax, tls });
}

/** The evidence of a dial that failed. */
export async function evidenceOf(dialled: Promise<unknown>): Promise<string> {
  try {
    await dialled;
    return 'accepted';
  } catch (error) {
    if (HeddleError.is(error, 'unreachable')) return error.detail.evidence;
    throw error;
  }
}

/** The code that a promise rejects with. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  try {
    await promise;
    return 'resolved';
  } catch (error) {
    return HeddleError.is(error) ? error.code : String(error);
  }
}
