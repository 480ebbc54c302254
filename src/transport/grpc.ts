/**
 * The gRPC transport: one bidirectional stream per link, and the connections under it. Holds what was dialled;
 * what came in belongs to its listener.
 */

import { setMaxListeners } from 'node:events';

import { type Clock, inNextTurn } from '../base/clock.ts';
import { HeddleError } from '../errors.ts';
import type { Credentials } from './credentials.ts';
import { dial } from './grpc-dial.ts';
import type { GrpcLink } from './grpc-link.ts';
import { listen } from './grpc-listener.ts';
import { type ChannelSettings, defaultKeepalive, type Keepalive } from './grpc-options.ts';
import type { Acceptor, Dialled, DialOptions, Listener, ListenOptions, Transport } from './transport.ts';
import { Turns } from './turns.ts';

export interface GrpcTransportOptions {
  readonly clock: Clock;
  /** Default: a ping every 10 s, 5 s for its answer. */
  readonly keepalive?: Keepalive | undefined;
  /** Sockets and streams that come in are counted for channelz; default false. Costs memory for each. */
  readonly hasChannelz?: boolean | undefined;
  /** Largest value of `sendLarge` either way; default 64 MiB. Raising it costs memory: a link may hold twice as much. */
  readonly valueBytesMax?: number | undefined;
  /** TLS on everything that is dialled and on every listener; default: none anywhere. */
  readonly tls?: Credentials | undefined;
}

export class GrpcTransport implements Transport {
  readonly #clock: Clock;
  readonly #turns: Turns;
  readonly #settings: ChannelSettings;
  readonly #valueBytesMax: number | undefined;
  readonly #tls: Credentials | undefined;
  readonly #links = new Set<GrpcLink>();
  readonly #closing = new AbortController();

  constructor(options: GrpcTransportOptions) {
    this.#clock = options.clock;
    this.#turns = new Turns({ nowMs: () => options.clock.nowMs(), inNextTurn });
    this.#settings = { keepalive: options.keepalive ?? defaultKeepalive, hasChannelz: options.hasChannelz ?? false };
    this.#valueBytesMax = options.valueBytesMax;
    this.#tls = options.tls;
    // One listener for each dial under way; their number is the mesh's business.
    setMaxListeners(0, this.#closing.signal);
  }

  async listen(options: ListenOptions, acceptor: Acceptor): Promise<Listener> {
    this.#checkOpen();
    const shared = { clock: this.#clock, turns: this.#turns, settings: this.#settings };
    const house = { ...shared, valueBytesMax: this.#valueBytesMax, tls: this.#tls };
    return listen(house, options, acceptor);
  }

  async dial(options: DialOptions): Promise<Dialled> {
    this.#checkOpen();
    return dial(
      {
        clock: this.#clock,
        turns: this.#turns,
        settings: this.#settings,
        valueBytesMax: this.#valueBytesMax,
        tls: this.#tls,
        closing: this.#closing.signal,
        onOpened: (link) => this.#links.add(link),
        onGone: (link) => this.#links.delete(link),
      },
      options,
    );
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all([...this.#links].map((link) => link.finish()));
  }

  #checkOpen(): void {
    if (this.#closing.signal.aborted) throw new HeddleError('closed', { what: 'the transport' });
  }
}
