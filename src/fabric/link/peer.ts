/**
 * One live link or session, shared by all conversations with the process at its other end.
 *
 * P1 a conversation opened here gets exactly one end: a reply, a settled run, `release`, or `onLost`.
 * P2 at most `callsInFlightMax` conversations are open towards the peer; later ones wait in order
 *    (`whenRoom`), at most `waitersMax`, and are told when the link is lost.
 * P3 a frame with large values is delivered when all of them are there, never in part (arrivals.ts).
 * P4 what a peer sends wrongly closes its link and nothing else (arrivals.ts).
 * P5 a frame that is too large to be sent ends its conversation with an error, on the side that waits for it (departures.ts).
 * What frames mean is decided by caller, dispatcher, runner and mesh; bytes are the transport's.
 */

import { IdMap } from '../../base/id-map.ts';
import { ReplyLedger } from '../../core/outcome/reply-ledger.ts';
import type { Evidence, Link, Traffic } from '../../transport/transport.ts';
import type {
  CancelFrame,
  Frame,
  GroupFrame,
  LeaseFrame,
  ReplyFrame,
  RunEventFrame,
  ServersFrame,
  StandingFrame,
} from '../../wire/frame.ts';
import { Arrivals } from './arrivals.ts';
import type { Conversation, Incoming, PeerIdentity, RequestFrame, RoomWaiter } from './conversation.ts';
import { Departures } from './departures.ts';
import type { HeldOutcome } from './held-outcome.ts';
import { IncomingTable } from './incoming-table.ts';
import { LargeValues } from './large-values.ts';
import { overloadedReply } from './refusals.ts';
import { callsInFlightMax, RoomQueue } from './room-queue.ts';

export interface PeerHandlers {
  onRequest(frame: RequestFrame, peer: Peer): void;
  /** Several calls at once; absent: nobody may send them here. */
  onGroup?(frame: GroupFrame, peer: Peer): void;
  onServers?(frame: ServersFrame): void;
  onLease?(frame: LeaseFrame): void;
  onMesh?(message: Uint8Array): void;
  /** Any frame arrived. */
  onHeard?(): void;
  onClosed(evidence: Evidence, message: string): void;
}

export class Peer {
  readonly identity: PeerIdentity;
  /** Replies that went out and came in. */
  readonly ledger = new ReplyLedger<HeldOutcome>();
  readonly #link: Link;
  readonly #handlers: PeerHandlers;
  readonly #outgoing = new IdMap<Conversation>();
  #nextId = 1;
  readonly #incoming: IncomingTable;
  readonly #waiters = new RoomQueue();
  readonly #large: LargeValues;
  readonly #arrivals: Arrivals;
  readonly #departures: Departures;
  #closed: Evidence | undefined;
  #isRetired = false;

  /** Opens the link: frames flow from the next turn on. */
  constructor(link: Link, identity: PeerIdentity, handlers: PeerHandlers) {
    this.identity = identity;
    this.#incoming = new IncomingTable(identity.account);
    this.#link = link;
    this.#handlers = handlers;
    this.#large = new LargeValues(link);
    this.#arrivals = new Arrivals(link, { large: this.#large, replies: this.ledger }, (frame, bytes) => this.#deliver(frame, bytes));
    this.#departures = new Departures(link, { large: this.#large, replies: this.ledger, onRefused: (reply) => this.#onReply(reply) });
    link.open({
      onFrame: (bytes) => this.#onFrame(bytes),
      onLarge: (transfer, value) => this.#arrivals.arrived(transfer, value),
      onWritable: () => this.#onWritable(),
      onClose: (evidence, message) => this.#onClose(evidence, message),
    });
  }

  get kind(): Link['kind'] {
    return this.#link.kind;
  }

  get remoteAddress(): string {
    return this.#link.remoteAddress;
  }

  /** What has passed over the link so far. */
  get traffic(): Traffic | undefined {
    return this.#link.traffic;
  }

  /** Why the link closed; undefined while it is open. */
  get closed(): Evidence | undefined {
    return this.#closed;
  }

  /** How long the frame that is being delivered waited in this process, in milliseconds. */
  get waitedMs(): number {
    return this.#link.waitedMs ?? 0;
  }

  /** Conversations open towards the peer. */
  get inFlight(): number {
    return this.#outgoing.size;
  }

  /** Conversations that the peer has open here. */
  get incoming(): number {
    return this.#incoming.size;
  }

  /** Whether `reserve` has to be waited for. */
  get isFull(): boolean {
    return this.#outgoing.size >= callsInFlightMax || !this.#link.isWritable || this.#waiters.size > 0;
  }

  /** Opens a conversation and gives the id that its first frame must carry. */
  reserve(conversation: Conversation): number {
    const id = this.#nextId++;
    this.#outgoing.add(id, conversation);
    return id;
  }

  /** Forgets a conversation and gives it back: later answers are dropped. */
  release(id: number): Conversation | undefined {
    const conversation = this.#outgoing.take(id);
    if (!conversation) return undefined;
    if (this.#waiters.size > 0) this.#admitWaiters();
    this.#closeWhenSettled();
    return conversation;
  }

  /** Waits, in order, for room. False when too many wait already. */
  whenRoom(waiter: RoomWaiter): boolean {
    return this.#waiters.add(waiter);
  }

  leaveQueue(waiter: RoomWaiter): void {
    this.#waiters.leave(waiter);
    this.#closeWhenSettled();
  }

  /** Sends one frame (an item once the link takes it); large payloads follow on the bulk channel. One that is too large ends its conversation (P5). */
  send(frame: Frame): void {
    if (this.#closed === undefined) this.#departures.send(frame);
  }

  sendMesh(message: Uint8Array): void {
    this.send({ kind: 'mesh', message });
  }

  /** Calls back once all that was sent so far is with the operating system, or the link is lost. */
  whenWritten(done: () => void): void {
    this.#link.whenWritten(done);
  }

  /** Registers the answering side of a request, so that a cancel or the loss of the link reaches it. */
  serve(id: number, incoming: Incoming): void {
    this.#incoming.add(id, incoming);
  }

  /** Ends a request with its reply; a second answer to the same request is dropped. */
  answer(frame: ReplyFrame): void {
    if (!this.#incoming.take(frame.id)) return;
    this.send(frame);
    this.#closeWhenSettled();
  }

  /** Ends a request with what became of its call. */
  reply(id: number, end: Pick<ReplyFrame, 'outcome' | 'server' | 'freeSlots' | 'serverMicros'>): void {
    const { outcome, freeSlots, server, serverMicros } = end;
    this.answer({ kind: 'reply', id, outcome, freeSlots, server, serverMicros });
  }

  /** Ends a request without a reply. */
  finish(id: number): void {
    this.#incoming.take(id);
    this.#closeWhenSettled();
  }

  /** Takes no new conversations and closes when the last one has settled. */
  retire(): void {
    this.#isRetired = true;
    this.#closeWhenSettled();
  }

  close(): void {
    this.#link.close();
  }

  #closeWhenSettled(): void {
    if (this.#isRetired && this.#outgoing.size === 0 && this.#incoming.size === 0 && this.#waiters.size === 0 && this.#departures.isEmpty) {
      this.#link.close();
    }
  }

  #onFrame(bytes: Uint8Array): void {
    this.#handlers.onHeard?.();
    this.#arrivals.receive(bytes);
  }

  #deliver(frame: Frame, bytes: number): void {
    if (this.#closed !== undefined) return;
    switch (frame.kind) {
      case 'reply':
        return this.#onReply(frame);
      case 'call':
      case 'query':
      case 'submit':
      case 'attach':
      case 'cancelRun':
      case 'outcome':
      case 'watch':
      case 'drain':
      case 'pull':
        return this.#onRequest(frame, bytes);
      case 'group':
        return this.#onGroup(frame, bytes);
      case 'progress':
        return this.#outgoing.get(frame.id)?.onProgress?.(frame);
      case 'runEvent':
        return this.#onRunEvent(frame);
      case 'item':
      case 'credit':
        return (frame.isFromOpener ? this.#incoming : this.#outgoing).get(frame.id)?.onStream?.(frame);
      case 'end':
        return this.#incoming.get(frame.id)?.onStream?.(frame);
      case 'standing':
        return this.#onStanding(frame);
      case 'cancel':
        return this.#onCancel(frame);
      case 'servers':
        return this.#handlers.onServers?.(frame);
      case 'lease':
        return this.#handlers.onLease?.(frame);
      case 'mesh':
        return this.#handlers.onMesh?.(frame.message);
    }
  }

  #onReply(frame: ReplyFrame): void {
    this.release(frame.id)?.onReply(frame);
  }

  #onRunEvent(frame: RunEventFrame): void {
    const conversation = this.#outgoing.get(frame.id);
    if (frame.event.kind === 'run.settled') this.release(frame.id);
    conversation?.onRunEvent?.(frame);
  }

  #onStanding(frame: StandingFrame): void {
    const conversation = this.#outgoing.get(frame.id);
    if (frame.state === 'never' || frame.state === 'forgotten') this.release(frame.id);
    conversation?.onStanding?.(frame);
  }

  #onRequest(frame: RequestFrame, bytes: number): void {
    if (!this.#incoming.isFree(frame.id)) return this.#link.close();
    if (this.#incoming.isFull) return this.send(overloadedReply(frame));
    this.#handlers.onRequest(frame, this);
    this.#incoming.weigh(frame.id, bytes);
  }

  #onGroup(frame: GroupFrame, bytes: number): void {
    if (!this.#handlers.onGroup || !this.#incoming.areFree(frame)) return this.#link.close();
    if (this.#incoming.isFull) for (const { call } of frame.calls) this.send(overloadedReply(call));
    else this.#handlers.onGroup(frame, this);
    for (const { call } of frame.calls) this.#incoming.weigh(call.id, bytes / frame.calls.length);
  }

  #onCancel({ id, reason, hasLeft }: CancelFrame): void {
    if (this.#large.drop(id)) return;
    this.#incoming.get(id)?.cancel(reason, hasLeft);
  }

  /** Calls go before items. */
  #onWritable(): void {
    this.#admitWaiters();
    this.#departures.release();
    this.#closeWhenSettled();
  }

  #admitWaiters(): void {
    this.#waiters.admit(() => this.#outgoing.size < callsInFlightMax && this.#link.isWritable);
  }

  #onClose(evidence: Evidence, message: string): void {
    this.#closed = evidence;
    const conversations = this.#outgoing.takeAll();
    const waiters = this.#waiters.takeAll();
    const incoming = this.#incoming.takeAll();
    // Routing must know before the calls choose again.
    this.#handlers.onClosed(evidence, message);
    for (const conversation of conversations) conversation.onLost(evidence);
    for (const waiter of waiters) waiter.onLost(evidence);
    for (const request of incoming) request.lost ? request.lost() : request.cancel('the connection of the caller was lost', true);
  }
}
