/**
 * The open connections of one server: one peer per link and session, found by instance.
 *
 * H1 a call goes over a link that takes new conversations, the newest of them.
 * H2 for a call for which there is no link the mesh is asked to make one; it waits one dial's time for it, and not at all
 *    while nothing listens at the server's address.
 * H3 of two links to one server, the superfluous one closes only once both sides have said that they send no more calls
 *    over it: one that was on its way would be lost, and might have run.
 * H4 what arrives on any of them goes to the entry; mesh messages go to the mesh.
 * Which links there are is the mesh's decision; what a peer is, is peer.ts.
 */

import type { CancelTask, Clock } from '../../base/clock.ts';
import { type Deferred, deferred } from '../../base/deferred.ts';
import { HeddleError } from '../../errors.ts';
import type { Observer } from '../../observe/observer.ts';
import type { Link } from '../../transport/transport.ts';
import type { GroupFrame, LeaseFrame, ServersFrame } from '../../wire/frame.ts';
import type { Accounts } from '../link/accounts.ts';
import type { PeerIdentity, RequestFrame } from '../link/conversation.ts';
import { Peer } from '../link/peer.ts';
import { serverProof } from '../link/proof.ts';
import type { Outcomes } from '../serve/outcomes.ts';
import type { LinkIdentity, MeshLink, MeshLinkCallbacks } from './mesh-port.ts';

/** How long a call waits for a link that the mesh is about to make, in milliseconds: one dial. */
const linkWaitMs = 1_000;

export interface LinksOptions {
  readonly clock: Clock;
  readonly observer: Observer;
  readonly onRequest: (frame: RequestFrame, peer: Peer) => void;
  readonly onGroup: (frame: GroupFrame, peer: Peer) => void;
  readonly onLease: (frame: LeaseFrame) => void;
  /** A link to this server instance has just been opened. */
  readonly onOpened: (instance: string) => void;
  /** A call waits for a link to this server. */
  readonly onWanted: (server: PeerIdentity) => void;
  /** Told of every link and session, when it opens and when it has closed. */
  readonly outcomes: Pick<Outcomes, 'opened' | 'closed'>;
  readonly accounts: Accounts;
}

export class Links {
  readonly #options: LinksOptions;
  readonly #byInstance = new Map<string, Peer[]>();
  /** Links over which this side sends no more calls. */
  readonly #leaving = new Set<Peer>();
  readonly #sessions = new Set<Peer>();
  #sessionsGone: Deferred<void> | undefined;
  /** Instances whose address refuses connections. */
  readonly #refusing = new Set<string>();
  readonly #awaited = new Map<string, Set<(peer: Peer | undefined) => void>>();

  constructor(options: LinksOptions) {
    this.#options = options;
  }

  /** The link to take for a new call. */
  find(instance: string): Peer | undefined {
    return this.#byInstance.get(instance)?.[0];
  }

  /** The link of each server, or of the one with this name. */
  servers(name?: string): readonly Peer[] {
    const newest = [...this.#byInstance.values()].flatMap((peers) => peers.slice(0, 1));
    return name === undefined ? newest : newest.filter((peer) => peer.identity.name === name);
  }

  /** Every open link. */
  all(): readonly Peer[] {
    return [...[...this.#byInstance.values()].flat(), ...this.#leaving];
  }

  /** Waits for the mesh's link to a server that has none; tells `unreachable` after one dial's time. Gives what takes the wish back. */
  whenLinked(server: PeerIdentity, done: (reached: Peer | HeddleError) => void): CancelTask {
    const waiters = this.#awaited.get(server.instance) ?? new Set();
    this.#awaited.set(server.instance, waiters);
    const leave = (): void => {
      cancel();
      waiters.delete(waiter);
      if (waiters.size === 0) this.#awaited.delete(server.instance);
    };
    const waiter = (peer: Peer | undefined): void => {
      leave();
      done(peer ?? new HeddleError('unreachable', { address: server.name, evidence: 'silent' }));
    };
    const waitMs = this.#refusing.has(server.instance) ? 0 : linkWaitMs;
    const cancel = this.#options.clock.schedule(waitMs, () => waiter(undefined));
    waiters.add(waiter);
    this.#options.onWanted(server);
    return leave;
  }

  /** What the mesh found at a server's address; while it refuses, nobody waits for a link to it. */
  setRefusing(instance: string, isRefusing: boolean): void {
    if (!isRefusing) this.#refusing.delete(instance);
    else if (!this.#refusing.has(instance)) {
      this.#refusing.add(instance);
      this.#giveUp(instance);
    }
  }

  /** The server is gone: whoever waits for a link to it need not any longer. */
  forget(instance: string): void {
    this.#refusing.delete(instance);
    this.#giveUp(instance);
  }

  /** Tells whoever waits for a link to the server that there will be none. */
  #giveUp(instance: string): void {
    for (const waiter of [...(this.#awaited.get(instance) ?? [])]) waiter(undefined);
  }

  #tellAwaiting(instance: string, peer: Peer): void {
    for (const waiter of [...(this.#awaited.get(instance) ?? [])]) waiter(peer);
  }

  /** Opens a link between servers; the mesh talks over it, calls share it. */
  openLink(link: Link, identity: LinkIdentity, callbacks: MeshLinkCallbacks): MeshLink {
    const who = { ...identity, proof: serverProof(link.certificate) };
    const peer: Peer = new Peer(link, who, {
      onRequest: (frame, from) => this.#options.onRequest(frame, from),
      onGroup: (frame, from) => this.#options.onGroup(frame, from),
      onLease: (frame) => this.#options.onLease(frame),
      onServers: ({ isMoving }) => {
        if (isMoving) this.#leftByPeer(peer);
      },
      onMesh: callbacks.onMesh,
      onHeard: callbacks.onHeard,
      onClosed: (evidence, message) => {
        callbacks.onClosed(evidence, message);
        this.#remove(peer);
        this.#leaving.delete(peer);
        this.#options.outcomes.closed(peer);
        this.#options.observer.emit({ kind: 'link.closed', server: identity.name, evidence, message });
      },
    });
    this.#options.outcomes.opened(peer);
    this.#byInstance.set(identity.instance, [peer, ...(this.#byInstance.get(identity.instance) ?? [])]);
    this.#options.observer.emit({ kind: 'link.opened', server: identity.name, address: link.remoteAddress });
    this.#options.onOpened(identity.instance);
    this.#tellAwaiting(identity.instance, peer);
    return {
      sendMesh: (message) => peer.sendMesh(message),
      isBusy: () => peer.inFlight > 0 || peer.incoming > 0,
      retire: () => this.#leave(peer),
      close: () => peer.close(),
    };
  }

  /** What each identity takes, over its sessions and beside them. */
  get accounts(): Accounts {
    return this.#options.accounts;
  }

  /** Opens a client's session. Throws `overloaded` for one too many of whoever it is. */
  openSession(link: Link, identity: PeerIdentity): void {
    const account = this.accounts.of(identity.proof, link.remoteAddress);
    account.openSession();
    const peer: Peer = new Peer(
      link,
      { ...identity, account },
      {
        onRequest: (frame, from) => this.#options.onRequest(frame, from),
        onLease: (frame) => this.#options.onLease(frame),
        onClosed: (evidence, message) => {
          this.#sessions.delete(peer);
          account.closeSession();
          this.#options.outcomes.closed(peer);
          if (this.#sessions.size === 0) this.#sessionsGone?.resolve();
          this.#options.observer.emit({ kind: 'session.closed', client: identity.name, evidence, message });
        },
      },
    );
    this.#options.outcomes.opened(peer);
    this.#sessions.add(peer);
    this.#options.observer.emit({ kind: 'session.opened', client: identity.name, address: link.remoteAddress });
  }

  /** How many client sessions are open. */
  get sessions(): number {
    return this.#sessions.size;
  }

  /** Resolves when no client's session is open. */
  sessionsGone(): Promise<void> {
    if (this.#sessions.size === 0) return Promise.resolve();
    // A drain asks, and it lets nobody in.
    this.#sessionsGone ??= deferred();
    return this.#sessionsGone.promise;
  }

  /** Tells every client where else it may go. */
  tellSessions(frame: ServersFrame): void {
    for (const session of this.#sessions) session.send(frame);
  }

  /** Sends what is queued, then hangs up on every client. */
  closeSessions(): void {
    for (const session of this.#sessions) session.close();
  }

  close(): void {
    this.closeSessions();
    for (const peers of this.#byInstance.values()) for (const peer of peers) peer.close();
  }

  /** Sends no more calls over a link, and says so. */
  #leave(peer: Peer): void {
    if (peer.closed !== undefined || this.#leaving.has(peer)) return;
    this.#remove(peer);
    this.#leaving.add(peer);
    peer.send({ kind: 'servers', addresses: [], isMoving: true });
  }

  /** Nothing more comes over the link: it may close when all is settled. */
  #leftByPeer(peer: Peer): void {
    this.#leave(peer);
    peer.retire();
  }

  #remove(peer: Peer): void {
    const { instance } = peer.identity;
    const rest = (this.#byInstance.get(instance) ?? []).filter((other) => other !== peer);
    if (rest.length === 0) this.#byInstance.delete(instance);
    else this.#byInstance.set(instance, rest);
  }
}
