/**
 * A direct client's own connections to the servers that run its calls: one session each, opened by the first call.
 *
 * E1 several calls for one server wait for one dial; all are told how it ended.
 * E2 a server that cannot be reached is out of reach for a while, longer after each failure: calls for it go through the
 *    entry meanwhile (direct-routing.ts).
 * E3 a connection that no call took for `idleMs` is closed; at most `linksMax` are open.
 * E4 a server that says it drains gets no new call; what it has, it finishes.
 * The client's session to its entry serves as the connection to that very server.
 */

import { backoffMs } from '../../base/backoff.ts';
import type { CancelTask, Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { HeddleError } from '../../errors.ts';
import type { Dialled, Transport } from '../../transport/transport.ts';
import { fromWireError } from '../../wire/error.ts';
import type { SessionHello } from '../../wire/frame.ts';
import { decodeSessionAck, encodeSessionHello } from '../../wire/session-codec.ts';
import { checkCertifiedName } from '../link/certified-name.ts';
import type { PeerIdentity } from '../link/conversation.ts';
import { Peer } from '../link/peer.ts';
import type { ClientToken } from './client-token.ts';

export interface DirectLinksOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly hello: SessionHello;
  /** The client's session, when one is open and stays. */
  readonly entry: () => Peer | undefined;
  /** Proof of who this is. */
  readonly token?: ClientToken | undefined;
  /** Where the feed says that an instance listens. */
  readonly urlOf: (instance: string) => string | undefined;
  /** What is known here of an instance's reachability is different. */
  readonly onChanged: (instance: string) => void;
  /** A connection is open. */
  readonly onOpened: (instance: string) => void;
}

/** How a server is seen over connections of one's own. */
export type Reach = 'linked' | 'unknown' | 'outOfReach' | 'leaving';

type Reached = (reached: Peer | HeddleError) => void;

interface OpenLink {
  readonly peer: Peer;
  /** A call took it since the last sweep. */
  isUsed: boolean;
}

/** Dials of a server that failed in a row. */
interface Failure {
  times: number;
  /** Ends the time in which it is not dialled; undefined when that is over. */
  cancelRest: CancelTask | undefined;
}

const restBackoff = { baseMs: 1_000, maxMs: 30_000 } as const;
const idleMs = 60_000;
/** Connections open at once; calls for further servers go through the entry. */
const linksMax = 256;

export class DirectLinks {
  readonly #options: DirectLinksOptions;
  readonly #open = new Map<string, OpenLink>();
  readonly #retired = new Set<Peer>();
  readonly #dialling = new Map<string, Set<Reached>>();
  readonly #failures = new Map<string, Failure>();
  readonly #leaving = new Set<string>();
  readonly #closing = new AbortController();
  #cancelSweep: CancelTask | undefined;

  constructor(options: DirectLinksOptions) {
    this.#options = options;
  }

  /** The connection to take for a new call. */
  find(instance: string): Peer | undefined {
    const link = this.#open.get(instance);
    if (!link) return this.#entryTo(instance);
    link.isUsed = true;
    return link.peer;
  }

  reachOf(instance: string): Reach {
    if (this.#leaving.has(instance)) return 'leaving';
    if (this.#open.has(instance) || this.#entryTo(instance)) return 'linked';
    return this.#failures.get(instance)?.cancelRest || this.#open.size >= linksMax ? 'outOfReach' : 'unknown';
  }

  /** Whether the last dial of it failed, be that it may be dialled again by now. */
  hasFailed(instance: string): boolean {
    return this.#failures.has(instance);
  }

  /** The connection that is there, or another; one that is out of reach is not dialled for it. Gives what takes the wish back. */
  readonly reach = (server: PeerIdentity, done: Reached): CancelTask => {
    const peer = this.find(server.instance);
    const isFar = this.reachOf(server.instance) === 'outOfReach';
    if (!peer && !isFar) return this.whenLinked(server, done);
    done(peer ?? new HeddleError('unreachable', { address: server.name, evidence: 'unresolved' }));
    return () => {};
  };

  /** Opens a connection, and tells how that ended, never at once. Gives what takes the wish back. */
  whenLinked(server: PeerIdentity, done: Reached): CancelTask {
    const waiters = this.#dialling.get(server.instance) ?? new Set();
    waiters.add(done);
    if (!this.#dialling.has(server.instance)) {
      this.#dialling.set(server.instance, waiters);
      void this.#dial(server);
    }
    return () => waiters.delete(done);
  }

  /** The server is no more. */
  forget(instance: string): void {
    this.#leaving.delete(instance);
    this.#recovered(instance);
    this.#retire(instance);
  }

  close(): void {
    this.#closing.abort();
    this.#cancelSweep?.();
    for (const { cancelRest } of this.#failures.values()) cancelRest?.();
    for (const { peer } of this.#open.values()) peer.close();
    for (const peer of this.#retired) peer.close();
  }

  #entryTo(instance: string): Peer | undefined {
    const entry = this.#options.entry();
    return entry?.identity.instance === instance ? entry : undefined;
  }

  async #dial(server: PeerIdentity): Promise<void> {
    let reached: Peer | HeddleError;
    try {
      reached = await this.#connect(server);
    } catch (error) {
      if (!HeddleError.is(error)) throw error;
      reached = error;
    }
    const waiters = this.#dialling.get(server.instance);
    this.#dialling.delete(server.instance);
    if (!HeddleError.is(reached)) this.#recovered(server.instance);
    else if (!this.#closing.signal.aborted) this.#failed(server.instance, reached);
    for (const waiter of [...(waiters ?? [])]) waiter(reached);
  }

  async #connect(server: PeerIdentity): Promise<Peer> {
    const { transport, token, urlOf } = this.#options;
    const address = urlOf(server.instance);
    if (address === undefined) throw new HeddleError('unreachable', { address: server.name, evidence: 'unresolved' });
    const { signal } = this.#closing;
    const hello = token ? { ...this.#options.hello, token: await token.forGreeting(address) } : this.#options.hello;
    const dialled = await transport.dial({ address, kind: 'session', hello: encodeSessionHello(hello), signal });
    try {
      return this.#enter(dialled, server, address);
    } catch (error) {
      dialled.link.close();
      throw error;
    }
  }

  #enter({ ack: bytes, isAccepted, link }: Dialled, { instance }: PeerIdentity, address: string): Peer {
    // It may have been closed in the very turn in which the answer came.
    if (this.#closing.signal.aborted) throw new HeddleError('closed', { what: 'the client' });
    const ack = decodeSessionAck(bytes);
    checkCertifiedName(link, ack.server, address);
    if (ack.refusal) throw fromWireError(ack.refusal);
    // Another server listens there by now, or the address means another machine from here.
    if (!isAccepted || ack.instance !== instance) throw new HeddleError('unreachable', { address, evidence: 'remote' });
    const peer: Peer = new Peer(
      link,
      { name: ack.server, instance },
      {
        // A server asks nothing of its clients.
        onRequest: () => peer.close(),
        onServers: ({ isMoving }) => {
          if (isMoving) this.#left(instance);
        },
        onClosed: () => this.#closed(instance, peer),
      },
    );
    this.#options.token?.opened(peer, ack.proofMs);
    this.#open.set(instance, { peer, isUsed: true });
    this.#cancelSweep ??= this.#options.clock.schedule(idleMs, () => this.#sweep());
    this.#options.onOpened(instance);
    this.#options.onChanged(instance);
    return peer;
  }

  #closed(instance: string, peer: Peer): void {
    this.#options.token?.closed(peer);
    this.#retired.delete(peer);
    if (this.#open.get(instance)?.peer !== peer) return;
    this.#open.delete(instance);
    this.#options.onChanged(instance);
  }

  #left(instance: string): void {
    this.#leaving.add(instance);
    this.#retire(instance);
    this.#options.onChanged(instance);
  }

  /** Keeps the connection until its last call has settled. */
  #retire(instance: string): void {
    const link = this.#open.get(instance);
    if (!link) return;
    this.#open.delete(instance);
    this.#retired.add(link.peer);
    link.peer.retire();
  }

  #failed(instance: string, error: HeddleError): void {
    if (HeddleError.is(error, 'draining')) return this.#left(instance);
    const failure: Failure = this.#failures.get(instance) ?? { times: 0, cancelRest: undefined };
    failure.cancelRest?.();
    failure.cancelRest = this.#options.clock.schedule(this.#restMs(failure.times), () => {
      failure.cancelRest = undefined;
      this.#options.onChanged(instance);
    });
    failure.times += 1;
    this.#failures.set(instance, failure);
    this.#options.onChanged(instance);
  }

  #restMs(failures: number): number {
    return restBackoff.baseMs / 2 + backoffMs(restBackoff, failures, this.#options.random);
  }

  #recovered(instance: string): void {
    this.#failures.get(instance)?.cancelRest?.();
    this.#failures.delete(instance);
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    for (const [instance, link] of [...this.#open]) {
      if (!link.isUsed && link.peer.inFlight === 0) this.#retire(instance);
      link.isUsed = false;
    }
    if (this.#open.size > 0) this.#cancelSweep = this.#options.clock.schedule(idleMs, () => this.#sweep());
  }
}
