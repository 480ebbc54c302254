/**
 * Keeps one session open to some server of the fabric: fails over, reconnects, moves when told.
 *
 * S1 while it is not closed, a session is open or being opened.
 * S2 of the addresses, the configured ones come first, then those learned, each once; after a loss, those out of reach come last.
 * S3 the session of a server that is about to drain is used until another one is open, or until the server says so
 *    again, and is kept until its last conversation has settled.
 * S4 a server that takes sessions only to end them is asked again no faster than one that refuses.
 * S5 a server of another cluster than the first one, or of a protocol that was not offered, is left at once.
 * S6 at the start, where no address takes the session, those that took the connection and did not answer in time are asked once
 *    more, with more patience: their process is busy, and there is nobody else to go to.
 */

import { backoffMs } from '../../base/backoff.ts';
import { type Clock, delay } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import { HeddleError } from '../../errors.ts';
import type { Dialled, Transport } from '../../transport/transport.ts';
import { fromWireError } from '../../wire/error.ts';
import type { ServersFrame, SessionAck, SessionHello } from '../../wire/frame.ts';
import { decodeSessionAck, encodeSessionHello } from '../../wire/session-codec.ts';
import { checkCertifiedName } from '../link/certified-name.ts';
import { Peer } from '../link/peer.ts';
import type { ClientToken } from './client-token.ts';

export interface SessionKeeperOptions {
  readonly transport: Transport;
  readonly clock: Clock;
  readonly random: Random;
  readonly hello: SessionHello;
  /** Proof of who this is; absent: its certificate, or nothing. */
  readonly token?: ClientToken | undefined;
  /** `host:port`, in the order in which to try them. */
  readonly addresses: readonly string[];
}

/** Told once: a session is there, or the keeper was closed. */
export type SessionWaiter = (peer: Peer | undefined) => void;

const reconnectBackoff = { baseMs: 100, maxMs: 1000 } as const;
/** A session that ends sooner than this after it opened counts as a failed round, in milliseconds. */
const steadyMs = 1_000;
/** S6: in milliseconds; a dial has a second else. */
const patientDialMs = 4_000;
/** Addresses learned beyond the configured ones. */
const learnedMax = 64;

export class SessionKeeper {
  readonly #options: SessionKeeperOptions;
  readonly #waiters = new Set<SessionWaiter>();
  readonly #retired = new Set<Peer>();
  readonly #closing = new AbortController();
  #learned: readonly string[] = [];
  #peer: Peer | undefined;
  #ack: SessionAck | undefined;
  #connecting: Promise<void> | undefined;
  #openedAtMs = 0;
  /** The server of the session has said that it is about to drain: another one is being opened. */
  #isMoving = false;
  #isFar: (address: string) => boolean = () => false;
  /** Rounds that ended without a session, or with one that did not last, since the last that did. */
  #failedRounds = 0;

  constructor(options: SessionKeeperOptions) {
    this.#options = options;
  }

  /** The open session. */
  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** What the server of the latest session said of itself. */
  get ack(): SessionAck | undefined {
    return this.#ack;
  }

  get isClosed(): boolean {
    return this.#closing.signal.aborted;
  }

  /** Opens the first session. Throws what the last address answered when none takes it. */
  async open(): Promise<void> {
    let problem: unknown = new HeddleError('bad_argument', { path: ['urls'], expected: 'at least one server address', found: 'none' });
    const tried = new Set<string>();
    const busy: string[] = [];
    // One that is draining refuses, and names others.
    for (let address = this.#untried(tried); address !== undefined; address = this.#untried(tried)) {
      tried.add(address);
      try {
        return await this.#dial(address);
      } catch (error) {
        problem = this.#unlessClosed(error);
        if (HeddleError.is(error, 'unreachable') && error.detail.evidence === 'stalled') busy.push(address);
      }
    }
    for (const address of busy) {
      try {
        return await this.#dial(address, patientDialMs);
      } catch (error) {
        problem = this.#unlessClosed(error);
      }
    }
    throw problem;
  }

  #unlessClosed(error: unknown): unknown {
    if (this.isClosed) throw new HeddleError('closed', { what: 'the client' });
    return error;
  }

  /** Calls back with the next session that opens. Returns what takes the wish back. */
  whenOpen(waiter: SessionWaiter): () => void {
    this.#waiters.add(waiter);
    return () => this.#waiters.delete(waiter);
  }

  /** How to tell, from now on, which addresses were out of reach. */
  tryLast(isFar: (address: string) => boolean): void {
    this.#isFar = isFar;
  }

  /** Leaves the session of a server that takes no new work. */
  moveFrom(peer: Peer): void {
    if (this.#peer !== peer) return;
    this.#peer = undefined;
    this.#retire(peer);
    this.#sessionEnded(peer);
  }

  close(): void {
    if (this.isClosed) return;
    this.#closing.abort();
    this.#peer?.close();
    for (const peer of this.#retired) peer.close();
    this.#peer = undefined;
    this.#tellWaiters();
  }

  async #dial(address: string, timeoutMs?: number): Promise<void> {
    const { token } = this.#options;
    const greeting = token ? { ...this.#options.hello, token: await token.forGreeting(address) } : this.#options.hello;
    const hello = encodeSessionHello(greeting);
    const signal = this.#closing.signal;
    const dialled = await this.#options.transport.dial({ address, kind: 'session', hello, signal, timeoutMs });
    try {
      this.#enter(dialled, address);
    } catch (error) {
      dialled.link.close();
      throw error;
    }
  }

  #enter({ ack: bytes, isAccepted, link }: Dialled, address: string): void {
    // It may have been closed in the very turn in which the answer came.
    if (this.isClosed) throw new HeddleError('closed', { what: 'the client' });
    const ack = decodeSessionAck(bytes);
    checkCertifiedName(link, ack.server, address);
    if (ack.refusal) {
      this.#learn(ack.addresses);
      throw fromWireError(ack.refusal);
    }
    if (!isAccepted) throw new HeddleError('unreachable', { address, evidence: 'remote' });
    checkAck(ack, this.#options.hello, this.#ack);
    this.#ack = ack;
    this.#learn(ack.addresses);
    const peer: Peer = new Peer(
      link,
      { name: ack.server, instance: ack.instance },
      {
        // A server asks nothing of its clients; whatever comes is of a later protocol and is refused by closing.
        onRequest: () => peer.close(),
        onServers: (frame) => this.#onServers(peer, frame),
        onClosed: () => this.#onClosed(peer),
      },
    );
    if (this.#peer) this.#retire(this.#peer);
    this.#peer = peer;
    this.#isMoving = false;
    this.#options.token?.opened(peer, ack.proofMs);
    this.#openedAtMs = this.#options.clock.nowMs();
    this.#tellWaiters();
  }

  #onServers(peer: Peer, frame: ServersFrame): void {
    this.#learn(frame.addresses);
    if (!frame.isMoving || this.#peer !== peer) return;
    if (this.#isMoving) return this.moveFrom(peer);
    this.#isMoving = true;
    this.#reconnect(peer.remoteAddress);
  }

  /** Keeps a session until its last conversation has settled. */
  #retire(peer: Peer): void {
    this.#retired.add(peer);
    peer.retire();
  }

  #onClosed(peer: Peer): void {
    this.#retired.delete(peer);
    this.#options.token?.closed(peer);
    if (this.#peer !== peer) return;
    this.#peer = undefined;
    this.#sessionEnded(peer);
  }

  #sessionEnded(peer: Peer): void {
    const isSteady = this.#options.clock.nowMs() - this.#openedAtMs >= steadyMs;
    this.#failedRounds = isSteady ? 0 : this.#failedRounds + 1;
    this.#reconnect(peer.remoteAddress);
  }

  #reconnect(lastAddress: string): void {
    if (this.isClosed || this.#connecting) return;
    this.#connecting = this.#connectAgain(lastAddress).finally(() => {
      this.#connecting = undefined;
      if ((!this.#peer || this.#isMoving) && !this.isClosed) this.#reconnect(lastAddress);
    });
  }

  async #connectAgain(lastAddress: string): Promise<void> {
    // One short session may be a server that happened to stop; the next one is a pattern (S4).
    if (this.#failedRounds > 1) await this.#pause();
    while (!this.isClosed) {
      if (await this.#dialAny(lastAddress)) return;
      this.#failedRounds += 1;
      await this.#pause();
    }
  }

  /** Whether one of the addresses let it in, the last one asked after the others; or there is nothing to dial for any more. */
  async #dialAny(lastAddress: string): Promise<boolean> {
    const addresses = this.#addresses();
    const near = addresses.filter((address) => address !== lastAddress && !this.#isFar(address));
    const last = addresses.filter((address) => address === lastAddress);
    for (const address of new Set([...near, ...last, ...addresses])) {
      try {
        await this.#dial(address);
        return true;
      } catch {
        // The next address is the answer to a failed one; when none is left, the backoff is.
        if (this.isClosed) return true;
      }
    }
    return false;
  }

  #pause(): Promise<void> {
    const ms = backoffMs(reconnectBackoff, this.#failedRounds - 1, this.#options.random);
    return delay(this.#options.clock, ms, this.#closing.signal);
  }

  #untried(tried: ReadonlySet<string>): string | undefined {
    return this.#addresses().find((address) => !tried.has(address));
  }

  #addresses(): readonly string[] {
    return [...new Set([...this.#options.addresses, ...this.#learned])];
  }

  #learn(addresses: readonly string[]): void {
    if (addresses.length > 0) this.#learned = addresses.slice(0, learnedMax);
  }

  #tellWaiters(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const waiter of waiters) waiter(this.#peer);
  }
}

/** Throws `version_mismatch` and `cluster_mismatch`; `known` is what an earlier server said. */
function checkAck(ack: SessionAck, { protocolMin, protocolMax }: SessionHello, known: SessionAck | undefined): void {
  if (ack.protocol < protocolMin || ack.protocol > protocolMax) {
    throw new HeddleError('version_mismatch', { ours: `${protocolMin}..${protocolMax}`, theirs: `${ack.protocol}` });
  }
  if (known && ack.cluster !== known.cluster) throw new HeddleError('cluster_mismatch', { ours: known.cluster, theirs: ack.cluster });
}
